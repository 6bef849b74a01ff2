//! `bin/demo`: one command that runs the main job on real processes and shows it.
//!
//! It starts Redis, local-org, org-job-web and some org-job-workers, posts a job through the HTTP API as Salesforce would,
//! follows it with a progress bar, and believes nobody about the result: it counts the Quotes in local-org.

mod api;
mod args;
mod console;
mod curl;
mod follow;
mod job;
mod memory;
mod progress;
mod report;
mod signals;
mod stack;
mod tally;

use std::process::ExitCode;

use anyhow::{Context, Result};
use tempfile::TempDir;

pub use args::{Args, Pattern};

use console::Console;
use job::Outcome;
use signals::Signals;
use stack::Stack;

/// Exit status after Ctrl-C before there was a result, as shells count it: 128 + `SIGINT`.
const INTERRUPTED: u8 = 130;

/// Runs the demo to its end: the result with `--once`, else Ctrl-C.
///
/// The exit status is 0 when the job completed and the counts in local-org are right.
pub async fn main(args: Args) -> ExitCode {
    let console = Console::new(args.json);
    match demo(&args, &console).await {
        Ok(Some(outcome)) => {
            if args.json {
                console.json(&outcome.summary());
            }
            if outcome.problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Ok(None) => ExitCode::from(INTERRUPTED),
        Err(error) => {
            console.error(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// The outcome of the job, `None` when Ctrl-C came first. When it returns, everything that it started has ended.
async fn demo(args: &Args, console: &Console) -> Result<Option<Outcome>> {
    let mut signals = Signals::new()?;
    let logs = tempfile::Builder::new().prefix("demo-logs-").tempdir().context("cannot create a directory for logs")?;
    let result = run(args, console, &mut signals, &logs).await;
    let good = result.as_ref().is_ok_and(|outcome| outcome.as_ref().is_none_or(|outcome| outcome.problems.is_empty()));
    if args.keep_logs || !good {
        console.say(&format!("Logs: {}", logs.keep().display()));
    }
    result
}

async fn run(args: &Args, console: &Console, signals: &mut Signals, logs: &TempDir) -> Result<Option<Outcome>> {
    let mut stack = tokio::select! {
        stack = Stack::start(args, console, logs.path()) => stack?,
        // What has been started so far is killed when the unfinished start is dropped.
        () = signals.stop() => return Ok(None),
    };
    let result = show(args, console, signals, &mut stack).await;
    console.say("Stopping workers, web, local-org and Redis (Ctrl-C again kills them)");
    tokio::select! {
        () = stack.stop(console) => {}
        () = signals.stop() => {}
    }
    result
}

async fn show(args: &Args, console: &Console, signals: &mut Signals, stack: &mut Stack) -> Result<Option<Outcome>> {
    let outcome = tokio::select! {
        outcome = job::run(args, console, stack) => outcome?,
        () = signals.stop() => return Ok(None),
    };
    report::print(console, &outcome);
    if !args.once {
        curl::print(console, &stack.web_url()?, &stack.context().await?, args);
        tokio::select! {
            watched = stack.watch(console) => watched?,
            () = signals.stop() => {}
        }
    }
    Ok(Some(outcome))
}
