//! Pattern 3: a batch job, from the request to the counted result.

mod api;
mod curl;
mod follow;
mod progress;
mod report;
mod tally;

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde::Serialize;

use self::api::{Api, JobView};
use self::follow::follow;
use self::tally::Tally;
use crate::args::Args;
use crate::console::Console;
use crate::shown::{Shown, seconds};
use crate::stack::{ORG, Stack};
use test_support::{Counters, Memory};

/// What came out.
#[derive(Debug)]
struct Outcome {
    job_id: String,
    /// The job's own last words.
    job: JobView,
    /// What is in local-org.
    tally: Tally,
    /// What is not as it should be; empty is good.
    problems: Vec<String>,
    /// From the request to the end of the job.
    time: Duration,
    /// What the job asked of local-org.
    counters: Counters,
    /// Each worker's memory at the end; `None` for one that has ended.
    workers: Vec<(String, Option<Memory>)>,
    /// Memory of org-job-web before the job and after it.
    web: (Option<Memory>, Option<Memory>),
    web_url: String,
    local_org_url: String,
}

/// The JSON of `--json`. Counts are those of local-org; `failed` are Opportunities with lines but without a Quote of this
/// job, `skipped` those without lines.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Summary<'a> {
    job_id: &'a str,
    opportunities: u64,
    quotes: u64,
    quote_line_items: u64,
    failed: u64,
    skipped: u64,
    seconds: f64,
    api_calls: u64,
    workers: usize,
}

impl Outcome {
    fn summary(&self) -> Summary<'_> {
        Summary {
            job_id: &self.job_id,
            opportunities: self.tally.opportunities,
            quotes: self.tally.quotes,
            quote_line_items: self.tally.quote_line_items,
            failed: self.tally.failed,
            skipped: self.tally.skipped,
            seconds: seconds(self.time),
            api_calls: self.counters.calls.total,
            workers: self.workers.len(),
        }
    }
}

/// Posts the job, follows it to its end and counts.
pub(crate) async fn play(args: &Args, console: &Console, stack: &mut Stack) -> Result<Shown> {
    let outcome = run(args, console, stack).await?;
    Ok(Shown {
        text: report::text(&outcome),
        summary: serde_json::to_value(outcome.summary()).context("cannot write the result as JSON")?,
        afterwards: curl::text(&stack.web_url()?, &stack.context().await?, &args.where_clause),
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
