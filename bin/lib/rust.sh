# shellcheck shell=bash
# Rust. The version is in rust-toolchain.toml; rustup installs it with the first call of cargo in this folder.

ensure_cargo() {
    # A shell that was open while rustup was installed does not have it in PATH.
    if ! command -v cargo >/dev/null && [[ -x ${CARGO_HOME:-${HOME:-}/.cargo}/bin/cargo ]]; then
        export PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"
    fi
    command -v cargo >/dev/null || die "cargo is missing; install Rust with rustup:" \
        "curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh"
}

# Where cargo puts what it builds: target/, CARGO_TARGET_DIR, or what cargo's configuration says.
target_dir() {
    cargo metadata --format-version 1 --no-deps | sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p'
}
