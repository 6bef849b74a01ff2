//! org-job: sample data, and the same Quotes by composite graphs and through the Bulk API.

use std::time::Instant;

use anyhow::{Context, Result, ensure};
use reqwest::Method;
use serde_json::json;
use test_support::Costs;

use crate::peer::Peer;
use crate::report::{Cell, Output, Report};
use crate::stack::{Measured, ORG, Stack};

/// Lines of an Opportunity of the sample's data.
const LINES_OF_SAMPLE: u32 = 2;
const MADE: &str = "SELECT COUNT() FROM Opportunity WHERE SampleDataKey__c != NULL";
const MADE_BY_SAMPLE: &str = "SELECT COUNT() FROM OpportunityLineItem";

/// Options of `bin/bench org-job`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Sample Opportunities to create, one row of the first table each
    #[arg(long, value_delimiter = ',', default_value = "100,100000")]
    create: Vec<u32>,
    /// Opportunities of the quote jobs; 0 for no such job
    #[arg(long, default_value_t = 100_000)]
    opportunities: u32,
    /// Leave out the row of Quotes by graphs
    #[arg(long)]
    no_graphs: bool,
    /// Opportunities of a chunk that goes through the Bulk API, one row of the second table each, beside that of graphs
    #[arg(long, value_delimiter = ',', default_value = "10000")]
    bulk_chunks: Vec<u32>,
    /// Line items of each Opportunity
    #[arg(long, default_value_t = 2)]
    lines: u32,
    /// Worker processes
    #[arg(long, default_value_t = 4)]
    workers: usize,
    /// Milliseconds that each call to local-org takes
    #[arg(long, default_value_t = 20)]
    call_ms: u64,
    /// Microseconds more for each row that local-org reads or writes
    #[arg(long, default_value_t = 0)]
    row_us: u64,
}

impl Args {
    fn costs(&self) -> Costs {
        Costs { call_ms: self.call_ms, row_us: self.row_us, ..Costs::default() }
    }
}

/// Columns of what a job took, after the first.
const MEASURED: [(&str, &str); 8] = [
    ("seconds", "seconds"),
    ("apiCalls", "API calls"),
    ("workerMicrosecondsEach", "workers CPU us each"),
    ("orgMicrosecondsEach", "local-org CPU us each"),
    ("redisMicrosecondsEach", "Redis CPU us each"),
    ("workerPeakMib", "peak MiB of a worker"),
    ("orgPeakMib", "local-org"),
    ("redisPeakMib", "Redis"),
];

/// Settings of workers that write all Quotes as graphs.
fn graphs() -> Vec<(&'static str, u32)> {
    vec![("BULK_THRESHOLD", 0)]
}

/// Measures each row on new processes.
pub(crate) async fn run(args: &Args, peer: Option<&Peer>, out: &mut Output) -> Result<()> {
    ensure!(args.workers > 0, "--workers: must be at least 1");
    let costs = format!("{} workers, {} ms per call and {} us per row", args.workers, args.call_ms, args.row_us);
    let about = format!("datacreate, {} lines each; {costs}; every Opportunity was counted in local-org.", args.lines);
    let sample = [("sampleSeconds", "sample s"), ("ratioToSample", "x sample")];
    let columns: Vec<_> = [("opportunities", "Opportunities")].into_iter().chain(MEASURED).chain(sample).collect();
    let mut report = Report::new("sample-data", about, &columns)
        .goal("20,000 with two lines, 20 ms a call: at most a third of the sample's time; memory does not grow with the number");
    for &count in &args.create {
        let stack = Stack::start(args.costs(), args.workers, &graphs(), None).await?;
        let path = format!("/api/data/create?numberOfOpportunities={count}&lines={}", args.lines);
        let measured = stack.measure(stack.call(Method::POST, &path)).await?;
        let made = stack.org.count(ORG, MADE).await?;
        ensure!(made == u64::from(count), "{made} of {count} Opportunities were made");
        let their = match peer.filter(|_| args.lines == LINES_OF_SAMPLE) {
            Some(peer) => Some(create_by_sample(args, count, peer).await?),
            None => None,
        };
        let mut cells = row(&measured, count, count.into());
        cells.extend([Cell::maybe(their, 1), Cell::maybe(their.map(|their| measured.seconds / their), 2)]);
        report.row(cells);
    }
    out.add(&report);
    if args.opportunities > 0 {
        quotes(args, &costs, out).await?;
    }
    Ok(())
}

async fn quotes(args: &Args, costs: &str, out: &mut Output) -> Result<()> {
    let about = format!(
        "{} Quotes, {} lines each; {costs}; every Quote was counted in local-org.",
        args.opportunities, args.lines
    );
    let columns: Vec<_> = [("way", "way")].into_iter().chain(MEASURED).collect();
    let mut report =
        Report::new("quotes", about, &columns).goal("1,000,000 in bulk, two workers, 0 ms a call: at most 100 s");
    let graphs_too = std::iter::once(None).filter(|_| !args.no_graphs);
    for chunk in graphs_too.chain(args.bulk_chunks.iter().copied().map(Some)) {
        let settings = chunk.map_or_else(graphs, |chunk| vec![("BULK_THRESHOLD", 1), ("BULK_CHUNK_SIZE", chunk)]);
        let stack = Stack::start(args.costs(), args.workers, &settings, None).await?;
        stack.org.seed(ORG, args.opportunities, args.lines).await?;
        stack.org.reset_counters(ORG).await?;
        let body = json!({ "soqlWhereClause": "Name LIKE 'Sample Opportunity%'" });
        let measured = stack.measure(stack.call(Method::POST, "/api/executebatch").json(&body)).await?;
        let made = stack.org.count(ORG, "SELECT COUNT() FROM Quote").await?;
        ensure!(made == u64::from(args.opportunities), "{made} of {} Quotes were made", args.opportunities);
        let way = chunk.map_or("graphs".to_owned(), |chunk| format!("bulk, chunks of {chunk}"));
        report.row(row(&measured, args.opportunities, way.into()));
    }
    out.add(&report);
    Ok(())
}

/// Seconds until the sample has made so many Opportunities with their lines, on new processes.
async fn create_by_sample(args: &Args, count: u32, peer: &Peer) -> Result<f64> {
    let stack = Stack::start(args.costs(), 0, &[], Some(peer)).await?;
    stack.org.reset_counters(ORG).await?;
    let path = format!("/api/data/create?numberOfOpportunities={count}");
    let started = Instant::now();
    let request = stack.call_sample(Method::POST, &path).context("the sample does not run")?;
    request.send().await?.error_for_status()?;
    let lines = u64::from(count) * u64::from(LINES_OF_SAMPLE);
    stack.until_written(u64::from(count) + lines, MADE_BY_SAMPLE, lines).await?;
    Ok(started.elapsed().as_secs_f64())
}

fn row(measured: &Measured, count: u32, what: Cell) -> Vec<Cell> {
    let each = |cpu: std::time::Duration| Cell::number(cpu.as_secs_f64() * 1e6 / f64::from(count.max(1)), 1);
    vec![
        what,
        Cell::number(measured.seconds, 1),
        measured.calls.into(),
        each(measured.cpu.workers),
        each(measured.cpu.org),
        each(measured.cpu.redis),
        Cell::mib(measured.peak),
        Cell::mib(measured.org_peak),
        Cell::number(measured.redis_peak as f64 / (1024.0 * 1024.0), 1),
    ]
}
