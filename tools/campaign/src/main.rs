//! `campaign`: see the library.

use std::process::ExitCode;

use campaign::Args;
use clap::Parser;

#[tokio::main]
async fn main() -> ExitCode {
    match campaign::run(Args::parse()).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(2),
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
