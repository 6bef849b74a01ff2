# shellcheck shell=bash
# Python environments for packages from PyPI. Needs common.sh and packages.sh.

# ensure_venv FOLDER: an environment of its own in that folder, unless there is one.
ensure_venv() {
    [[ -x $1/bin/pip ]] && return
    ensure_command python3 python3 python
    if ! python3 -c 'import ensurepip' 2>/dev/null; then
        say "Python's venv is missing; installing the package python3-venv with apt-get"
        apt_install python3-venv || die "could not install it; run: sudo apt-get install python3-venv"
    fi
    python3 -m venv "$1"
}

# pip_install FOLDER ARGUMENT…: installs into the environment of that folder.
pip_install() {
    local folder=$1
    shift
    "$folder/bin/pip" install --quiet --disable-pip-version-check "$@" >&2
}
