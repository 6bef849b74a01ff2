//! The binary starts from environment variables alone, and says which one is wrong.

use anyhow::Result;
use test_support::Start;

fn start() -> Start {
    Start::new("org-action-web", &[])
}

#[test]
fn a_missing_or_wrong_variable_stops_the_start_and_is_named() -> Result<()> {
    let start = start();
    start.refuses(("DYNO", "web.1"), "APP_PORT")?;
    start.names_what_is_missing_or_wrong(&[
        ("PORT", "http"),
        ("APP_PORT", "70000"),
        ("BIND_ADDRESS", "0.0.0.0"),
        ("LOG_FORMAT", "xml"),
        ("ENABLE_DISCOUNT_OVERRIDES", "on"),
        ("REQUEST_DEADLINE_SECONDS", "29"),
    ])
}

#[tokio::test]
async fn a_redis_that_evicts_ends_the_process_as_soon_as_it_is_there() -> Result<()> {
    start().web_ends_when_redis_evicts().await
}

#[tokio::test]
async fn app_port_wins_over_port_and_is_on_loopback_only() -> Result<()> {
    start().web_takes_app_port().await
}

#[tokio::test]
async fn without_the_mesh_only_this_machine_reaches_it_and_the_log_says_so() -> Result<()> {
    start().web_trusts_this_machine_only().await
}
