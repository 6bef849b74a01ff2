//! How long a web process takes until it answers, and what it holds when nobody asks it.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use test_support::{LocalOrg, Memory, Service, ServiceSpec, TestRedis, free_port};

use crate::peer::{Peer, TlsPort};
use crate::report::{Cell, Output, Report};
use crate::stack::median;

const SECRET: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
/// Until what the start has left behind is given back.
const REST: Duration = Duration::from_secs(1);

/// Options of `bin/bench start`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Starts of each process, of which the medians are told
    #[arg(long, default_value_t = 5)]
    runs: usize,
}

/// Starts org-job-web, and the sample's, some times.
pub(crate) async fn run(args: &Args, peer: Option<&Peer>, out: &mut Output) -> Result<()> {
    ensure!(args.runs > 0, "--runs: must be at least 1");
    let (redis, org) = (TestRedis::start().await?, LocalOrg::start().await?);
    let tls = match peer {
        Some(_) => Some(TlsPort::open(&redis).await?),
        None => None,
    };
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..args.runs {
        ours.push(started(our_web(&redis, &org)).await?);
        if let Some(peer) = peer {
            theirs.push(started(peer.web(&org, tls.as_ref())).await?);
        }
    }
    let columns = [("process", "process"), ("milliseconds", "ms until it is ready"), ("idleMib", "MiB when idle")];
    let about = format!("A web process from its start until it listens; medians of {}.", args.runs);
    let mut report = Report::new("start", about, &columns).goal("15 ms and 8 MiB, as it was on 2026-11-29");
    report.row(row("org-job-web", &ours));
    if peer.is_some() {
        report.row(row("sample", &theirs));
    }
    out.add(&report);
    Ok(())
}

fn row(name: &str, runs: &[(f64, f64)]) -> Vec<Cell> {
    let of = |part: fn(&(f64, f64)) -> f64| median(&runs.iter().map(part).collect::<Vec<_>>());
    vec![name.into(), Cell::number(of(|run| run.0), 0), Cell::number(of(|run| run.1), 0)]
}

async fn our_web(redis: &TestRedis, org: &LocalOrg) -> Result<Service> {
    ServiceSpec::new("org-job-web")?
        .env("PORT", free_port()?)
        .env("BIND_ADDRESS", "127.0.0.1")
        .env("REDIS_URL", redis.url())
        .env("JOB_SECRET_KEY", SECRET)
        .env("ALLOWED_ORG_HOSTS", org.host()?)
        .ready("listening on http://")
        .start()
        .await
}

/// Milliseconds until a service was ready, and MiB that it holds some time later.
async fn started(start: impl Future<Output = Result<Service>>) -> Result<(f64, f64)> {
    let began = Instant::now();
    let service = start.await?;
    let milliseconds = began.elapsed().as_secs_f64() * 1_000.0;
    tokio::time::sleep(REST).await;
    let memory = Memory::of(service.pid()).context("memory needs Linux's /proc")?;
    Ok((milliseconds, memory.resident as f64 / (1024.0 * 1024.0)))
}
