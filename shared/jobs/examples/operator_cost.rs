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

use jobs::operator::{Actor, JobFilter, WhichJobs};
use jobs::{ChunkReport, JobId, Jobs, JobsConfig, NewChunk, NewJob, OPERATOR, PlanStep, SealKey, Task, WorkerId};
use std::error::Error;
use std::time::Duration;

type Outcome<T> = Result<T, Box<dyn Error>>;

const KIND: &str = "cost";
const OPEN: usize = 100;
const ORGS: usize = 20;
const LOOKS: u32 = 100;
/// Rounds of so many looks, whose median is told: others use the machine, too.
const ROUNDS: usize = 9;
/// Chunks of the one big job: most are done, some are dead letters, some run, and the others wait.
const CHUNKS: usize = 10_000;
const DEAD: usize = 1_000;

#[tokio::main]
async fn main() -> Outcome<()> {
    let url = std::env::var("REDIS_URL").unwrap_or_else(|_| "redis://127.0.0.1:6379".to_owned());
    let ended: usize = std::env::args().nth(1).map_or(Ok(10_000), |text| text.parse())?;
    let mut config = JobsConfig::new(url.clone().into(), SealKey::parse(&"5e".repeat(32))?);
    config.prefix = format!("{{cost-{}}}:", std::process::id());
    config.max_ended_jobs = 1_000_000;
    config.jobs_per_minute = 1_000_000;
    config.max_outstanding_chunks = 1_000_000;
    config.org_limit = 1_000;
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
    let big = big(&jobs, &worker).await?;
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
        "the page of a job of 10,000 chunks, 1,000 of them dead letters",
        "what operators did, 100 acts and 100 refusals",
    ];
    for what in looks {
        let (mut scripts, mut computing) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
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
                    "the page of a job" => drop(operator.look(&one, 10, 50).await?),
                    "what operators did, 100 acts and 100 refusals" => drop(operator.operations().await?),
                    _ => drop(operator.look(&big, 10, 50).await?),
                }
            }
            let after = spent(&mut redis).await?;
            scripts.push((after.0 - before.0) / f64::from(LOOKS));
            computing.push((after.1 - before.1) / f64::from(LOOKS));
        }
        println!("| {what} | {:.0} | {:.0} |", median(scripts), median(computing));
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

/// A job of very many chunks in each state, and what operators did beside it.
async fn big(jobs: &Jobs, worker: &WorkerId) -> Outcome<JobId> {
    let tasks = jobs.tasks();
    create(jobs, ORGS).await?;
    let claim = tasks.claim(worker, 1, &[KIND]).await?;
    let lease = &claim.tasks.first().ok_or("nothing to claim")?.lease;
    let id = lease.job();
    let chunks = (0..CHUNKS).map(|_| NewChunk { payload: "x".repeat(4_000), records: 200 }).collect();
    tasks.plan_push(lease, &PlanStep { chunks, cursor: String::new(), done: true }).await?;
    // Other jobs have tasks, too.
    let (mut done, mut dead) = (0, 0);
    while done < CHUNKS - 2 * DEAD {
        for claimed in tasks.claim(worker, 100, &[KIND]).await?.tasks {
            if claimed.lease.job() != id {
                continue;
            }
            if dead < DEAD {
                tasks.fail(&claimed.lease, None, "INVALID_FIELD: the org said no").await?;
                dead += 1;
            } else {
                let report = ChunkReport { processed: 200, succeeded: 200, ..ChunkReport::default() };
                tasks.ack(&claimed.lease, &report).await?;
                done += 1;
            }
        }
    }
    let (operator, actor) = (jobs.operator(), "ada".parse::<Actor>()?);
    for _ in 0..100 {
        operator.pause_org("resting", Duration::from_secs(60), "", None, &actor).await?;
        operator.resume_org("resting", &actor).await?;
        drop(operator.resume_org("resting", &actor).await);
    }
    Ok(id)
}

/// The one in the middle.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
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
