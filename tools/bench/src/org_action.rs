//! generateQuote: one Opportunity, one query and one graph in the org, one answer.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::json;
use test_support::{LocalOrg, LocalOrgOptions, Service, ServiceSpec, TestRedis, client_context, cpu_time};

use crate::load::{self, Requests, Run, Target};
use crate::output::say;
use crate::table;

const ORG: &str = "my-org";

/// What the sample that Heroku shows for Node.js takes of CPU for one request, on a machine of two cores.
const SAMPLE_MICROSECONDS: f64 = 2_000.0;

/// Options of `bin/bench org-action`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Connections, one row of the table each
    #[arg(long, value_delimiter = ',', default_value = "1,16,64")]
    connections: Vec<usize>,
    /// Requests for each row
    #[arg(long, default_value_t = 2_000)]
    requests: usize,
    /// Line items of each Opportunity
    #[arg(long, default_value_t = 2)]
    lines: u32,
    /// Milliseconds that each call to local-org takes
    #[arg(long, default_value_t = 0)]
    call_ms: u64,
}

/// Starts the processes, measures each number of connections and prints the table.
pub(crate) async fn run(args: &Args) -> Result<()> {
    ensure!(args.connections.iter().all(|count| *count > 0), "--connections: each must be at least 1");
    ensure!(args.requests > 0, "--requests: must be at least 1");
    let redis = TestRedis::start().await?;
    let costs = test_support::Costs { call_ms: args.call_ms, ..test_support::Costs::default() };
    let org = LocalOrg::start_with(LocalOrgOptions { costs, ..LocalOrgOptions::default() }).await?;
    org.seed(ORG, 100, args.lines).await?;
    let web = web(&redis, &org).await?;
    let opportunities = opportunities(&org).await?;
    let target = Target::new(&web.url()?, "/api/generatequote")?;
    let request = requests(target.clone(), &org, opportunities).await?;

    // Connections, caches and prepared statements are there before anything is measured.
    load::send(&target, 16, 200, 200, Arc::clone(&request)).await.context("the warm-up failed")?;
    let mut rows = Vec::new();
    for &connections in &args.connections {
        let quotes = org.count(ORG, "SELECT COUNT() FROM Quote").await?;
        let before = cpu_time(web.pid()).context("CPU times need Linux's /proc")?;
        let run = load::send(&target, connections, args.requests, 200, Arc::clone(&request)).await?;
        let cpu = cpu_time(web.pid()).context("org-action-web has ended")?.saturating_sub(before);
        let made = org.count(ORG, "SELECT COUNT() FROM Quote").await? - quotes;
        ensure!(made == args.requests as u64, "{} requests made {made} Quotes", args.requests);
        rows.push(row(connections, args.requests, &run, cpu));
    }
    say(&format!(
        "generateQuote: {} requests a row, {} lines each, {} ms per call to local-org; every Quote was counted there.",
        args.requests, args.lines, args.call_ms
    ));
    let head =
        ["connections", "requests/s", "p50 ms", "p99 ms", "max ms", "CPU µs/request", "of the sample's 2,000 µs"];
    say(&table::render(&head, &rows));
    Ok(())
}

async fn web(redis: &TestRedis, org: &LocalOrg) -> Result<Service> {
    ServiceSpec::new("org-action-web")?
        .env("PORT", 0)
        .env("BIND_ADDRESS", "127.0.0.1")
        .env("REDIS_URL", redis.url())
        .env("JOB_SECRET_KEY", "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff")
        .env("ALLOWED_ORG_HOSTS", org.host()?)
        // What is measured is all connections at work.
        .env("MAX_WAITING_CALLS", 100_000)
        .env("MAX_WAITING_CALLS_PER_ORG", 100_000)
        .env("LOG_LEVEL", "warn,web::server=info")
        .ready("listening on http://")
        .start()
        .await
}

async fn opportunities(org: &LocalOrg) -> Result<Vec<String>> {
    let found = org.query(ORG, "SELECT Id FROM Opportunity ORDER BY Id").await?;
    let ids = found.records.iter().filter_map(|record| record["Id"].as_str()).map(str::to_owned);
    Ok(ids.collect())
}

/// Requests for one Opportunity after the other, each as another call of AppLink.
async fn requests(target: Target, org: &LocalOrg, opportunities: Vec<String>) -> Result<Requests> {
    ensure!(!opportunities.is_empty(), "local-org has no Opportunity");
    let (org, user) = org.org(ORG).await?;
    Ok(Arc::new(move |number| {
        let opportunity = &opportunities[number % opportunities.len()];
        target.post(&client_context(&org, &user), &json!({ "opportunityId": opportunity }).to_string())
    }))
}

fn row(connections: usize, requests: usize, run: &Run, cpu: Duration) -> Vec<String> {
    let milliseconds = |percent| format!("{:.1}", run.latencies.percentile(percent).as_secs_f64() * 1_000.0);
    let micros = cpu.as_secs_f64() * 1_000_000.0 / requests as f64;
    vec![
        connections.to_string(),
        format!("{:.0}", requests as f64 / run.time.as_secs_f64()),
        milliseconds(50),
        milliseconds(99),
        milliseconds(100),
        format!("{micros:.0}"),
        format!("{:.2}", micros / SAMPLE_MICROSECONDS),
    ]
}
