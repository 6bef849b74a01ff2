//! Campaign `soak`: all patterns work side by side for a long time, at about half of the machine. After each cycle of work
//! everything rests for a moment and is read: memory may not grow, connections and file handles must be given back.

mod load;
mod meter;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use redis::Value;
use test_support::{TestRedis, cpu_time, workspace_root};
use tokio::time::sleep;

use self::load::Load;
use self::meter::{Meter, Reading};
use crate::output::say;
use crate::report::{Finding, Report};
use crate::stack::{Ground, History, Pattern, Settings, Team};

/// Share of the machine's cores.
const SHARE: f64 = 0.5;
/// Cycles from one look for secrets to the next.
const LOOK: u64 = 20;
/// Bytes that a finished job in Redis may take.
const JOB: f64 = 6.0 * 1024.0;

/// Options of `bin/campaign soak`.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// How long
    #[arg(long, default_value_t = 60.0)]
    pub minutes: f64,
}

/// Runs the load.
///
/// # Errors
/// When the campaign itself cannot go on. What is wrong with the services is in the report.
pub async fn run(options: Options) -> Result<Report> {
    let mut report = Report::new("soak");
    let logs = folder()?;
    let mut ground = Ground::start(&logs, History::Short).await?;
    let fixed = [("local-org", ground.org.service().pid()), ("Redis", ground.redis.process().pid())];
    let mut teams = Vec::new();
    for pattern in Pattern::ALL {
        teams.push(ground.team(&settings(pattern)).await?);
    }
    let found = Box::pin(soak(&options, &ground, &teams, fixed, &mut report)).await?;
    let replay = format!("bin/campaign soak --minutes {}", options.minutes);
    if found.is_empty() {
        std::fs::remove_dir_all(&logs).with_context(|| format!("cannot remove {}", logs.display()))?;
    } else {
        report.done(format!("logs: {}", logs.display()));
    }
    report.findings.extend(found.into_iter().map(|text| Finding { text, replay: replay.clone() }));
    Ok(report)
}

async fn soak(
    options: &Options,
    ground: &Ground,
    teams: &[Team],
    fixed: [(&str, u32); 2],
    report: &mut Report,
) -> Result<Vec<String>> {
    let load = Load::new(ground, teams).await?;
    let teams: Vec<&Team> = teams.iter().collect();
    let members = teams.iter().flat_map(|team| &team.members);
    let members = members.map(|member| (member.name.as_str(), member.service.pid()));
    let processes: Vec<_> = members.chain(fixed).collect();
    let (started, time) = (Instant::now(), Duration::from_secs_f64(options.minutes * 60.0));
    let before = used(&processes)?;
    let mut meter = Meter::default();
    let (mut found, mut cycles) = (Vec::new(), 0_u64);
    while started.elapsed() < time || cycles == 0 {
        if let Err(problem) = load.cycle(cycles).await {
            found.push(format!("cycle {cycles}: {problem:#}"));
            break;
        }
        read(ground, &processes, &mut meter).await?;
        cycles += 1;
        if cycles % LOOK == 1 {
            found.extend(secrets(ground, &teams, &load).await?);
            say(&format!("{:>6.0} s, {cycles} cycles\n{}", started.elapsed().as_secs_f64(), meter.text()));
            if !found.is_empty() {
                break;
            }
        }
        rest(&processes, started, before).await?;
    }
    found.extend(secrets(ground, &teams, &load).await?);
    found.dedup();
    // Redis is told to keep jobs for some days.
    let kept = 0.75 * cycles as f64;
    found.extend(meter.problems(|name| match name {
        "Redis" => kept * load.jobs_in_a_cycle() as f64 * JOB,
        _ => 0.0,
    }));
    let share = (used(&processes)? - before).as_secs_f64() / started.elapsed().as_secs_f64() / cores();
    report.done(format!(
        "{cycles} cycles in {:.1} minutes at {:.0} % of the machine",
        started.elapsed().as_secs_f64() / 60.0,
        share * 100.0
    ));
    report.done(meter.text());
    Ok(found)
}

fn settings(pattern: Pattern) -> Settings {
    let worker = match pattern {
        // Of the two jobs of a cycle the larger one is written in bulk.
        Pattern::OrgJob => vec![("BULK_THRESHOLD", load::BULK_THRESHOLD.to_string())],
        _ => Vec::new(),
    };
    let web = match pattern {
        // Sample data is made in each cycle, which is nothing to quote.
        Pattern::Eventing => vec![("EVENT_CHANGE_TYPES", "UPDATE".to_owned())],
        _ => Vec::new(),
    };
    Settings { pattern, webs: 1, workers: 2, web, worker }
}

/// Reads what all processes use.
async fn read(ground: &Ground, processes: &[(&str, u32)], meter: &mut Meter) -> Result<()> {
    for (name, pid) in processes {
        let reading = if *name == "Redis" { redis(&ground.redis).await? } else { Reading::of(*pid)? };
        meter.note(name, reading);
    }
    Ok(())
}

/// Data and clients of Redis.
async fn redis(redis: &TestRedis) -> Result<Reading> {
    let info = match redis.command(&["INFO"]).await? {
        Value::BulkString(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Value::VerbatimString { text, .. } => text,
        other => bail!("Redis answered {other:?}"),
    };
    let number = |name: &str| -> Result<u64> {
        let line = info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        Ok(line.with_context(|| format!("Redis tells no {name}"))?.trim().parse()?)
    };
    Ok(Reading { bytes: number("used_memory")?, handles: number("connected_clients")? })
}

/// CPU time of all processes so far, this one included.
fn used(processes: &[(&str, u32)]) -> Result<Duration> {
    let pids = processes.iter().map(|(_, pid)| *pid);
    let times = pids.chain([std::process::id()]).map(cpu_time);
    times.sum::<Option<Duration>>().context("a process has ended, or there is no /proc")
}

/// Waits until no more than the share of the machine has been used since the start.
async fn rest(processes: &[(&str, u32)], started: Instant, before: Duration) -> Result<()> {
    loop {
        let used = (used(processes)? - before).as_secs_f64();
        if used <= started.elapsed().as_secs_f64() * cores() * SHARE {
            return Ok(());
        }
        sleep(Duration::from_millis(200)).await;
    }
}

fn cores() -> f64 {
    std::thread::available_parallelism().map_or(1.0, |cores| cores.get() as f64)
}

/// Looks for secrets, and empties the logs that were looked through.
async fn secrets(ground: &Ground, teams: &[&Team], load: &Load<'_>) -> Result<Vec<String>> {
    let mut leaks = ground.leaks(teams).await?;
    leaks.extend(load.leaks());
    if leaks.is_empty() {
        ground.empty_logs(teams)?;
    }
    Ok(leaks)
}

/// An empty folder for the logs.
fn folder() -> Result<PathBuf> {
    let folder = workspace_root()?.join(".local/campaign").join(format!("soak-{}", std::process::id()));
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    Ok(folder)
}
