//! `api-access-web`: see the crate `api_access_web`.

use api_access_web::{Config, run};
use std::process::ExitCode;

#[actix_web::main]
async fn main() -> ExitCode {
    ::web::main(Config::read, |config| &config.web, run).await
}
