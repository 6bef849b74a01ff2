//! `bin/bench`: see the library.

use std::process::ExitCode;

use bench::Args;
use clap::Parser;

#[tokio::main]
async fn main() -> ExitCode {
    match bench::run(Args::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
