#!/usr/bin/env bash
# buildah 1.28.2 (Debian 12): an exception with a wildcard in .dockerignore lets nothing through below a folder that is left out.
#   expected  `*` with `!tools/*/src` keeps tools/bench/src, as Docker documents and @balena/dockerignore 1.0.2 (npm) does;
#             a build of a cargo workspace finds its members in the image
#   seen      no file below tools/ reaches the image, and nothing is said; `!tools` without a wildcard lets them through
# Succeeds while that is so. Needs Debian 12 and root, as buildah without user namespaces does.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
mkdir -p "$work"/{debs,system,project/tools/bench/src}
cd -- "$work/debs"
apt-get download --quiet=2 buildah=1.28.2+ds1-3+deb12u1* libgpgme11 libassuan0 libdevmapper1.02.1 libseccomp2 libsubid4 >/dev/null
for package in *.deb; do dpkg --extract "$package" "$work/system"; done
export LD_LIBRARY_PATH=$work/system/usr/lib/x86_64-linux-gnu:$work/system/lib/x86_64-linux-gnu
printf '{"default":[{"type":"insecureAcceptAnything"}]}' >"$work/policy.json"
buildah=("$work/system/usr/bin/buildah" --storage-driver vfs --root "$work/store" --runroot "$work/run")

cd -- "$work/project"
touch tools/bench/src/main.rs tools/notes.txt
printf 'FROM scratch\nCOPY . /\n' >"$work/Dockerfile"

# kept IGNORE: the files that an image gets, one a line.
kept() {
    printf '%s\n' "$@" >.dockerignore
    "${buildah[@]}" bud --signature-policy "$work/policy.json" --quiet --isolation chroot --file "$work/Dockerfile" --tag probe . >/dev/null
    local container folder
    container=$("${buildah[@]}" from --signature-policy "$work/policy.json" probe)
    folder=$("${buildah[@]}" mount "$container")
    (cd -- "$folder" && find . -type f)
    "${buildah[@]}" rm "$container" >/dev/null
}

mkdir -p "$work/docker"
(cd -- "$work/docker" && npm init --yes >/dev/null && npm install --silent --ignore-scripts --no-audit --no-fund @balena/dockerignore@1.0.2)
by_docker=$(cd -- "$work/docker" && node -p \
    'require("@balena/dockerignore")().add("*\n!tools/*/src").filter(["tools/bench/src/main.rs", "tools/notes.txt"]).join()')
[[ $by_docker == tools/bench/src/main.rs ]] || { echo "changed: Docker's rules keep: $by_docker"; exit 1; }

wildcard=$(kept '*' '!tools/*/src')
[[ -z $wildcard ]] || { echo "changed: with a wildcard the image has: $wildcard"; exit 1; }
plain=$(kept '*' '!tools' | sort | tr '\n' ' ')
[[ $plain == './tools/bench/src/main.rs ./tools/notes.txt ' ]] || { echo "changed: without a wildcard the image has: $plain"; exit 1; }
echo "as before: with a wildcard nothing, without one both files"
