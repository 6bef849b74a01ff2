#!/usr/bin/env bash
# config 0.15.27 (Rust crate): with `try_parsing`, ids of Salesforce from the environment become other texts.
#   expected  a field of type String gets the variable's text, whatever it looks like: parsing is for fields that are numbers
#   seen      15 characters that can be read as a number are one before the field's type is looked at, and are written anew:
#             a user's id loses its leading zeros, and a profile's id, whose prefix is 00e, is the float 0 and becomes "0".
#             An org's id (00D and a letter or more) stays
# Succeeds while that is so. Needs cargo.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
cd -- "$work"
mkdir src
cat >Cargo.toml <<'TOML'
[package]
name = "ids"
version = "0.0.0"
edition = "2024"

[dependencies]
config = { version = "=0.15.27", default-features = false }
serde = { version = "1", features = ["derive"] }
TOML
cat >src/main.rs <<'RUST'
#[derive(serde::Deserialize)]
struct Settings {
    user: String,
    profile: String,
    retries: u8,
}

fn main() {
    let environment = config::Environment::with_prefix("APP").try_parsing(true);
    let settings = config::Config::builder().add_source(environment).build().unwrap();
    let Settings { user, profile, retries } = settings.try_deserialize().unwrap();
    println!("{user} {profile} {retries}");
}
RUST
cargo build --quiet
found=$(APP_USER=005000000000042 APP_PROFILE=00e000000000123 APP_RETRIES=3 target/debug/ids)
[[ $found == '5000000000042 0 3' ]] || { echo "changed: $found"; exit 1; }
echo "as before: user 5000000000042, profile 0"
