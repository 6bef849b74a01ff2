//! Names that nothing reads.

use std::collections::BTreeSet;
use std::path::Path;

use super::super::misspelt::alike;
use super::{file, settings};

fn misspelt(variables: &[(&str, &str)]) -> Vec<String> {
    let settings = settings(variables);
    let mut reader = settings.reader();
    for name in ["ORG_CONCURRENCY", "WORKER_CONCURRENCY", "CONNECTION_NAMES", "PORT", "AUTH"] {
        reader.optional_value::<String>(name);
    }
    settings.misspelt().iter().map(ToString::to_string).collect()
}

#[test]
fn a_name_that_looks_like_ours_is_told_with_the_likely_one() {
    let found = misspelt(&[("ORG_CONCURENCY", "3"), ("CONNECTION_NAME", "geheim"), ("PROT", "1")]);
    let expected = [
        "CONNECTION_NAME is set, but nothing reads it: CONNECTION_NAMES is probably meant",
        "ORG_CONCURENCY is set, but nothing reads it: ORG_CONCURRENCY is probably meant",
        "PROT is set, but nothing reads it: PORT is probably meant",
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_file_is_looked_at_too() {
    let file = file("org_concurency = 3\nORG_CONCURRENCY = 4\n");
    let found = misspelt(&[("CONFIG_FILE", file.path().to_str().unwrap())]);
    assert_eq!(found, ["ORG_CONCURENCY is set, but nothing reads it: ORG_CONCURRENCY is probably meant"]);
}

#[test]
fn names_of_others_are_nobodys_business() {
    let others =
        [("PATH", "/bin"), ("HOME", "/"), ("PWD", "/"), ("PORTAL", "x"), ("DYNO_RAM", "512"), ("ORG_NAME", "x")];
    assert_eq!(misspelt(&others), [""; 0]);
    assert_eq!(misspelt(&[("ORG_CONCURRENCY", "3"), ("CONFIG_FILE", ""), ("PORT", "")]), [""; 0]);
}

#[test]
fn a_missing_setting_is_found_under_another_name() {
    let settings = settings(&[("REDIS_ULR", "redis://geheim")]);
    let mut reader = settings.reader();
    reader.required::<String>("REDIS_URL", "redis://127.0.0.1:6379");
    let text = reader.finish().unwrap_err().to_string();
    let expected = "REDIS_URL: is not set, for example redis://127.0.0.1:6379; REDIS_ULR is set: is it misspelt?";
    assert_eq!(text, expected);
}

/// A process that does not read a setting of another one must not take it for its own.
#[test]
fn no_two_settings_look_alike() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.env.example");
    let text = std::fs::read_to_string(path).unwrap();
    let names: BTreeSet<String> = text
        .lines()
        .filter_map(|line| line.trim_start_matches(['#', ' ']).split_once('='))
        .map(|(name, _)| name.to_owned())
        .filter(|name| name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_'))
        .collect();
    assert!(names.len() > 50, "{names:?}");
    for name in &names {
        assert_eq!(alike(name, names.iter()), None, "{name}");
    }
}
