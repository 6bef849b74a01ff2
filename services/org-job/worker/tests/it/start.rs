//! The worker starts from environment variables alone, and says which one is wrong.

use anyhow::Result;
use test_support::Start;

fn start() -> Start {
    Start::new("org-job-worker", &[])
}

#[test]
fn a_missing_or_wrong_variable_stops_the_start_and_is_named() -> Result<()> {
    start().names_what_is_missing_or_wrong(&[
        ("WORKER_CONCURRENCY", "0"),
        ("CHUNK_SIZE", "216"),
        ("JOB_PROGRESS_EVENTS", "sometimes"),
        ("ENABLE_DISCOUNT_OVERRIDES", "on"),
        ("PRICING_RULES", "/no/such/file"),
        ("PRICING_RULES", "no_such_key = 1\n"),
    ])
}
