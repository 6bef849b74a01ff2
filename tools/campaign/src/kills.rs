//! Campaign `kills`: a pattern works while its processes die, hang and lose their connections, Redis restarts and
//! Salesforce fails. Then all is well again, the work must end, and the org must have exactly what it should have.
//!
//! A round is made from its seed alone: the data, what breaks, when and for how long. What the processes do meanwhile is
//! theirs, so a seed shows a fault again often, but not always.

mod api_access;
mod disrupt;
mod eventing;
mod org_action;
mod org_job;
mod plan;
mod sample;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use test_support::{Costs, workspace_root};
use tokio::time::sleep;

use self::plan::Plan;
use crate::output::say;
use crate::report::{Finding, Report};
use crate::stack::{Ground, History, ORG, Pattern};
use crate::world::{LIMIT, World};

/// Options of `bin/campaign kills`.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// How many rounds; each has a seed and a pattern of its own
    #[arg(long, default_value_t = 200)]
    pub rounds: u64,
    /// Seed of the first round; the next ones count up [default: by chance]
    #[arg(long)]
    pub seed: Option<u64>,
    /// Only this pattern [default: each in turn]
    #[arg(long, value_enum)]
    pattern: Option<Pattern>,
    /// Leaves out answers that the API never gives, such as pages for people with status 200
    #[arg(long)]
    pub no_odd_answers: bool,
    /// Ends after this many rounds in which something was found
    #[arg(long, default_value_t = 10)]
    pub stop_after: usize,
}

impl Options {
    /// This many rounds from this seed on, over all patterns.
    pub fn new(rounds: u64, seed: u64) -> Self {
        Self { rounds, seed: Some(seed), pattern: None, no_odd_answers: false, stop_after: 1 }
    }
}

/// How a round went.
struct Round {
    /// From the healing until all work had ended.
    recovery: Duration,
    time: Duration,
}

/// Runs the rounds.
///
/// # Errors
/// When the campaign itself cannot go on. What is wrong with the services is in the report.
pub async fn run(options: Options) -> Result<Report> {
    // Seeds by chance are short enough to be typed.
    let first = options.seed.unwrap_or_else(|| u64::from(rand::random::<u32>()));
    let mut report = Report::new("kills");
    let mut rounds = Vec::new();
    let started = Instant::now();
    for seed in (first..).take(usize::try_from(options.rounds)?) {
        let plan = Plan::of(seed, options.pattern, !options.no_odd_answers);
        let logs = folder(seed)?;
        let begun = Instant::now();
        match round(&plan, &logs).await {
            Ok(recovery) => {
                let time = begun.elapsed();
                say(&format!(
                    "seed {seed:<10} {:<10} {:>5.1} s, recovered in {:.1} s",
                    plan.pattern.name(),
                    time.as_secs_f64(),
                    recovery.as_secs_f64()
                ));
                rounds.push(Round { recovery, time });
                std::fs::remove_dir_all(&logs).with_context(|| format!("cannot remove {}", logs.display()))?;
            }
            Err(problem) => {
                say(&format!(
                    "seed {seed:<10} {:<10} FOUND {problem:#}\n{}logs: {}",
                    plan.pattern.name(),
                    plan.text(),
                    logs.display()
                ));
                let pattern = options.pattern.map(|pattern| format!(" --pattern {}", pattern.name()));
                let odd = if options.no_odd_answers { " --no-odd-answers" } else { "" };
                let more = pattern.unwrap_or_default() + odd;
                report.findings.push(Finding {
                    text: format!("{}: {problem:#}", plan.pattern.name()),
                    replay: format!("bin/campaign kills --rounds 1 --seed {seed}{more}"),
                });
            }
        }
        if report.findings.len() >= options.stop_after {
            break;
        }
    }
    report.done(summary(first, &rounds, report.findings.len(), started.elapsed()));
    Ok(report)
}

fn summary(first: u64, rounds: &[Round], bad: usize, time: Duration) -> String {
    let longest = |of: fn(&Round) -> Duration| rounds.iter().map(of).max().unwrap_or_default().as_secs_f64();
    format!(
        "{} good and {bad} bad rounds from seed {first} in {:.0} s; the longest took {:.1} s, the longest recovery {:.1} s",
        rounds.len(),
        time.as_secs_f64(),
        longest(|round| round.time),
        longest(|round| round.recovery),
    )
}

/// An empty folder for the logs of a round.
fn folder(seed: u64) -> Result<PathBuf> {
    let folder = workspace_root()?.join(".local/campaign").join(format!("kills-{seed}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    Ok(folder)
}

/// One round, and how long the recovery took.
async fn round(plan: &Plan, logs: &std::path::Path) -> Result<Duration> {
    let mut ground = Ground::start(logs, History::Kept).await.context("cannot start")?;
    let work = Work::prepare(plan, &ground).await.context("cannot prepare the data")?;
    let mut team = ground.team(&plan.settings()).await.context("cannot start the services")?;
    let world = World::new(&ground, &team, plan.seed)?;
    work.before(&world).await.context("before anything broke")?;
    ground.org.set_costs(&Costs { call_ms: plan.call_ms, ..Costs::default() }).await?;
    for fault in &plan.faults {
        ground.org.add_fault(fault).await?;
    }
    let (begun, disrupted) = tokio::join!(work.begin(&world), disrupt::disrupt(plan, &mut ground, &mut team));
    disrupted.context("cannot disrupt")?;
    let begun = begun.context("while things broke")?;
    let healed = Instant::now();
    // More than the Quotes: whatever was found is said with what else was found.
    let mut problems = Vec::new();
    if let Err(problem) = work.end(&world, &ground, begun).await {
        problems.push(format!("{problem:#}"));
    }
    let recovery = healed.elapsed();
    if problems.is_empty() {
        problems.extend(lasting_leftovers(&ground, plan.pattern).await?);
    }
    problems.extend(ground.leaks(&[&team]).await.context("cannot look for secrets")?);
    problems.extend(world.take_leaks(&ground.secrets));
    for member in &mut team.members {
        if !member.runs()? {
            problems.push(format!("{} has ended by itself", member.name));
        }
    }
    if problems.is_empty() { Ok(recovery) } else { bail!("{}", problems.join("; ")) }
}

/// What a round does besides breaking things.
enum Work {
    OrgJob(org_job::Work),
    OrgAction(org_action::Work),
    ApiAccess(api_access::Work),
    Eventing(eventing::Work),
}

/// What was begun, and must end.
enum Begun {
    OrgJob(Vec<String>),
    OrgAction(org_action::Begun),
    ApiAccess(test_support::Browser),
    Eventing(eventing::Begun),
}

impl Work {
    async fn prepare(plan: &Plan, ground: &Ground) -> Result<Self> {
        Ok(match plan.pattern {
            Pattern::OrgJob => Self::OrgJob(org_job::Work::prepare(plan, ground).await?),
            Pattern::OrgAction => Self::OrgAction(org_action::Work::prepare(plan, ground).await?),
            Pattern::ApiAccess => Self::ApiAccess(api_access::Work::prepare(plan, ground).await?),
            Pattern::Eventing => Self::Eventing(eventing::Work::prepare(plan, ground).await?),
        })
    }

    async fn before(&self, world: &World) -> Result<()> {
        match self {
            Self::Eventing(work) => work.before(world).await,
            _ => Ok(()),
        }
    }

    async fn begin(&self, world: &World) -> Result<Begun> {
        Ok(match self {
            Self::OrgJob(work) => Begun::OrgJob(work.begin(world).await?),
            Self::OrgAction(work) => Begun::OrgAction(work.begin(world).await?),
            Self::ApiAccess(work) => Begun::ApiAccess(work.begin(world).await?),
            Self::Eventing(work) => Begun::Eventing(work.begin(world).await?),
        })
    }

    async fn end(&self, world: &World, ground: &Ground, begun: Begun) -> Result<()> {
        match (self, begun) {
            (Self::OrgJob(work), Begun::OrgJob(begun)) => work.end(world, begun).await,
            (Self::OrgAction(work), Begun::OrgAction(begun)) => work.end(world, &ground.receiver, begun).await,
            (Self::ApiAccess(work), Begun::ApiAccess(begun)) => work.end(world, begun).await,
            (Self::Eventing(work), Begun::Eventing(begun)) => work.end(world, begun).await,
            _ => bail!("the work of another pattern was begun"),
        }
    }
}

/// What is left behind and stays. A job that removes what a killed web process of org-action may leave waits until the call
/// must have ended: 15 seconds after its deadline.
async fn lasting_leftovers(ground: &Ground, pattern: Pattern) -> Result<Vec<String>> {
    let until = Instant::now() + if pattern == Pattern::OrgAction { LIMIT } else { Duration::ZERO };
    loop {
        let left = leftovers(ground, pattern).await?;
        if left.is_empty() || Instant::now() >= until {
            return Ok(left);
        }
        sleep(Duration::from_millis(500)).await;
    }
}

/// What ended work must not leave behind.
async fn leftovers(ground: &Ground, pattern: Pattern) -> Result<Vec<String>> {
    let mut left = Vec::new();
    if ground.org.counts(ORG).await?.contains_key("Quote") {
        let staging = "SELECT COUNT() FROM Quote WHERE QuoteJobKey__c LIKE '%:staging'";
        let staging = ground.org.count(ORG, staging).await?;
        if staging > 0 {
            left.push(format!("{staging} Quotes are left under staging keys"));
        }
    }
    let prefix = pattern.prefix();
    for (key, parts) in ground.redis.dump().await?.keys {
        let key = String::from_utf8_lossy(&key).into_owned();
        let Some(name) = key.strip_prefix(&prefix) else { continue };
        let of_a_job = ["ready:", "delayed:", "leases:", "chunk:", "session:", "open:"];
        if of_a_job.iter().any(|start| name.starts_with(start)) || name == "open" {
            left.push(format!("Redis still has {key} with {} parts", parts.len()));
        }
    }
    Ok(left)
}
