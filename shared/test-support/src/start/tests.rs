//! The checks fail where a process does something else; `local-org`, which has other exit codes, stands in for it.

use super::*;

#[test]
fn a_process_that_starts_or_names_something_else_is_told() {
    let start = Start::new("local-org", &[]);
    let error = start.refuses(("LOCAL_ORG_LINES", "few"), "LOCAL_ORG_LINES").unwrap_err().to_string();
    assert!(error.starts_with("LOCAL_ORG_LINES: it ended with exit status: 1: "), "{error}");
}

#[test]
fn secrets_are_known_by_their_names() {
    for name in ["JOB_SECRET_KEY", "HEROKU_APPLINK_TOKEN", "APP_PASSWORD", "METRICS_TOKEN", "WEBHOOK_TOKEN"] {
        assert!(is_secret(name), "{name}");
    }
    assert!(!is_secret("CHUNK_SIZE"));
}
