//! The worker starts from environment variables alone, and says which one is wrong.

use anyhow::Result;
use test_support::Start;

fn start() -> Start {
    Start::new("org-action-worker", &[])
}

#[test]
fn a_missing_or_wrong_variable_stops_the_start_and_is_named() -> Result<()> {
    start().names_what_is_missing_or_wrong(&[
        ("WORKER_CONCURRENCY", "0"),
        ("CALLBACK_TIMEOUT_SECONDS", "121"),
        ("ENABLE_DISCOUNT_OVERRIDES", "on"),
        ("PRICING_RULES", "/no/such/file"),
        ("PRICING_RULES", "no_such_key = 1\n"),
    ])
}

#[test]
fn an_authorization_needs_the_add_on() -> Result<()> {
    start().refuses(("CALLBACK_AUTHORIZATION", "my-org"), "HEROKU_APPLINK_API_URL")
}
