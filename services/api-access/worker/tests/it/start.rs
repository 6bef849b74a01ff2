//! The worker starts from environment variables alone, and says which one is wrong.

use anyhow::Result;
use test_support::Start;

fn start() -> Start {
    Start::new(
        "api-access-worker",
        &[
            ("HEROKU_APPLINK_API_URL", "http://127.0.0.1:1/addons/a"),
            ("HEROKU_APPLINK_TOKEN", "addon-secret"),
            ("HEROKU_APP_ID", "app"),
        ],
    )
}

#[test]
fn a_missing_or_wrong_variable_stops_the_start_and_is_named() -> Result<()> {
    start().names_what_is_missing_or_wrong(&[
        ("HEROKU_APPLINK_API_URL", "addons"),
        ("HEROKU_APPLINK_API_URL", "http://applink.example/addons/a"),
        ("WORKER_CONCURRENCY", "0"),
    ])
}
