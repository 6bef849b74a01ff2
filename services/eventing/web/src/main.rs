//! `eventing-web`: see the crate `eventing_web`.

use eventing_web::{Config, run};
use std::process::ExitCode;

#[actix_web::main]
async fn main() -> ExitCode {
    ::web::main(Config::read, |config| &config.web, run).await
}
