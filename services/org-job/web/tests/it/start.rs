//! The binary starts from environment variables alone, and says which one is wrong.

use anyhow::Result;
use test_support::{Signal, Start, TestRedis};

fn start() -> Start {
    Start::new("org-job-web", &[])
}

#[test]
fn a_missing_or_wrong_variable_stops_the_start_and_is_named() -> Result<()> {
    let start = start();
    start.refuses(("DYNO", "web.1"), "APP_PORT")?;
    start.names_what_is_missing_or_wrong(&[
        ("PORT", "http"),
        ("APP_PORT", "70000"),
        ("BIND_ADDRESS", "0.0.0.0"),
        ("JOB_ACCESS", "everybody"),
        ("JOB_PERMISSION", "a' OR 'b' = 'b"),
        ("LOG_FORMAT", "xml"),
        ("MAX_OPEN_JOBS", "0"),
        ("JOBS_PER_MINUTE", "many"),
        ("MAX_EVENT_STREAMS_PER_ORG", "0"),
    ])
}

#[tokio::test]
async fn a_redis_that_evicts_is_refused() -> Result<()> {
    start().web_refuses_a_redis_that_evicts().await
}

#[tokio::test]
async fn app_port_wins_over_port_and_is_on_loopback_only() -> Result<()> {
    start().web_takes_app_port().await
}

#[tokio::test]
async fn without_the_mesh_only_this_machine_reaches_it_and_the_log_says_so() -> Result<()> {
    start().web_trusts_this_machine_only().await
}

#[tokio::test]
#[cfg(target_os = "linux")]
async fn its_memory_goes_into_no_core_dump() -> Result<()> {
    let redis = TestRedis::start().await?;
    let mut web = start().web()?.env("REDIS_URL", redis.url()).start().await?;
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", web.pid()))?;
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap_or_default();
    assert_eq!(core.split_whitespace().filter(|word| *word == "0").count(), 2, "{limits}");
    web.process().signal(Signal::SIGABRT)?;
    let status = web.process().wait(std::time::Duration::from_secs(30)).await?;
    assert!(!std::os::unix::process::ExitStatusExt::core_dumped(&status), "{status}");
    Ok(())
}
