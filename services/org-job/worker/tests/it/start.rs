//! The worker starts from environment variables alone, and says which one is wrong.

use anyhow::Result;
use std::process::Command;
use test_support::binary;

const KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

#[test]
fn a_missing_or_wrong_variable_stops_the_start_and_is_named() -> Result<()> {
    let right = [("REDIS_URL", "redis://127.0.0.1:1"), ("JOB_SECRET_KEY", KEY)];
    for (name, value) in [
        ("REDIS_URL", ""),
        ("JOB_SECRET_KEY", "zz"),
        ("WORKER_CONCURRENCY", "0"),
        ("CHUNK_SIZE", "216"),
        ("JOB_PROGRESS_EVENTS", "sometimes"),
        ("ENABLE_DISCOUNT_OVERRIDES", "on"),
        ("PRICING_RULES", "/no/such/file"),
        ("PRICING_RULES", "no_such_key = 1\n"),
        ("LEASE_SECONDS", "-1"),
        ("LOG_LEVEL", "loud"),
    ] {
        let mut command = Command::new(binary("org-job-worker")?);
        let output = command.env_clear().envs(right).env(name, value).output()?;
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(64), "{name}: {text}");
        assert!(text.lines().next().is_some_and(|line| line.contains(name)), "{name}: {text}");
    }
    Ok(())
}
