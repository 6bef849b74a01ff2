//! `bin/campaign`: see the library.

use std::process::ExitCode;

use clap::Parser;

#[tokio::main]
async fn main() -> ExitCode {
    campaign::main(campaign::Args::parse()).await
}
