//! `bin/demo`: see the library.

use std::process::ExitCode;

use clap::Parser;

#[tokio::main]
async fn main() -> ExitCode {
    demo::main(demo::Args::parse()).await
}
