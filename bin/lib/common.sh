# shellcheck shell=bash
# Words and failures of the scripts in bin/. Sourced; sets nothing but functions.

# Text for people goes to standard error: standard output is for results.
say() {
    printf '%s\n' "$*" >&2
}

die() {
    say "error: $*"
    exit 1
}
