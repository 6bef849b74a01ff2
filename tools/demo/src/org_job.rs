//! Pattern 3: a batch job, from the request to the counted result.

mod api;
mod curl;
mod follow;
mod further;
mod outcome;
mod progress;
mod report;
mod tally;

use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use self::api::Api;
use self::follow::follow;
use self::outcome::Outcome;
use self::tally::Tally;
use crate::args::Args;
use crate::console::Console;
use crate::environment::Environment;
use crate::scene::Scene;
use crate::shown::Shown;
use crate::stack::{ORG, Stack};
use test_support::{LocalOrg, Memory};

/// How the pattern is shown.
pub(crate) const SCENE: Scene = Scene {
    environment,
    seed: |args| Some(args.opportunities),
    play: |args, console, stack| Box::pin(play(args, console, stack)),
    watch: |console, stack| Box::pin(further::watch(console, stack)),
};

fn environment(local_org: &LocalOrg, _password: &str) -> Result<Environment> {
    Ok(Environment { all: Vec::new(), web: Vec::new(), hosts: local_org.host()? })
}

/// Posts the job, follows it to its end and counts.
async fn play(args: &Args, console: &Console, stack: &mut Stack) -> Result<Shown> {
    let outcome = run(args, console, stack).await?;
    Ok(Shown {
        text: report::text(&outcome),
        summary: serde_json::to_value(outcome.summary()).context("cannot write the result as JSON")?,
        afterwards: curl::text(&stack.web_url()?, &stack.local_org().url()?, &args.where_clause),
        problems: outcome.problems,
    })
}

async fn run(args: &Args, console: &Console, stack: &mut Stack) -> Result<Outcome> {
    let api = Api::new(stack.web_url()?, stack.context().await?)?;
    let before = stack.local_org().counts(ORG).await?;
    stack.local_org().reset_counters(ORG).await?;
    let idle = Memory::of(stack.web_pid());

    let started = Instant::now();
    let job_id = api.execute_batch(&args.where_clause).await.context("the job was not accepted")?;
    console.say(&format!("\nJob {job_id}: a Quote for each Opportunity WHERE {}", args.where_clause));
    let job = follow(&api, &job_id, stack, console, patience(args)).await?;
    let time = started.elapsed();

    let counters = stack.local_org().counters(ORG).await?;
    let tally = Tally::count(stack.local_org(), ORG, &args.where_clause, &job_id, before).await?;
    Ok(Outcome {
        problems: tally.problems(&job),
        job_id,
        job,
        tally,
        time,
        counters,
        workers: stack.worker_pids().map(|(name, pid)| (name.to_owned(), Memory::of(pid))).collect(),
        web: (idle, Memory::of(stack.web_pid())),
        web_url: stack.web_url()?,
        local_org_url: stack.local_org().url()?,
    })
}

/// How long the job may stand still: through the takeover of a dead worker's chunks and retries with backoff, and for some
/// slow calls in a row.
fn patience(args: &Args) -> Duration {
    Duration::from_secs(120) + Duration::from_millis(args.call_ms.saturating_mul(20))
}
