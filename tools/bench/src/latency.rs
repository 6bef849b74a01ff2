//! org-job: seconds from the request until the last Quote, beside the least that the org's limit on calls allows.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use reqwest::Method;
use serde_json::{Value, json};
use test_support::{Calls, Costs};

use crate::stack::{ORG, Stack, job_id};
use crate::table;

/// Calls of an org at a time, over all workers: the default of `ORG_CONCURRENCY`.
const ORG_CONCURRENCY: f64 = 10.0;
const POLL: Duration = Duration::from_millis(4);
/// No job of a sensible size takes longer.
const PATIENCE: Duration = Duration::from_secs(10 * 60);

/// Options of `bin/bench latency`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Opportunities of jobs that one worker runs, one row each
    #[arg(long, value_delimiter = ',', default_value = "10,100,160")]
    small: Vec<u32>,
    /// Opportunities of the job that several workers run; 0 for none
    #[arg(long, default_value_t = 5_000)]
    large: u32,
    /// Worker processes for that job, one row each
    #[arg(long, value_delimiter = ',', default_value = "1,2,4,8")]
    workers: Vec<usize>,
    /// Jobs of each row, of which the median is told
    #[arg(long, default_value_t = 3)]
    runs: usize,
    /// Line items of each Opportunity
    #[arg(long, default_value_t = 2)]
    lines: u32,
    /// Milliseconds that each call to local-org takes
    #[arg(long, default_value_t = 100)]
    call_ms: u64,
    /// Print the rows as JSON
    #[arg(long)]
    json: bool,
}

/// One row.
struct Row {
    opportunities: u32,
    workers: usize,
    seconds: f64,
    calls: u64,
    most_at_a_time: u64,
    bound: f64,
    /// Time of one call, in seconds.
    call: f64,
}

impl Row {
    fn cells(&self) -> Vec<String> {
        vec![
            self.opportunities.to_string(),
            self.workers.to_string(),
            format!("{:.2}", self.seconds),
            format!("{:.1}", self.seconds / self.call),
            self.calls.to_string(),
            self.most_at_a_time.to_string(),
            format!("{:.2}", self.bound),
            format!("{:.2}", self.seconds / self.bound),
        ]
    }

    fn json(&self) -> Value {
        json!({
            "opportunities": self.opportunities,
            "workers": self.workers,
            "seconds": self.seconds,
            "roundTrips": self.seconds / self.call,
            "apiCalls": self.calls,
            "mostCallsAtATime": self.most_at_a_time,
            "boundSeconds": self.bound,
            "ratioToBound": self.seconds / self.bound,
        })
    }
}

/// Measures each row on new processes. The table, or JSON.
pub(crate) async fn run(args: &Args) -> Result<String> {
    ensure!(args.runs > 0, "--runs: must be at least 1");
    ensure!(args.call_ms > 0, "--call-ms: must be at least 1");
    ensure!(args.workers.iter().all(|count| *count > 0), "--workers: each must be at least 1");
    ensure!(args.small.iter().all(|count| *count > 0), "--small: each must be at least 1");
    let large = args.workers.iter().filter(|_| args.large > 0).map(|workers| (args.large, *workers));
    let mut rows = Vec::new();
    for (opportunities, workers) in args.small.iter().map(|count| (*count, 1)).chain(large) {
        rows.push(row(args, opportunities, workers).await?);
    }
    if args.json {
        return Ok(serde_json::to_string_pretty(&rows.iter().map(Row::json).collect::<Vec<_>>())?);
    }
    let what = format!(
        "Quote jobs, {} lines an Opportunity, {} ms a call; median of {}, from the request until the last Quote is in local-org. \
         API calls are those that read and write. The bound is calls x time of a call / {ORG_CONCURRENCY} (ORG_CONCURRENCY) + 2 calls.",
        args.lines, args.call_ms, args.runs
    );
    let head =
        ["Opportunities", "workers", "seconds", "calls in a row", "API calls", "at a time", "bound s", "x bound"];
    Ok(format!("{what}\n{}", table::render(&head, &rows.iter().map(Row::cells).collect::<Vec<_>>())))
}

async fn row(args: &Args, opportunities: u32, workers: usize) -> Result<Row> {
    let costs = Costs { call_ms: args.call_ms, ..Costs::default() };
    let stack = Stack::start(costs, workers, &[]).await?;
    stack.org.seed(ORG, opportunities, args.lines).await?;
    let body = json!({ "soqlWhereClause": "Name LIKE 'Sample Opportunity%'" });
    let (mut times, mut calls, mut most_at_a_time) = (Vec::new(), 0, 0);
    for run in 1..=args.runs {
        stack.org.reset_counters(ORG).await?;
        let started = Instant::now();
        let id = job_id(stack.call(Method::POST, "/api/executebatch").json(&body)).await?;
        let quotes = u64::from(opportunities) * run as u64;
        while stack.org.count(ORG, "SELECT COUNT() FROM Quote").await? < quotes {
            ensure!(started.elapsed() < PATIENCE, "a job of {opportunities} Opportunities takes too long");
            tokio::time::sleep(POLL).await;
        }
        times.push(started.elapsed().as_secs_f64());
        stack.completed(&id).await?;
        let made = stack.org.count(ORG, "SELECT COUNT() FROM Quote").await?;
        ensure!(made == quotes, "there are {made} Quotes, not {quotes}");
        let counters = stack.org.counters(ORG).await?;
        calls = of_the_work(&counters.calls);
        most_at_a_time = most_at_a_time.max(counters.concurrent.max);
    }
    times.sort_unstable_by(f64::total_cmp);
    let call = args.call_ms as f64 / 1_000.0;
    let bound = calls as f64 * call / ORG_CONCURRENCY + 2.0 * call;
    let seconds = times[times.len() / 2];
    Ok(Row { opportunities, workers, seconds, calls, most_at_a_time, bound, call })
}

/// Calls but for those that publish progress, which go beside the work.
fn of_the_work(calls: &Calls) -> u64 {
    calls.total - calls.by_operation.get("create").copied().unwrap_or_default()
}
