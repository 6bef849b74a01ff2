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
        ("EVENT_AUTHORIZATION", "my-org"),
    ];
    let too_long = vec!["x".repeat(80); 30].join(",");
    for (name, value) in [
        ("REDIS_URL", ""),
        ("JOB_SECRET_KEY", "zz"),
        ("HEROKU_APPLINK_API_URL", "addons"),
        ("HEROKU_APPLINK_TOKEN", ""),
        ("HEROKU_APP_ID", ""),
        ("EVENT_AUTHORIZATION", ""),
        ("EVENT_STAGES", too_long.as_str()),
        ("CHUNK_SIZE", "216"),
        ("PUBSUB_ENDPOINT", "https://evil.example"),
        ("WORKER_CONCURRENCY", "0"),
    ] {
        let mut command = Command::new(binary("eventing-worker")?);
        command.env_clear().envs(right).env(name, value);
        let output = command.output()?;
        assert_eq!(output.status.code(), Some(64), "{name}");
        let errors = String::from_utf8(output.stderr)?;
        assert!(errors.contains(name), "{name}: {errors}");
        assert!(!errors.contains("addon-secret") && !errors.contains(KEY), "{errors}");
    }
    Ok(())
}
