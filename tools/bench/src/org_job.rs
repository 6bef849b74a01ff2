//! org-job: sample data, and the same Quotes by composite graphs and through the Bulk API.

use anyhow::{Result, ensure};
use reqwest::Method;
use serde_json::json;
use test_support::Costs;

use crate::output::say;
use crate::stack::{Measured, ORG, Stack};
use crate::table;

/// Options of `bin/bench org-job`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Sample Opportunities to create, one row of the first table each
    #[arg(long, value_delimiter = ',', default_value = "100,100000")]
    create: Vec<u32>,
    /// Opportunities of the quote jobs; 0 for no such job
    #[arg(long, default_value_t = 100_000)]
    opportunities: u32,
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

/// Settings of workers that write all Quotes as graphs.
fn graphs() -> Vec<(&'static str, u32)> {
    vec![("BULK_THRESHOLD", 0)]
}

/// Measures each row on new processes and prints the tables.
pub(crate) async fn run(args: &Args) -> Result<()> {
    ensure!(args.workers > 0, "--workers: must be at least 1");
    let costs = format!("{} workers, {} ms per call and {} µs per row", args.workers, args.call_ms, args.row_us);
    let mut rows = Vec::new();
    for &count in &args.create {
        let stack = Stack::start(args.costs(), args.workers, &graphs()).await?;
        let path = format!("/api/data/create?numberOfOpportunities={count}&lines={}", args.lines);
        let measured = stack.measure(stack.call(Method::POST, &path)).await?;
        let made = stack.org.count(ORG, "SELECT COUNT() FROM Opportunity WHERE SampleDataKey__c != NULL").await?;
        ensure!(made == u64::from(count), "{made} of {count} Opportunities were made");
        rows.push(row(&measured, count, count.to_string()));
    }
    if !rows.is_empty() {
        say(&format!("datacreate, {} lines each; {costs}; every Opportunity was counted in local-org.", args.lines));
        say(&table::render(
            &["Opportunities", "seconds", "API calls", "peak MiB of a worker", "worker CPU µs each"],
            &rows,
        ));
    }
    if args.opportunities == 0 {
        return Ok(());
    }
    let mut rows = Vec::new();
    for chunk in std::iter::once(None).chain(args.bulk_chunks.iter().copied().map(Some)) {
        let settings = chunk.map_or_else(graphs, |chunk| vec![("BULK_THRESHOLD", 1), ("BULK_CHUNK_SIZE", chunk)]);
        let stack = Stack::start(args.costs(), args.workers, &settings).await?;
        stack.org.seed(ORG, args.opportunities, args.lines).await?;
        stack.org.reset_counters(ORG).await?;
        let body = json!({ "soqlWhereClause": "Name LIKE 'Sample Opportunity%'" });
        let measured = stack.measure(stack.call(Method::POST, "/api/executebatch").json(&body)).await?;
        let made = stack.org.count(ORG, "SELECT COUNT() FROM Quote").await?;
        ensure!(made == u64::from(args.opportunities), "{made} of {} Quotes were made", args.opportunities);
        rows.push(row(
            &measured,
            args.opportunities,
            chunk.map_or("graphs".to_owned(), |chunk| format!("bulk, chunks of {chunk}")),
        ));
    }
    say(&format!(
        "{} Quotes, {} lines each; {costs}; every Quote was counted in local-org.",
        args.opportunities, args.lines
    ));
    say(&table::render(&["way", "seconds", "API calls", "peak MiB of a worker", "worker CPU µs each"], &rows));
    Ok(())
}

fn row(measured: &Measured, opportunities: u32, what: String) -> Vec<String> {
    let peak = measured.peak as f64 / (1024.0 * 1024.0);
    let cpu = measured.cpu.as_secs_f64() * 1e6 / f64::from(opportunities);
    vec![
        what,
        format!("{:.1}", measured.seconds),
        measured.calls.to_string(),
        format!("{peak:.0}"),
        format!("{cpu:.0}"),
    ]
}
