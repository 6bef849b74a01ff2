//! `bin/plan`: see the library.

use std::process::ExitCode;

use clap::Parser;
use plan::Args;

#[expect(clippy::print_stdout, reason = "the answer is what the command is for")]
fn main() -> ExitCode {
    match plan::answer(&Args::parse()) {
        Ok(text) => {
            println!("{text}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
