//! `org-action-web`: see the crate `org_action_web`.

use org_action_web::{Config, run};
use std::process::ExitCode;

#[actix_web::main]
async fn main() -> ExitCode {
    ::web::main(Config::read, |config| &config.web, run).await
}
