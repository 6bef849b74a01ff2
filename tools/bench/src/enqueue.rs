//! executeBatch: how many jobs org-job-web takes in a second, and what each costs it and Redis. No worker runs, so the jobs stay.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde_json::json;
use test_support::{LocalOrg, Memory, Service, ServiceSpec, TestRedis, client_context, cpu_time};

use crate::load::{self, Requests, Target};
use crate::{say, table};

const ORG: &str = "my-org";
const SECRET: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
/// Jobs that are made before anything is measured.
const WARM_UP: usize = 1_000;
/// Rows of the table of commands.
const COMMANDS: usize = 12;

/// Options of `bin/bench enqueue`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Connections, one row of the table each
    #[arg(long, value_delimiter = ',', default_value = "1,16,64")]
    connections: Vec<usize>,
    /// Jobs for each row
    #[arg(long, default_value_t = 20_000)]
    jobs: usize,
    /// LOG_LEVEL of org-job-web; each job has two lines at `info`, which is the default of an app
    #[arg(long, default_value = "warn,web::server=info")]
    log_level: String,
    /// Also tell what the commands of a job cost Redis
    #[arg(long)]
    commands: bool,
}

/// Starts the processes, measures each number of connections and prints the table.
pub(crate) async fn run(args: &Args) -> Result<()> {
    ensure!(args.connections.iter().all(|count| *count > 0), "--connections: each must be at least 1");
    ensure!(args.jobs > 0, "--jobs: must be at least 1");
    let redis = TestRedis::start().await?;
    let org = LocalOrg::start().await?;
    org.seed(ORG, 1, 1).await?;
    let web = web(&redis, &org, &args.log_level).await?;
    let target = Target::new(&web.url()?, "/api/executebatch")?;
    let requests = requests(target.clone(), &org).await?;

    load::send(&target, 16, WARM_UP, 202, Arc::clone(&requests)).await.context("the warm-up failed")?;
    let (mut rows, mut commands) = (Vec::new(), Vec::new());
    for &connections in &args.connections {
        let (jobs, cpu) = (jobs(&redis).await?, cpu_time(web.pid()).context("CPU times need Linux's /proc")?);
        let (used, stats) = (redis_cpu(&redis).await?, command_stats(&redis).await?);
        let run = load::send(&target, connections, args.jobs, 202, Arc::clone(&requests)).await?;
        let cpu = cpu_time(web.pid()).context("org-job-web has ended")?.saturating_sub(cpu);
        let used = redis_cpu(&redis).await? - used;
        commands = of_a_job(&stats, &command_stats(&redis).await?, args.jobs);
        let made = self::jobs(&redis).await? - jobs;
        ensure!(made == args.jobs, "{} requests made {made} jobs", args.jobs);
        let each = |seconds: f64| format!("{:.1}", seconds * 1e6 / args.jobs as f64);
        let milliseconds = |percent| format!("{:.1}", run.latencies.percentile(percent).as_secs_f64() * 1e3);
        let peak = Memory::of(web.pid()).context("org-job-web has ended")?.peak as f64 / (1024.0 * 1024.0);
        rows.push(vec![
            connections.to_string(),
            format!("{:.0}", args.jobs as f64 / run.time.as_secs_f64()),
            milliseconds(50),
            milliseconds(99),
            each(cpu.as_secs_f64()),
            each(used),
            format!("{peak:.0}"),
        ]);
    }
    say(&format!("executeBatch: {} jobs a row, all of one org; every job was counted in Redis.", args.jobs));
    let head = ["connections", "jobs/s", "p50 ms", "p99 ms", "CPU µs/job", "CPU µs of Redis/job", "peak MiB"];
    say(&table::render(&head, &rows));
    if args.commands {
        say("Commands of a job in Redis (commandstats); those that a script runs are counted in it, too.");
        say(&table::render(&["command", "times", "µs"], &commands));
    }
    Ok(())
}

async fn web(redis: &TestRedis, org: &LocalOrg, log_level: &str) -> Result<Service> {
    ServiceSpec::new("org-job-web")?
        .env("PORT", 0)
        .env("BIND_ADDRESS", "127.0.0.1")
        .env("REDIS_URL", redis.url())
        .env("JOB_SECRET_KEY", SECRET)
        .env("ALLOWED_ORG_HOSTS", org.host()?)
        // What is measured is a job that is taken.
        .env("MAX_OPEN_JOBS", 1_000_000)
        .env("JOBS_PER_MINUTE", 1_000_000)
        .env("LOG_LEVEL", log_level)
        .ready("listening on http://")
        .start()
        .await
}

/// The same request again and again, as a batch of its own each time.
async fn requests(target: Target, org: &LocalOrg) -> Result<Requests> {
    let (org, user) = org.org(ORG).await?;
    let body = json!({ "soqlWhereClause": "StageName = 'Closed Won' AND CloseDate = THIS_QUARTER" }).to_string();
    Ok(Arc::new(move |_| target.post(&client_context(&org, &user), &body)))
}

/// Open jobs.
async fn jobs(redis: &TestRedis) -> Result<usize> {
    let prefix = shared::contracts::org_job::QUEUE_PREFIX;
    Ok(redis::from_redis_value(redis.command(&["SCARD", &format!("{prefix}open")]).await?)?)
}

/// Seconds of CPU that Redis has used.
async fn redis_cpu(redis: &TestRedis) -> Result<f64> {
    let info = info(redis, "cpu").await?;
    let seconds = |name: &str| -> Result<f64> {
        let value = info.lines().find_map(|line| line.strip_prefix(name)).with_context(|| format!("no {name}"))?;
        Ok(value.trim().parse()?)
    };
    Ok(seconds("used_cpu_user:")? + seconds("used_cpu_sys:")?)
}

/// Calls and their time, by command.
async fn command_stats(redis: &TestRedis) -> Result<BTreeMap<String, (u64, Duration)>> {
    let info = info(redis, "commandstats").await?;
    let stat = |line: &str| {
        let (name, values) = line.strip_prefix("cmdstat_")?.split_once(':')?;
        let value = |name: &str| values.split(',').find_map(|pair| pair.strip_prefix(name)?.parse::<u64>().ok());
        Some((name.to_owned(), (value("calls=")?, Duration::from_micros(value("usec=")?))))
    };
    Ok(info.lines().filter_map(stat).collect())
}

async fn info(redis: &TestRedis, section: &str) -> Result<String> {
    match redis.command(&["INFO", section]).await? {
        redis::Value::BulkString(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        redis::Value::VerbatimString { text, .. } => Ok(text),
        other => bail!("Redis answered {other:?}"),
    }
}

/// Rows of what happened in between, the costliest first.
fn of_a_job(
    before: &BTreeMap<String, (u64, Duration)>,
    after: &BTreeMap<String, (u64, Duration)>,
    jobs: usize,
) -> Vec<Vec<String>> {
    let mut all: Vec<(&str, f64, f64)> = after
        .iter()
        .map(|(name, (calls, time))| {
            let (calls_before, time_before) = before.get(name).copied().unwrap_or_default();
            let (calls, time) = (calls - calls_before, time.saturating_sub(time_before));
            (name.as_str(), calls as f64 / jobs as f64, time.as_secs_f64() * 1e6 / jobs as f64)
        })
        .filter(|(_, calls, _)| *calls >= 0.01)
        .collect();
    all.sort_by(|one, other| other.2.total_cmp(&one.2));
    all.truncate(COMMANDS);
    all.into_iter()
        .map(|(name, calls, time)| vec![name.to_owned(), format!("{calls:.2}"), format!("{time:.2}")])
        .collect()
}
