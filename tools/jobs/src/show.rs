//! What is written for people.

use crate::text::{between, lasting, moment, plain, table};
use chrono::Utc;
use shared::jobs::operator::{JobRow, OrgStanding, Overview, RowPage, WorkerView};
use shared::jobs::{DeadLetter, ErrorPage, JobActKind, JobView};
use std::io::Write;

/// Characters of a payload.
const MOST_PAYLOAD: usize = 120;

pub(crate) fn overview(out: &mut impl Write, name: &str, overview: &Overview) -> anyhow::Result<()> {
    writeln!(out, "{name}: {}", counts(overview))?;
    if let Some(oldest) = &overview.oldest {
        let waits = between(oldest.since, overview.at);
        writeln!(out, "  waiting for the longest: {} of {}, {waits}", oldest.job.hyphenated(), plain(&oldest.org))?;
    }
    if let Some(advice) = &overview.advice {
        writeln!(out, "  {}", advice.sentence())?;
    }
    for org in &overview.orgs {
        writeln!(out, "  org {}", plain(&standing(org, overview)))?;
    }
    for one in &overview.workers {
        writeln!(out, "  worker {}", plain(&worker(one, overview)))?;
    }
    Ok(())
}

/// The figures of a queue in a line.
pub(crate) fn counts(overview: &Overview) -> String {
    let states: Vec<String> = overview.states.iter().map(|(state, count)| format!("{count} {state}")).collect();
    let tasks = overview.tasks;
    format!(
        "{} open jobs ({}); tasks: {} ready, {} delayed, {} running; {} dead letters; {} workers",
        overview.open_jobs,
        if states.is_empty() { "none".to_owned() } else { states.join(", ") },
        tasks.ready,
        tasks.delayed,
        tasks.leased,
        overview.dead_letters,
        overview.workers.len()
    )
}

/// Where an org stands, in a line.
pub(crate) fn standing(org: &OrgStanding, overview: &Overview) -> String {
    let mut text =
        format!("{}: {} jobs, {} running, {} ready", org.org, org.open_jobs, org.tasks.leased, org.tasks.ready);
    if let Some(pause) = &org.paused {
        let since = pause.since.map(|since| format!(" since {}", moment(&since))).unwrap_or_default();
        let left = between(overview.at, pause.until);
        text.push_str(&format!("; rests{since} until {}, for {left}: {}", moment(&pause.until), pause.reason));
    }
    if let Some(silence) = &org.silent {
        let length = between(silence.since, overview.at);
        text.push_str(&format!("; silent since {}, for {length}: {}", moment(&silence.since), silence.reason));
    }
    if org.at_limit {
        text.push_str(&format!("; at its limit of {}", org.limit));
    }
    text
}

fn worker(worker: &WorkerView, overview: &Overview) -> String {
    let memory = worker.memory_bytes.map(|bytes| format!(", {} MiB", bytes.div_ceil(1 << 20))).unwrap_or_default();
    let longest = worker.tasks.first().map(|task| format!(", longest {}", lasting(task.for_ms))).unwrap_or_default();
    format!(
        "{}: {} of {} slots{longest}, {:.1} records/s{memory}, up for {}, heard of {} ago",
        worker.name,
        worker.running,
        worker.concurrency,
        worker.records_per_second,
        between(worker.started_at, overview.at),
        between(worker.seen_at, overview.at)
    )
}

/// Why a job does not move, or why it ended as it did; nothing of others.
pub(crate) fn why(job: &JobRow) -> String {
    job.trouble().or_else(|| job.reason.clone()).unwrap_or_default()
}

pub(crate) fn jobs(out: &mut impl Write, pages: &[(&str, RowPage)]) -> anyhow::Result<()> {
    let mut all: Vec<(&str, &JobRow)> =
        pages.iter().flat_map(|(name, page)| page.rows.iter().map(|job| (*name, job))).collect();
    all.sort_by_key(|(_, job)| std::cmp::Reverse(job.id));
    let row = |(name, job): &(&str, &JobRow)| {
        vec![
            job.id.hyphenated(),
            (*name).to_owned(),
            job.state.name().to_owned(),
            format!("{}/{}", job.processed, job.planned_records),
            job.failed.to_string(),
            between(job.created_at, Utc::now()),
            job.org.clone(),
            job.kind.clone(),
            why(job),
        ]
    };
    let heads = ["JOB", "PATTERN", "STATE", "RECORDS", "FAILED", "AGE", "ORG", "KIND", "WHY"];
    table(out, &heads, &all.iter().map(row).collect::<Vec<_>>())?;
    for (name, page) in pages {
        if let Some(next) = page.next {
            writeln!(out, "older ones of {name}: --pattern {name} --after {}", next.hyphenated())?;
        }
    }
    Ok(())
}

pub(crate) fn job(out: &mut impl Write, name: &str, job: &JobView) -> anyhow::Result<()> {
    let time = |time: Option<_>| time.map_or_else(|| "-".to_owned(), |time| moment(&time));
    let mut facts: Vec<(&str, String)> = vec![
        ("job", job.id.hyphenated()),
        ("pattern", name.to_owned()),
        ("kind", job.kind.clone()),
        ("org", job.org.clone()),
        ("state", job.state.name().to_owned()),
        ("run", job.run.to_string()),
        (
            "records",
            format!(
                "{} of {} ({} went well, {} skipped, {} failed)",
                job.processed, job.planned_records, job.succeeded, job.skipped, job.failed
            ),
        ),
        (
            "chunks",
            format!(
                "{} planned, {} running, {} done, {} dead, {} dropped",
                job.total_chunks, job.running_chunks, job.done_chunks, job.dead_chunks, job.dropped_chunks
            ),
        ),
        ("created", format!("{} by {}", moment(&job.created_at), job.created_by.as_deref().unwrap_or("-"))),
        ("started", time(job.started_at)),
        ("ended", time(job.finished_at)),
    ];
    let optional = [
        ("rate", job.records_per_second.map(|rate| format!("{rate:.1} records/s"))),
        ("reason", job.reason.clone()),
        ("rests since", job.paused_since.map(|time| moment(&time))),
        ("rests until", job.paused_until.map(|time| moment(&time))),
        ("silent since", job.silent_since.map(|time| moment(&time))),
        ("last error", job.last_error.clone()),
        ("attempts", job.attempts.map(|attempts| attempts.to_string())),
        ("next try", job.next_try_at.map(|time| moment(&time))),
    ];
    facts.extend(optional.into_iter().filter_map(|(name, value)| Some((name, value?))));
    facts.push(("parameters", job.params.to_string()));
    for act in &job.history {
        let what = match act.act {
            JobActKind::Cancelled => "cancelled",
            JobActKind::Resumed => "resumed",
            JobActKind::Retried => "retried",
        };
        facts.push((what, format!("{} by {}", moment(&act.at), act.actor)));
    }
    for (worker, records) in &job.per_worker {
        facts.push(("by worker", format!("{worker}: {records} records")));
    }
    for (name, value) in facts {
        writeln!(out, "{name:12} {}", plain(&value))?;
    }
    Ok(())
}

pub(crate) fn errors(out: &mut impl Write, page: &ErrorPage) -> anyhow::Result<()> {
    let row =
        |error: &shared::jobs::RecordError| vec![error.record_id.clone(), error.code.clone(), error.message.clone()];
    table(out, &["RECORD", "CODE", "MESSAGE"], &page.errors.iter().map(row).collect::<Vec<_>>())?;
    writeln!(out, "{} of {} errors, {} kept", page.errors.len(), page.total, page.stored)?;
    Ok(())
}

pub(crate) fn letters(out: &mut impl Write, letters: &[DeadLetter]) -> anyhow::Result<()> {
    let row = |letter: &DeadLetter| {
        vec![
            letter.chunk.map_or_else(|| "plan".to_owned(), |number| number.to_string()),
            letter.attempts.to_string(),
            letter.records.to_string(),
            moment(&letter.at),
            letter.reason.clone(),
            letter.payload.chars().take(MOST_PAYLOAD).collect(),
        ]
    };
    let heads = ["TASK", "ATTEMPTS", "RECORDS", "AT", "REASON", "PAYLOAD"];
    table(out, &heads, &letters.iter().map(row).collect::<Vec<_>>())?;
    Ok(())
}
