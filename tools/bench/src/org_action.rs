//! generateQuote: one Opportunity, one query and one graph in the org, one answer.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use reqwest::{Client, Request, StatusCode};
use serde_json::json;
use test_support::{LocalOrg, LocalOrgOptions, Service, ServiceSpec, TestRedis, client_context, cpu_time, http_client};

use crate::load::{self, Run};
use crate::peer::Peer;
use crate::report::{Cell, Output, Report};

const ORG: &str = "my-org";

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

/// Starts the processes, and measures each number of connections.
pub(crate) async fn run(args: &Args, peer: Option<&Peer>, out: &mut Output) -> Result<()> {
    ensure!(args.connections.iter().all(|count| *count > 0), "--connections: each must be at least 1");
    ensure!(args.requests > 0, "--requests: must be at least 1");
    let redis = TestRedis::start().await?;
    let costs = test_support::Costs { call_ms: args.call_ms, ..test_support::Costs::default() };
    let org = LocalOrg::start_with(LocalOrgOptions { costs, ..LocalOrgOptions::default() }).await?;
    org.seed(ORG, 100, args.lines).await?;
    let opportunities = opportunities(&org).await?;
    let http = http_client()?;
    let mut sides = vec![("ours", web(&redis, &org).await?)];
    if let Some(peer) = peer {
        sides.push(("sample", peer.web(&org, None).await?));
    }
    let about = format!(
        "generateQuote: {} requests a row, {} lines each, {} ms per call to local-org; every Quote was counted there.",
        args.requests, args.lines, args.call_ms
    );
    let columns = [
        ("side", "side"),
        ("connections", "connections"),
        ("requestsPerSecond", "requests/s"),
        ("p50Milliseconds", "p50 ms"),
        ("p99Milliseconds", "p99 ms"),
        ("maxMilliseconds", "max ms"),
        ("webMicroseconds", "web CPU us/request"),
        ("orgMicroseconds", "local-org CPU us/request"),
    ];
    let mut report = Report::new("org-action", about, &columns)
        .goal("16 connections: at most 100 us of web CPU a request; 5 x the sample's requests a second");
    let mut requests_of = Vec::new();
    for (name, service) in &sides {
        let request = requests(&http, service, &org, opportunities.clone()).await?;
        // Connections, caches and prepared statements are there before anything is measured.
        let warm = load::send(&http, 16, 200, StatusCode::OK, Arc::clone(&request)).await;
        warm.with_context(|| format!("the warm-up failed ({name})"))?;
        requests_of.push(request);
    }
    for &connections in &args.connections {
        for ((name, service), request) in sides.iter().zip(&requests_of) {
            let quotes = org.count(ORG, "SELECT COUNT() FROM Quote").await?;
            let before = (cpu(service.pid())?, cpu(org.pid())?);
            let run = load::send(&http, connections, args.requests, StatusCode::OK, Arc::clone(request)).await?;
            let used = (cpu(service.pid())?.saturating_sub(before.0), cpu(org.pid())?.saturating_sub(before.1));
            let made = org.count(ORG, "SELECT COUNT() FROM Quote").await? - quotes;
            ensure!(made == args.requests as u64, "{} requests made {made} Quotes ({name})", args.requests);
            report.row(row(name, connections, args.requests, &run, used));
        }
    }
    out.add(&report);
    Ok(())
}

fn cpu(pid: u32) -> Result<Duration> {
    cpu_time(pid).context("CPU times need Linux's /proc, and a process that runs")
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
async fn requests(
    http: &Client,
    web: &Service,
    org: &LocalOrg,
    opportunities: Vec<String>,
) -> Result<Arc<dyn Fn(usize) -> Result<Request> + Send + Sync>> {
    ensure!(!opportunities.is_empty(), "local-org has no Opportunity");
    let url = format!("{}/api/generatequote", web.url()?);
    let (http, (org, user)) = (http.clone(), org.org(ORG).await?);
    Ok(Arc::new(move |number| {
        let opportunity = &opportunities[number % opportunities.len()];
        let request = http.post(&url).header("x-client-context", client_context(&org, &user));
        Ok(request.json(&json!({ "opportunityId": opportunity })).build()?)
    }))
}

fn row(side: &str, connections: usize, requests: usize, run: &Run, (web, org): (Duration, Duration)) -> Vec<Cell> {
    let milliseconds = |percent| Cell::number(run.latencies.percentile(percent).as_secs_f64() * 1_000.0, 1);
    let each = |cpu: Duration| Cell::number(cpu.as_secs_f64() * 1_000_000.0 / requests as f64, 0);
    vec![
        side.into(),
        connections.into(),
        Cell::number(requests as f64 / run.time.as_secs_f64(), 0),
        milliseconds(50),
        milliseconds(99),
        milliseconds(100),
        each(web),
        each(org),
    ]
}
