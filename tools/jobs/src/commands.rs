//! What the commands do, but for the live view.

use crate::arguments::{Command, List};
use crate::queues::Queues;
use crate::show;
use anyhow::{Context, bail};
use chrono::Utc;
use serde::Serialize;
use serde_json::json;
use shared::jobs::operator::{Actor, JobFilter, Letters, WhichJobs};
use shared::jobs::{JobId, JobView, Task};
use std::io::Write;
use std::time::Duration;

/// Does one of them.
pub(crate) async fn run(
    command: Command,
    queues: &Queues,
    actor: &Actor,
    json: bool,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    match command {
        Command::Top => bail!("top is not for this room"),
        Command::Overview => {
            let all = queues.overviews().await?;
            if json {
                let all = all.iter().map(|(name, overview)| json!({"pattern": name, "overview": overview}));
                return write_json(out, &all.collect::<Vec<_>>());
            }
            all.iter().try_for_each(|(name, overview)| show::overview(out, name, overview))
        }
        Command::List(list) => jobs(&list, queues, json, out).await,
        Command::Show { job } => {
            let (queue, job) = queues.find(&job).await?;
            if json { write_json(out, &job) } else { show::job(out, &queue.name, &job) }
        }
        Command::Errors { job, offset, limit } => {
            let (queue, job) = queues.find(&job).await?;
            let page = queue.operator.errors(&job.id, offset, limit).await?.context("the job is gone")?;
            if json { write_json(out, &page) } else { show::errors(out, &page) }
        }
        Command::Dead { job: Some(job) } => {
            let (queue, job) = queues.find(&job).await?;
            let letters = queue.operator.dead_letters(&job.id).await?.unwrap_or_default();
            if json { write_json(out, &letters) } else { show::letters(out, &letters) }
        }
        Command::Dead { job: None } => {
            let which = WhichJobs::WithDeadLetters;
            let list = List { which, org: None, kind: None, hours: None, limit: 100, after: None };
            jobs(&list, queues, json, out).await
        }
        Command::Cancel { job } => {
            let (queue, job) = queues.find(&job).await?;
            done(out, json, "cancelled", &queue.operator.cancel(&job.id, actor).await?)
        }
        Command::Retry { job, letter } => {
            let (queue, job) = queues.find(&job).await?;
            let job = queue.operator.retry(&job.id, letters(letter.as_deref())?, actor).await?;
            done(out, json, "put back", &job)
        }
        Command::Pause { org, minutes, reason, replace } => {
            let queue = queues.one()?;
            let instead_of = if replace { queue.operator.stopped(&org).await?.map(|pause| pause.until) } else { None };
            queue.operator.pause_org(&org, Duration::from_secs(minutes * 60), &reason, instead_of, actor).await?;
            org_done(out, json, "paused", &queue.name, &org)
        }
        Command::Resume { org } => {
            if let Ok(id) = org.parse::<JobId>() {
                let (queue, job) = queues.find(&id).await?;
                return done(out, json, "resumed", &queue.operator.resume(&job.id, actor).await?);
            }
            let queue = queues.one()?;
            queue.operator.resume_org(&org, actor).await?;
            org_done(out, json, "resumed", &queue.name, &org)
        }
    }
}

async fn jobs(list: &List, queues: &Queues, json: bool, out: &mut impl Write) -> anyhow::Result<()> {
    if list.after.is_some() {
        queues.one()?;
    }
    let filter = JobFilter {
        which: list.which,
        org: list.org.clone(),
        kind: list.kind.clone(),
        from: list.hours.map(|hours| Utc::now() - chrono::Duration::hours(hours.into())),
        to: None,
    };
    if json {
        let pages = queues.jobs(&filter, list.limit.into(), list.after).await?;
        let pages = pages.iter().map(|(name, page)| json!({"pattern": name, "jobs": page.jobs, "next": page.next}));
        return write_json(out, &pages.collect::<Vec<_>>());
    }
    show::jobs(out, &queues.rows(&filter, list.limit.into(), list.after).await?)
}

fn letters(letter: Option<&str>) -> anyhow::Result<Letters> {
    Ok(match letter {
        None => Letters::All,
        Some("plan") => Letters::Of(Task::Plan),
        Some(number) => {
            let number =
                number.parse().with_context(|| format!("--letter: `{number}` is neither a number nor plan"))?;
            Letters::Of(Task::Chunk(number))
        }
    })
}

fn done(out: &mut impl Write, json: bool, what: &str, job: &JobView) -> anyhow::Result<()> {
    if json {
        return write_json(out, job);
    }
    writeln!(out, "{what}: job {} is {} now", job.id.hyphenated(), job.state.name())?;
    Ok(())
}

fn org_done(out: &mut impl Write, json: bool, what: &str, pattern: &str, org: &str) -> anyhow::Result<()> {
    if json {
        return write_json(out, &json!({"pattern": pattern, "org": org, "done": what}));
    }
    writeln!(out, "{what}: {org} in {pattern}")?;
    Ok(())
}

fn write_json(out: &mut impl Write, value: &impl Serialize) -> anyhow::Result<()> {
    // Written into a text first: an error of `out` stays one of input and output, which says that a pipe was closed.
    let text = serde_json::to_string_pretty(value)?;
    writeln!(out, "{text}")?;
    Ok(())
}
