# shellcheck shell=bash
# Installs a program that is missing, where that can be done without a question.

# Runs a command as root: directly, or with sudo when it needs no password or there is someone to type it.
as_root() {
    if [[ $(id -u) -eq 0 ]]; then
        "$@"
    elif command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [[ -t 0 ]]; }; then
        sudo "$@"
    else
        return 1
    fi
}

apt_install() {
    as_root apt-get update -qq >&2 &&
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$1" >&2
}

# ensure_command COMMAND DEBIAN_PACKAGE HOMEBREW_PACKAGE
ensure_command() {
    local command=$1 debian=$2 homebrew=$3
    command -v "$command" >/dev/null && return
    if command -v apt-get >/dev/null; then
        say "$command is missing; installing the package $debian with apt-get"
        apt_install "$debian" || die "could not install it; run: sudo apt-get install $debian"
    elif command -v brew >/dev/null; then
        say "$command is missing; installing $homebrew with Homebrew"
        brew install --quiet "$homebrew" >&2 || die "could not install it; run: brew install $homebrew"
    else
        die "$command is missing; install it with your system's package manager" \
            "(Debian, Ubuntu: apt-get install $debian; macOS: brew install $homebrew)"
    fi
    hash -r
    command -v "$command" >/dev/null || die "$command was installed, but is not in PATH"
}
