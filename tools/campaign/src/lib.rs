//! `bin/campaign`: long random tests of whole patterns, on real processes against local-org. Each campaign looks for one kind
//! of fault, prints what it found with the seed that shows it again, and fails when it found something. They take from
//! minutes to hours, so CI runs a few rounds of each as tests.
//!
//! This crate judges the services from outside: it speaks to them over HTTP, reads the org and Redis, and uses neither
//! `shared` nor a service. What a Quote must cost it computes itself.

pub mod answers;
pub mod fuzz;
pub mod inputs;
pub mod kills;
mod output;
mod proxy;
mod report;
mod secrets;
pub mod soak;
mod stack;
mod world;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

pub use report::{Finding, Report};

use output::{print, say};

/// Looks for faults of whole patterns on this machine. No account is needed.
#[derive(Debug, Parser)]
#[command(name = "bin/campaign", version)]
pub struct Args {
    /// What to look for
    #[command(subcommand)]
    what: What,
    /// Prints the result as one JSON object on standard output
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Processes die, hang and lose their connections, Redis restarts, Salesforce fails: every Quote is there once
    Kills(kills::Options),
    /// All patterns at once for a long time: memory stays, connections and file handles are given back
    Soak(soak::Options),
    /// Each web process gets what its document allows and forbids: no server error, no undocumented answer
    Inputs(inputs::Options),
    /// Every call that the services make gets every kind of odd answer, one at a time: no hang, no lie about success
    Answers(answers::Options),
    /// libFuzzer on what reads headers, clauses, events and files of outsiders
    Fuzz(fuzz::Options),
}

/// Runs a campaign and prints its report.
pub async fn main(args: Args) -> ExitCode {
    match run(args.what).await {
        Ok(report) => {
            say(&report.text());
            if args.json {
                print(&report.json().to_string());
            }
            if report.findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            say(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

async fn run(what: What) -> Result<Report> {
    match what {
        What::Kills(options) => kills::run(options).await,
        What::Soak(options) => soak::run(options).await,
        What::Inputs(options) => inputs::run(options).await,
        What::Answers(options) => {
            let markdown = options.markdown;
            Ok(answers::run(options).await?.report(markdown))
        }
        What::Fuzz(options) => fuzz::run(options).await,
    }
}
