//! executeBatch without a worker: what it takes to accept a job.

use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use reqwest::{Client, Method, Request, RequestBuilder, StatusCode};
use serde_json::json;
use test_support::{Costs, LocalOrg, Memory, TestRedis, cpu_time};

use crate::load::{self, Run};
use crate::peer::{Peer, TlsPort};
use crate::report::{Cell, Output, Report};
use crate::stack::Stack;

/// Options of `bin/bench enqueue`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Connections at a time
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// Requests of a run
    #[arg(long, default_value_t = 20_000)]
    requests: usize,
    /// Runs of each side, in turn
    #[arg(long, default_value_t = 3)]
    runs: usize,
}

/// Starts the processes, and measures each side in turn.
pub(crate) async fn run(args: &Args, peer: Option<&Peer>, out: &mut Output) -> Result<()> {
    for (name, value) in [("connections", args.connections), ("requests", args.requests), ("runs", args.runs)] {
        ensure!(value > 0, "--{name}: must be at least 1");
    }
    let stack = Stack::start(Costs::default(), 0, &[], None).await?;
    let about = format!(
        "executeBatch: {} requests a run over {} connections, no worker. Redis holds the jobs of all runs; the sample only publishes.",
        args.requests, args.connections
    );
    let columns = [
        ("side", "side"),
        ("requestsPerSecond", "requests/s"),
        ("p50Milliseconds", "p50 ms"),
        ("p99Milliseconds", "p99 ms"),
        ("webMicroseconds", "web CPU us/request"),
        ("redisMicroseconds", "Redis CPU us/request"),
        ("webPeakMib", "peak MiB of web"),
    ];
    let mut report = Report::new("enqueue", about, &columns).goal("at most 15 us of web and 20 us of Redis for a job");
    let side = Side { pid: stack.web().pid(), redis: &stack.redis, http: stack.http(), name: "ours" };
    let their = match peer {
        Some(peer) => Some(Theirs::start(peer, &stack.org).await?),
        None => None,
    };
    for _ in 0..args.runs {
        let call = stack.call(Method::POST, "/api/executebatch");
        report.row(side.measure(args, call).await?);
        if let Some(their) = &their {
            let context = stack.call(Method::POST, "/api/executebatch").build()?;
            let context = context.headers().get("x-client-context").context("there is no context")?.clone();
            let call = stack.http().post(format!("{}/api/executebatch", their.web.url()?));
            let side = Side { pid: their.web.pid(), redis: &their.redis, http: stack.http(), name: "sample" };
            report.row(side.measure(args, call.header("x-client-context", context)).await?);
        }
    }
    out.add(&report);
    Ok(())
}

/// The sample's web process with a Redis of its own.
struct Theirs {
    web: test_support::Service,
    redis: TestRedis,
    _tls: TlsPort,
}

impl Theirs {
    async fn start(peer: &Peer, org: &LocalOrg) -> Result<Self> {
        let redis = TestRedis::start().await?;
        let tls = TlsPort::open(&redis).await?;
        Ok(Self { web: peer.web(org, Some(&tls)).await?, redis, _tls: tls })
    }
}

struct Side<'a> {
    pid: u32,
    redis: &'a TestRedis,
    http: &'a Client,
    name: &'static str,
}

impl Side<'_> {
    async fn measure(&self, args: &Args, call: RequestBuilder) -> Result<Vec<Cell>> {
        let call = call.json(&json!({ "soqlWhereClause": "Name LIKE 'Sample Opportunity%'" })).build()?;
        let request: Arc<dyn Fn(usize) -> Result<Request> + Send + Sync> =
            Arc::new(move |_| call.try_clone().context("a request that cannot be repeated"));
        let send = |count| load::send(self.http, args.connections, count, StatusCode::ACCEPTED, Arc::clone(&request));
        send(args.connections.min(args.requests)).await.context("the warm-up failed")?;
        let before = self.cpu()?;
        let run: Run = send(args.requests).await?;
        let after = self.cpu()?;
        let requests = args.requests as f64;
        let each = |place: usize| Cell::number((after[place] - before[place]) * 1e6 / requests, 0);
        let milliseconds = |percent| Cell::number(run.latencies.percentile(percent).as_secs_f64() * 1_000.0, 1);
        let peak = Memory::of(self.pid).context("memory needs Linux's /proc")?.peak;
        Ok(vec![
            self.name.into(),
            Cell::number(requests / run.time.as_secs_f64(), 0),
            milliseconds(50),
            milliseconds(99),
            each(0),
            each(1),
            Cell::mib(peak),
        ])
    }

    /// Seconds of CPU of the web process and of Redis.
    fn cpu(&self) -> Result<[f64; 2]> {
        let of = |pid| cpu_time(pid).map(|time| time.as_secs_f64()).context("a process has ended");
        Ok([of(self.pid)?, of(self.redis.pid())?])
    }
}
