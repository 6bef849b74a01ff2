//! The worker starts from environment variables alone, and says which one is wrong.

use anyhow::Result;
use std::process::Command;
use test_support::binary;

const KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

#[test]
fn a_missing_or_wrong_variable_stops_the_start_and_is_named() -> Result<()> {
    let right = [
        ("REDIS_URL", "redis://127.0.0.1:1"),
        ("JOB_SECRET_KEY", KEY),
        ("HEROKU_APPLINK_API_URL", "http://127.0.0.1:1/addons/a"),
        ("HEROKU_APPLINK_TOKEN", "addon-secret"),
        ("HEROKU_APP_ID", "app"),
    ];
    for (name, value) in [
        ("REDIS_URL", ""),
        ("JOB_SECRET_KEY", "zz"),
        ("HEROKU_APPLINK_API_URL", "addons"),
        ("HEROKU_APPLINK_API_URL", "http://applink.example/addons/a"),
        ("HEROKU_APPLINK_TOKEN", ""),
        ("HEROKU_APP_ID", ""),
        ("WORKER_CONCURRENCY", "0"),
        ("ALLOWED_ORG_HOSTS", "a b"),
        ("LOG_LEVEL", "loud"),
    ] {
        let mut command = Command::new(binary("api-access-worker")?);
        let output = command.env_clear().envs(right).env(name, value).output()?;
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(64), "{name}: {text}");
        assert!(text.lines().next().is_some_and(|line| line.contains(name)), "{name}: {text}");
        assert!(!text.contains("addon-secret"), "{text}");
    }
    Ok(())
}
