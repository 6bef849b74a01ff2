//! The queue alone: what a claim costs Redis, and how long a small job of one org takes, beside very many of another.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use futures_util::future::BoxFuture;
use redis::aio::MultiplexedConnection;
use secrecy::SecretString;
use serde_json::json;
use shared::jobs::{
    Chunk, ChunkReport, JobKind, JobState, JobView, Jobs, JobsConfig, Kind, NewChunk, NewJob, PlanStep, SealKey,
    TaskContext, TaskError, Worker, WorkerId, WorkerSettings,
};
use test_support::TestRedis;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::report::{Cell, Output, Report};

const SECRET: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
const KIND: &str = "bench";
/// The org with many jobs, and the one with few.
const MANY: &str = "many";
const FEW: &str = "few";
/// Chunks of a job; with its plan and its last step it has two tasks more.
const CHUNKS: usize = 5;
/// What each task takes, beside Redis.
const WORK: Duration = Duration::from_millis(5);
/// Tasks of an org at a time.
const ORG_LIMIT: u32 = 4;
/// Claims of which the cost is the mean.
const CLAIMS: usize = 50;
/// Far longer than any row takes.
const LONG: Duration = Duration::from_secs(60 * 60);

/// Options of `bin/bench jobs`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Open jobs of the other org, one row of the tables each
    #[arg(long, value_delimiter = ',', default_value = "10,1000,10000")]
    open: Vec<u32>,
    /// Jobs of which the median is told
    #[arg(long, default_value_t = 11)]
    runs: usize,
}

/// What keeps the other org's jobs from being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Why {
    /// The org is paused.
    Paused,
    /// As many of its tasks run as may.
    AtLimit,
    /// They need authorization.
    Held,
    /// Nothing: workers are at it.
    Nothing,
}

impl Why {
    fn name(self) -> &'static str {
        match self {
            Self::Paused => "paused org",
            Self::AtLimit => "org at its limit",
            Self::Held => "held",
            Self::Nothing => "being worked off",
        }
    }
}

/// Measures each row on a Redis of its own.
pub(crate) async fn run(args: &Args, out: &mut Output) -> Result<()> {
    ensure!(args.runs > 0 && !args.open.is_empty(), "--runs and --open: at least one");
    let alone = median(&Bed::start().await?.small_jobs(args.runs).await?);
    let about = format!(
        "A job of {} tasks of {} ms each, beside open jobs of another org; two workers of 4 tasks each, ORG_CONCURRENCY {ORG_LIMIT}; \
         median of {} jobs. The cost of a claim is the mean of {CLAIMS} in Redis (commandstats).",
        CHUNKS + 2,
        WORK.as_millis(),
        args.runs
    );
    let columns = [
        ("otherJobs", "other jobs"),
        ("open", "open"),
        ("milliseconds", "ms"),
        ("ratioToAlone", "x alone"),
        ("redisMicrosecondsPerClaim", "us of Redis per claim"),
    ];
    let mut report = Report::new("jobs", about, &columns);
    report.row(vec!["none".into(), 0_u64.into(), milliseconds(alone), Cell::number(1.0, 1), Cell::Nothing]);
    for why in [Why::Paused, Why::AtLimit, Why::Held, Why::Nothing] {
        for &open in &args.open {
            let bed = Bed::start().await?;
            bed.fill(open, why).await.with_context(|| format!("{open} open jobs, {}", why.name()))?;
            let cost = bed.cost_of_a_claim().await?;
            let time = median(&bed.small_jobs(args.runs).await?);
            let ratio = time.as_secs_f64() / alone.as_secs_f64();
            let (ratio, cost) = (Cell::number(ratio, 1), Cell::number(cost, 0));
            report.row(vec![why.name().into(), open.into(), milliseconds(time), ratio, cost]);
        }
    }
    out.add(&report);
    Ok(())
}

fn median(times: &[Duration]) -> Duration {
    let mut times = times.to_vec();
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn milliseconds(time: Duration) -> Cell {
    Cell::number(time.as_secs_f64() * 1000.0, 1)
}

/// A Redis, and the jobs in it.
struct Bed {
    jobs: Jobs,
    redis: MultiplexedConnection,
    _server: TestRedis,
}

impl Bed {
    async fn start() -> Result<Self> {
        let server = TestRedis::start().await?;
        let mut config = JobsConfig::new(SecretString::from(server.url()), SealKey::parse(SECRET)?);
        config.prefix = "{bench}:".to_owned();
        config.lease = LONG;
        config.org_limit = ORG_LIMIT;
        // What is measured is the queue without its limits.
        (config.max_open_jobs, config.max_held_jobs, config.jobs_per_minute) = (1_000_000, 1_000_000, 1_000_000);
        Ok(Self { jobs: Jobs::connect(config).await?, redis: server.connection().await?, _server: server })
    }

    async fn create(&self, org: &str) -> Result<shared::jobs::JobId> {
        let job = NewJob {
            kind: KIND,
            version: 1,
            org: org.to_owned(),
            user: "bench".to_owned(),
            params: json!({ "soqlWhereClause": "StageName = 'Closed Won' AND CloseDate = THIS_QUARTER" }),
            session: None,
            idempotency_key: None,
            request_id: "bench".to_owned(),
        };
        Ok(self.jobs.create(job).await?.id)
    }

    /// Creates the open jobs of the other org.
    async fn fill(&self, open: u32, why: Why) -> Result<()> {
        let (tasks, silent) = (self.jobs.tasks(), WorkerId::new("silent"));
        for _ in 0..open {
            self.create(MANY).await?;
            if why == Why::Held {
                let claimed = tasks.claim(&silent, 1, &[KIND]).await?.tasks.pop().context("nothing to claim")?;
                tasks.hold(&claimed.lease, "expired").await?;
            }
        }
        match why {
            Why::Paused => {
                let claimed = tasks.claim(&silent, 1, &[KIND]).await?.tasks.pop().context("nothing to claim")?;
                tasks.pause_org(&claimed.lease, LONG, "busy").await?;
            }
            Why::AtLimit => {
                let limit = usize::try_from(ORG_LIMIT)?;
                ensure!(tasks.claim(&silent, limit, &[KIND]).await?.tasks.len() == limit, "too few open jobs");
            }
            Why::Held | Why::Nothing => {}
        }
        Ok(())
    }

    /// Mean of claims that get a task, in microseconds of Redis.
    async fn cost_of_a_claim(&self) -> Result<f64> {
        let (tasks, worker) = (self.jobs.tasks(), WorkerId::new("measured"));
        let mut jobs = Vec::new();
        // Each of another org, so that none comes to its limit.
        for number in 0..=CLAIMS {
            let org = format!("{FEW}-{number}");
            jobs.push((self.create(&org).await?, org));
        }
        let warm = tasks.claim(&worker, 1, &[KIND]).await?;
        ensure!(warm.tasks.len() == 1, "nothing to claim");
        let mut redis = self.redis.clone();
        redis::cmd("CONFIG").arg("RESETSTAT").query_async::<()>(&mut redis).await?;
        for _ in 0..CLAIMS {
            ensure!(tasks.claim(&worker, 1, &[KIND]).await?.tasks.len() == 1, "nothing to claim");
        }
        let stats: String = redis::cmd("INFO").arg("commandstats").query_async(&mut redis).await?;
        let line = stats.lines().find(|line| line.starts_with("cmdstat_evalsha:")).context("no evalsha")?;
        let cost = line.split("usec_per_call=").nth(1).and_then(|rest| rest.split(',').next());
        let cost = cost.context("no usec_per_call")?.parse()?;
        tasks.release_unknown(&worker, &[]).await?;
        for (job, org) in jobs {
            self.jobs.cancel(&org, &job).await?;
        }
        Ok(cost)
    }

    /// How long each of some jobs of the org with few takes, one after the other.
    async fn small_jobs(&self, runs: usize) -> Result<Vec<Duration>> {
        let workers = [self.worker("one"), self.worker("two")];
        let mut times = Vec::new();
        // The first one finds workers that still settle in.
        for _ in 0..=runs {
            let started = Instant::now();
            let id = self.create(FEW).await?;
            loop {
                let job = self.jobs.get(FEW, &id).await?.context("the job is gone")?;
                match job.state {
                    JobState::Completed => break,
                    _ if started.elapsed() > LONG => bail!("the job takes too long"),
                    _ => tokio::time::sleep(Duration::from_millis(1)).await,
                }
            }
            times.push(started.elapsed());
        }
        for (stop, worker) in workers {
            stop.cancel();
            worker.await??;
        }
        Ok(times.split_off(1))
    }

    fn worker(&self, name: &str) -> (CancellationToken, JoinHandle<Result<(), shared::jobs::JobsError>>) {
        let settings = WorkerSettings { name: name.to_owned(), concurrency: 4, ..WorkerSettings::default() };
        let stop = CancellationToken::new();
        let worker = Worker::new(self.jobs.clone(), settings, vec![Arc::new(Sleep)]);
        (stop.clone(), tokio::spawn(worker.run(stop)))
    }
}

/// Jobs whose tasks take their time and do nothing.
struct Sleep;

impl JobKind for Sleep {
    fn kind(&self) -> Kind {
        Kind { name: KIND, version: 1 }
    }

    fn plan<'a>(&'a self, _cx: &'a TaskContext, _cursor: Option<String>) -> BoxFuture<'a, Result<PlanStep, TaskError>> {
        Box::pin(async {
            tokio::time::sleep(WORK).await;
            let chunk = NewChunk { payload: "0015g00000AbCdEAAV".to_owned(), records: 1 };
            Ok(PlanStep { chunks: vec![chunk; CHUNKS], cursor: String::new(), done: true })
        })
    }

    fn run<'a>(&'a self, _cx: &'a TaskContext, chunk: Chunk) -> BoxFuture<'a, Result<ChunkReport, TaskError>> {
        Box::pin(async move {
            tokio::time::sleep(WORK).await;
            Ok(ChunkReport { processed: chunk.records, succeeded: chunk.records, ..ChunkReport::default() })
        })
    }

    fn finish<'a>(&'a self, _cx: &'a TaskContext, _job: &'a JobView) -> BoxFuture<'a, Result<(), TaskError>> {
        Box::pin(async {
            tokio::time::sleep(WORK).await;
            Ok(())
        })
    }
}
