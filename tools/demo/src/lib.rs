//! `bin/demo`: one command that runs a pattern on real processes and shows it.
//!
//! It starts Redis, local-org, the pattern's web process and some of its workers, has Salesforce's side played, and
//! believes nobody about the result: it counts the records in local-org.

mod api_access;
mod args;
mod console;
mod environment;
mod eventing;
mod org_action;
mod org_job;
mod scene;
mod shell;
mod shown;
mod signals;
mod stack;

use std::process::ExitCode;

use anyhow::{Context, Result};
use tempfile::TempDir;

pub use args::{Args, Pattern};

use console::Console;
use scene::Scene;
use shown::Shown;
use signals::Signals;
use stack::Stack;

/// Exit status after Ctrl-C before there was a result, as shells count it: 128 + `SIGINT`.
const INTERRUPTED: u8 = 130;

/// Runs the demo to its end: the result with `--once`, else Ctrl-C.
///
/// The exit status is 0 when all went well and the counts in local-org are right.
pub async fn main(args: Args) -> ExitCode {
    let console = Console::new(args.json);
    match demo(&args, &console).await {
        Ok(Some(shown)) => {
            if args.json {
                console.json(&shown.summary);
            }
            if shown.problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Ok(None) => ExitCode::from(INTERRUPTED),
        Err(error) => {
            console.error(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// What came out, `None` when Ctrl-C came first. When it returns, everything that it started has ended.
async fn demo(args: &Args, console: &Console) -> Result<Option<Shown>> {
    let mut signals = Signals::new()?;
    let logs = tempfile::Builder::new().prefix("demo-logs-").tempdir().context("cannot create a directory for logs")?;
    let result = run(args, console, &mut signals, &logs).await;
    let good = result.as_ref().is_ok_and(|shown| shown.as_ref().is_none_or(|shown| shown.problems.is_empty()));
    if args.keep_logs || !good {
        console.say(&format!("Logs: {}", logs.keep().display()));
    }
    result
}

async fn run(args: &Args, console: &Console, signals: &mut Signals, logs: &TempDir) -> Result<Option<Shown>> {
    let scene = scene(args.pattern);
    let mut stack = tokio::select! {
        stack = Stack::start(args, console, logs.path(), (scene.seed)(args), scene.environment) => stack?,
        // What has been started so far is killed when the unfinished start is dropped.
        () = signals.stop() => return Ok(None),
    };
    let result = show(&scene, args, console, signals, &mut stack).await;
    console.say("Stopping workers, web, local-org and Redis (Ctrl-C again kills them)");
    tokio::select! {
        () = stack.stop(console) => {}
        () = signals.stop() => {}
    }
    result
}

/// The scene of a pattern.
fn scene(pattern: Pattern) -> Scene {
    match pattern {
        Pattern::OrgJob => org_job::SCENE,
        Pattern::OrgAction => org_action::SCENE,
        Pattern::ApiAccess => api_access::SCENE,
        Pattern::Eventing => eventing::SCENE,
    }
}

async fn show(
    scene: &Scene,
    args: &Args,
    console: &Console,
    signals: &mut Signals,
    stack: &mut Stack,
) -> Result<Option<Shown>> {
    let shown = tokio::select! {
        shown = (scene.play)(args, console, stack) => shown?,
        () = signals.stop() => return Ok(None),
    };
    shown.print(console);
    if !args.once {
        console.say(&shown.afterwards);
        tokio::select! {
            watched = (scene.watch)(console, stack) => watched?,
            () = signals.stop() => {}
        }
    }
    Ok(Some(shown))
}
