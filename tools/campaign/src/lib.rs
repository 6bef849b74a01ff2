//! Campaigns: the patterns on real processes against local-org, broken in every way of a kind, one at a time, and what
//! happened as a table.

pub mod answers;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// Breaks the patterns and tells what happened. No account is needed.
#[derive(Debug, Parser)]
#[command(name = "campaign", version)]
pub struct Args {
    /// What to break
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Every call that the services make × every kind of odd answer
    Answers(answers::Options),
}

/// Runs a campaign and prints its result. False when it has found a fault.
///
/// # Errors
/// When a process does not start.
pub async fn run(args: Args) -> Result<bool> {
    match args.what {
        What::Answers(options) => {
            let report = answers::run(options.clone()).await?;
            say(&report.shown(&options)?);
            Ok(report.is_good())
        }
    }
}

/// Prints a part of a result.
fn say(text: &str) {
    use std::io::Write;
    // A reader that has gone is no error.
    let _ = writeln!(std::io::stdout(), "{text}");
}
