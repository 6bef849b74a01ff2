//! org-job: seconds from the request until the last Quote, beside the least that the org's limit on calls allows.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use test_support::Costs;

use crate::peer::Peer;
use crate::report::{Cell, Output, Report};
use crate::stack::{Cpu, ORG, Stack, job_id, median, of_the_work};

/// Calls of an org at a time, over all workers: the default of `ORG_CONCURRENCY`.
const ORG_CONCURRENCY: f64 = 10.0;
/// Chunks that a worker has in flight: the default of `WORKER_CONCURRENCY`.
const WORKER_CONCURRENCY: f64 = 4.0;
/// Most Opportunities of a job that the sample brings to an end, with two lines each: 500 records are its limit.
const MOST_RECORDS_OF_SAMPLE: u32 = 500;

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
}

/// Measures each row on new processes.
pub(crate) async fn run(args: &Args, peer: Option<&Peer>, out: &mut Output) -> Result<()> {
    ensure!(args.runs > 0, "--runs: must be at least 1");
    ensure!(args.call_ms > 0, "--call-ms: must be at least 1");
    ensure!(args.workers.iter().all(|count| *count > 0), "--workers: each must be at least 1");
    ensure!(args.small.iter().all(|count| *count > 0), "--small: each must be at least 1");
    let about = format!(
        "Quote jobs, {} lines an Opportunity, {} ms a call; median of {}, from the request until the last Quote is in local-org. API \
         calls are those that read and write. The bound is calls x time of a call / {ORG_CONCURRENCY} (ORG_CONCURRENCY) + 2 calls; that \
         of the workers the same with their {WORKER_CONCURRENCY} chunks each (WORKER_CONCURRENCY), where those are fewer.",
        args.lines, args.call_ms, args.runs
    );
    let columns = [
        ("opportunities", "Opportunities"),
        ("workers", "workers"),
        ("seconds", "seconds"),
        ("roundTrips", "calls in a row"),
        ("apiCalls", "API calls"),
        ("mostCallsAtATime", "at a time"),
        ("boundSeconds", "bound s"),
        ("ratioToBound", "x bound"),
        ("ratioToBoundOfWorkers", "x that of the workers"),
        ("workerMicrosecondsPerQuote", "worker CPU us/Quote"),
        ("orgMicrosecondsPerQuote", "local-org CPU us/Quote"),
        ("sampleSeconds", "sample s"),
        ("ratioToSample", "x sample"),
        ("sampleMicrosecondsPerQuote", "sample CPU us/Quote"),
    ];
    let mut report = Report::new("latency", about, &columns)
        .goal("small jobs, one worker: at most 0.7 x the sample, at 10, 100 and 160 Opportunities")
        .goal("5,000 with four workers: at most 1.25 x the bound")
        .goal("1, 2, 4 and 8 workers: 0.9 of what concurrency allows, so at most 1.11 x the bound of the workers")
        .goal("worker CPU at most 15 us a Quote with two lines; local-org's at most 70 us");
    let large = args.workers.iter().filter(|_| args.large > 0).map(|workers| (args.large, *workers));
    for (opportunities, workers) in args.small.iter().map(|count| (*count, 1)).chain(large) {
        let sample_can = opportunities.saturating_mul(args.lines + 1) <= MOST_RECORDS_OF_SAMPLE;
        report.row(row(args, opportunities, workers, peer.filter(|_| sample_can)).await?);
    }
    out.add(&report);
    Ok(())
}

/// Runs of one side.
#[derive(Default)]
struct Times {
    seconds: Vec<f64>,
    cpu: Duration,
    org_cpu: Duration,
}

impl Times {
    fn add(&mut self, time: Duration, cpu: Duration, org: Duration) {
        self.seconds.push(time.as_secs_f64());
        self.cpu += cpu;
        self.org_cpu += org;
    }

    /// Microseconds for each of `quotes` Quotes a run.
    fn per_quote(&self, cpu: Duration, quotes: u32) -> Cell {
        Cell::number(cpu.as_secs_f64() * 1e6 / (f64::from(quotes) * self.seconds.len() as f64), 0)
    }
}

async fn row(args: &Args, opportunities: u32, workers: usize, peer: Option<&Peer>) -> Result<Vec<Cell>> {
    let costs = Costs { call_ms: args.call_ms, ..Costs::default() };
    let stack = Stack::start(costs, workers, &[], peer).await?;
    stack.org.seed(ORG, opportunities, args.lines).await?;
    let body = json!({ "soqlWhereClause": "Name LIKE 'Sample Opportunity%'" });
    let (mut ours, mut sample, mut calls, mut most_at_a_time) = (Times::default(), Times::default(), 0, 0);
    let mut quotes = 0;
    // The first filter in an hour has the org describe its objects. That is not what is measured.
    let nothing = json!({ "soqlWhereClause": "Name = 'no such Opportunity'" });
    stack.completed(&job_id(stack.call(Method::POST, "/api/executebatch").json(&nothing)).await?).await?;
    for _ in 0..args.runs {
        let (started, before) = begin(&stack).await?;
        let id = job_id(stack.call(Method::POST, "/api/executebatch").json(&body)).await?;
        quotes += u64::from(opportunities);
        written(&stack, args, opportunities, quotes).await?;
        let (time, cpu) = (started.elapsed(), stack.cpu()?.since(before));
        ours.add(time, cpu.workers, cpu.org);
        stack.completed(&id).await?;
        let made = stack.org.count(ORG, "SELECT COUNT() FROM Quote").await?;
        ensure!(made == quotes, "there are {made} Quotes, not {quotes}");
        let counters = stack.org.counters(ORG).await?;
        calls = of_the_work(&counters.calls);
        most_at_a_time = most_at_a_time.max(counters.concurrent.max);
        if peer.is_some() {
            let (started, before) = begin(&stack).await?;
            let request = stack.call_sample(Method::POST, "/api/executebatch").context("the sample does not run")?;
            let answer = request.json(&body).send().await?;
            ensure!(answer.status() == StatusCode::ACCEPTED, "the sample answers {}", answer.status());
            let _: Value = answer.json().await?;
            quotes += u64::from(opportunities);
            written(&stack, args, opportunities, quotes).await?;
            let (time, cpu) = (started.elapsed(), stack.cpu()?.since(before));
            sample.add(time, cpu.sample, cpu.org);
        }
    }
    let call = args.call_ms as f64 / 1_000.0;
    let bound = |at_a_time: f64| calls as f64 * call / at_a_time + 2.0 * call;
    // A worker with one chunk makes its calls side by side, as far as the org has room; chunks that wait go first.
    let chunks = if opportunities <= 215 { ORG_CONCURRENCY } else { workers as f64 * WORKER_CONCURRENCY };
    let seconds = median(&ours.seconds);
    let their = peer.map(|_| median(&sample.seconds));
    Ok(vec![
        opportunities.into(),
        workers.into(),
        Cell::number(seconds, 2),
        Cell::number(seconds / call, 1),
        calls.into(),
        most_at_a_time.into(),
        Cell::number(bound(ORG_CONCURRENCY), 2),
        Cell::number(seconds / bound(ORG_CONCURRENCY), 2),
        Cell::number(seconds / bound(chunks.min(ORG_CONCURRENCY)), 2),
        ours.per_quote(ours.cpu, opportunities),
        ours.per_quote(ours.org_cpu, opportunities),
        Cell::maybe(their, 2),
        Cell::maybe(their.map(|their| seconds / their), 2),
        peer.map_or(Cell::Nothing, |_| sample.per_quote(sample.cpu, opportunities)),
    ])
}

async fn begin(stack: &Stack) -> Result<(Instant, Cpu)> {
    stack.org.reset_counters(ORG).await?;
    Ok((Instant::now(), stack.cpu()?))
}

async fn written(stack: &Stack, args: &Args, opportunities: u32, quotes: u64) -> Result<()> {
    let rows = u64::from(opportunities) * u64::from(args.lines + 1);
    stack.until_written(rows, "SELECT COUNT() FROM Quote", quotes).await
}
