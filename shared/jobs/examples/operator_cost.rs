//! What operators' looks cost Redis: an overview, tables of jobs, the page of one, with many jobs of which a hundred are
//! open. The figures are Redis's own (`INFO commandstats`), of the server at `REDIS_URL`, which must do nothing else.
//!
//! ```sh
//! cargo run --example operator_cost -- 10000
//! ```

#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "it shows its result, and is configured like a program"
)]

use jobs::operator::{JobFilter, WhichJobs};
use jobs::{Jobs, JobsConfig, NewChunk, NewJob, OPERATOR, PlanStep, SealKey, Task, WorkerId};
use std::error::Error;

type Outcome<T> = Result<T, Box<dyn Error>>;

const KIND: &str = "cost";
const OPEN: usize = 100;
const ORGS: usize = 20;
const LOOKS: u32 = 500;

#[tokio::main]
async fn main() -> Outcome<()> {
    let url = std::env::var("REDIS_URL").unwrap_or_else(|_| "redis://127.0.0.1:6379".to_owned());
    let ended: usize = std::env::args().nth(1).map_or(Ok(10_000), |text| text.parse())?;
    let mut config = JobsConfig::new(url.clone().into(), SealKey::parse(&"5e".repeat(32))?);
    config.prefix = format!("{{cost-{}}}:", std::process::id());
    config.max_ended_jobs = 1_000_000;
    config.jobs_per_minute = 1_000_000;
    let jobs = Jobs::connect(config).await?;
    let mut redis = redis::Client::open(url)?.get_multiplexed_async_connection().await?;
    let worker = WorkerId::new("worker.1");
    for number in 0..ended {
        end(&jobs, &worker, number).await?;
    }
    for number in 0..OPEN {
        // Each with chunks that run, wait, and wait for their time.
        create(&jobs, number).await?;
        let claim = jobs.tasks().claim(&worker, 1, &[KIND]).await?;
        let lease = &claim.tasks.first().ok_or("nothing to claim")?.lease;
        let chunks = (0..20).map(|_| NewChunk { payload: "x".repeat(2_000), records: 100 }).collect();
        jobs.tasks().plan_push(lease, &PlanStep { chunks, cursor: String::new(), done: true }).await?;
    }
    let claim = jobs.tasks().claim(&worker, OPEN / 2, &[KIND]).await?;
    let operator = jobs.operator();
    println!("{ended} ended jobs and {OPEN} open ones of {ORGS} orgs, {} tasks with a worker", claim.tasks.len());
    println!("| what | µs of scripts a call | µs of CPU of Redis a call |\n|---|---|---|");
    let open = JobFilter { which: WhichJobs::Open, ..JobFilter::default() };
    let failed = JobFilter { which: WhichJobs::In(jobs::JobState::Failed), ..JobFilter::default() };
    let other = JobFilter { kind: Some("other".to_owned()), ..JobFilter::default() };
    let one = operator.rows(&open, 1, None).await?.rows.first().ok_or("no open job")?.id;
    let looks = [
        "overview",
        "50 open jobs",
        "50 newest jobs",
        "failed jobs, of which there are none",
        "jobs of a kind, of which there are none",
        "50 open jobs, all about each",
        "50 newest jobs, all about each",
        "the page of a job",
    ];
    for what in looks {
        let before = spent(&mut redis).await?;
        for _ in 0..LOOKS {
            match what {
                "overview" => drop(operator.overview().await?),
                "50 open jobs" => drop(operator.rows(&open, 50, None).await?),
                "50 newest jobs" => drop(operator.rows(&JobFilter::default(), 50, None).await?),
                "failed jobs, of which there are none" => drop(operator.rows(&failed, 50, None).await?),
                "jobs of a kind, of which there are none" => drop(operator.rows(&other, 50, None).await?),
                "50 open jobs, all about each" => drop(operator.jobs(&open, 50, None).await?),
                "50 newest jobs, all about each" => drop(operator.jobs(&JobFilter::default(), 50, None).await?),
                _ => {
                    let job = operator.job(&one).await?.ok_or("the job is gone")?;
                    drop(operator.errors(&one, 0, 10).await?);
                    drop(operator.dead_letters(&one).await?);
                    drop(operator.why_not_go_on(&job).await?);
                }
            }
        }
        let after = spent(&mut redis).await?;
        let each = |now: f64, before: f64| (now - before) / f64::from(LOOKS);
        println!("| {what} | {:.0} | {:.0} |", each(after.0, before.0), each(after.1, before.1));
    }
    Ok(())
}

async fn create(jobs: &Jobs, number: usize) -> Outcome<()> {
    let job = NewJob {
        kind: KIND,
        version: 1,
        org: format!("00D{:015}", number % ORGS),
        user: OPERATOR.to_owned(),
        params: serde_json::json!({}),
        session: None,
        idempotency_key: None,
        request_id: "request".to_owned(),
    };
    jobs.create(job).await?;
    Ok(())
}

async fn end(jobs: &Jobs, worker: &WorkerId, number: usize) -> Outcome<()> {
    create(jobs, number).await?;
    let tasks = jobs.tasks();
    for _ in 0..2 {
        let claim = tasks.claim(worker, 1, &[KIND]).await?;
        let lease = &claim.tasks.first().ok_or("nothing to claim")?.lease;
        match lease.task() {
            Task::Finish => drop(tasks.finish(lease).await?),
            _ => drop(tasks.plan_push(lease, &PlanStep { done: true, ..PlanStep::default() }).await?),
        }
    }
    Ok(())
}

/// µs that scripts have taken so far, by the clock, and that Redis's main thread was computing.
async fn spent(redis: &mut redis::aio::MultiplexedConnection) -> Outcome<(f64, f64)> {
    let info: String = redis::cmd("INFO").arg("commandstats").query_async(redis).await?;
    let line = info.lines().find_map(|line| line.strip_prefix("cmdstat_evalsha:")).ok_or("no script has run")?;
    let scripts = line.split(',').find_map(|field| field.strip_prefix("usec=")).ok_or("no usec")?;
    let info: String = redis::cmd("INFO").arg("cpu").query_async(redis).await?;
    let seconds = |name: &str| -> Outcome<f64> {
        let text = info.lines().find_map(|line| line.strip_prefix(name)).ok_or("no CPU time")?;
        Ok(text.trim_start_matches(':').trim().parse()?)
    };
    let computing = seconds("used_cpu_user_main_thread")? + seconds("used_cpu_sys_main_thread")?;
    Ok((scripts.parse()?, computing * 1e6))
}
