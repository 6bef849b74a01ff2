# shellcheck shell=bash
# Chromium, in which pages are opened. Needs common.sh and packages.sh.

# find_chromium: sets CHROMIUM to a browser of the family, if there is one.
find_chromium() {
    local name
    [[ -n ${CHROMIUM:-} ]] && return
    for name in chromium chromium-browser google-chrome google-chrome-stable \
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" /Applications/Chromium.app/Contents/MacOS/Chromium; do
        CHROMIUM=$(command -v "$name") && return
    done
    return 1
}

# ensure_chromium: finds it, or installs it with apt-get. Fails where neither can be done.
ensure_chromium() {
    if ! find_chromium; then
        command -v apt-get >/dev/null || return 1
        say "Chromium is missing; installing the package chromium with apt-get"
        apt_install chromium || return 1
        hash -r
        find_chromium || return 1
    fi
    export CHROMIUM
}
