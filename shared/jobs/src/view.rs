//! Reads jobs, events and dead letters from what the scripts answer.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::time::Duration;

use chrono::{DateTime, Utc};
use redis::streams::StreamId;
use serde::Deserialize;
use serde_json::json;

use super::error::JobsError;
use super::params;
use super::proof::without_proof;
use super::types::{DeadLetter, EventKind, JobAct, JobActKind, JobEvent, JobProgress, JobState, JobView};

/// One answer of the view script.
pub(super) type RawView = (
    Hash<String>,
    Option<String>,
    Hash<u64>,
    Hash<u64>,
    u64,
    u64,
    Option<String>,
    Option<u64>,
    Option<u64>,
    Vec<String>,
    Option<String>,
    Option<u64>,
);

type Hash<V> = BTreeMap<String, V>;

pub(super) fn job_view(id: &str, now_ms: u64, raw: RawView) -> Result<JobView, JobsError> {
    let (
        job,
        params,
        counters,
        per_worker,
        running_chunks,
        pause_ms,
        pause_reason,
        pause_since,
        silent_since,
        acts,
        trouble,
        due,
    ) = raw;
    let fields = Fields { id, get: |name: &str| job.get(name).map(String::as_str) };
    let progress = fields.progress()?;
    let paused_until = (pause_ms > 0 && !progress.state.is_final())
        .then(|| fields.time_of("pause", now_ms.saturating_add(pause_ms)))
        .transpose()?;
    let open = |time: Option<u64>| time.filter(|_| !progress.state.is_final());
    let since = |name, time| open(time).map(|at| fields.time_of(name, at)).transpose();
    let reason = job.get("reason").cloned().or_else(|| paused_until.and(pause_reason));
    let trouble = trouble.map(|json| job_trouble(&fields, &json)).transpose()?;
    let (started_at, finished_at) = (fields.time("started_at")?, fields.time("finished_at")?);
    Ok(JobView {
        id: fields.parse_text("id", id)?,
        kind: params::parse(fields.text("kind")?).0.to_owned(),
        org: fields.text("org")?.to_owned(),
        state: progress.state,
        params: match (params.as_deref().or(job.get("params").map(String::as_str)), job.get("params_bytes")) {
            (Some(params), _) => serde_json::from_str(params).map_err(|_| fields.corrupt("params"))?,
            (None, Some(bytes)) => json!({ "omittedBytes": fields.parse_text::<u64>("params_bytes", bytes)? }),
            (None, None) => return Err(fields.corrupt("params")),
        },
        outcome: match job.get("outcome") {
            Some(outcome) => Some(JobState::from_redis(outcome).ok_or_else(|| fields.corrupt("outcome"))?),
            None => None,
        },
        planned: progress.planned,
        total_chunks: progress.total_chunks,
        done_chunks: progress.done_chunks,
        dead_chunks: progress.dead_chunks,
        dropped_chunks: progress.dropped_chunks,
        running_chunks,
        planned_records: progress.planned_records,
        processed: progress.processed,
        succeeded: progress.succeeded,
        skipped: progress.skipped,
        failed: progress.failed,
        records_per_second: rate(progress.processed, started_at, finished_at.unwrap_or_else(Utc::now)),
        errors: progress.errors,
        counters,
        per_worker,
        paused_since: since("paused_since", pause_since.filter(|_| paused_until.is_some()))?,
        paused_until,
        silent_since: since("silent", silent_since)?,
        reason,
        attempts: trouble.as_ref().map(|trouble| trouble.attempts),
        last_error: trouble.map(|trouble| trouble.error),
        next_try_at: due.map(|at| fields.time_of("delayed", at)).transpose()?,
        created_at: fields.time("created_at")?.ok_or_else(|| fields.corrupt("created_at"))?,
        started_at,
        finished_at,
        run: progress.run,
        request_id: fields.text("request_id")?.to_owned(),
        created_by: job.get("user").cloned(),
        history: acts.iter().map(|json| job_act(&fields, json)).collect::<Result<_, _>>()?,
    })
}

/// Why a task was not done, as the scripts note it.
#[derive(Deserialize)]
pub(super) struct Trouble {
    pub(super) error: String,
    pub(super) attempts: u64,
}

fn job_trouble<'v, G: Fn(&str) -> Option<&'v str>>(fields: &Fields<'_, G>, json: &str) -> Result<Trouble, JobsError> {
    serde_json::from_str(json).map_err(|_| fields.corrupt("troubles"))
}

fn job_act<'v, G: Fn(&str) -> Option<&'v str>>(fields: &Fields<'_, G>, json: &str) -> Result<JobAct, JobsError> {
    #[derive(Deserialize)]
    struct Stored {
        act: JobActKind,
        actor: String,
        at: u64,
    }
    let Stored { act, actor, at } = serde_json::from_str(json).map_err(|_| fields.corrupt("acts"))?;
    Ok(JobAct { at: fields.time_of("acts", at)?, act, actor })
}

/// Records per second, to one decimal. Spans under 100 ms count as 100 ms, so that clocks a little apart do no harm.
fn rate(processed: u64, started_at: Option<DateTime<Utc>>, until: DateTime<Utc>) -> Option<f64> {
    let tenths = (until - started_at?).num_milliseconds().max(100) / 100;
    let processed = u32::try_from(processed).map_or(f64::from(u32::MAX), f64::from);
    let tenths = u32::try_from(tenths).map_or(f64::from(u32::MAX), f64::from);
    Some((processed / tenths * 100.0).round() / 10.0)
}

pub(super) fn job_event(entry: &StreamId) -> Result<JobEvent, JobsError> {
    let values: BTreeMap<&str, String> =
        entry.map.iter().filter_map(|(name, value)| Some((name.as_str(), text_of(value)?))).collect();
    let fields = Fields { id: &entry.id, get: |name: &str| values.get(name).map(String::as_str) };
    // A stream id is the time in ms, a hyphen, and a number within that ms.
    let at = fields.parse_text("id", entry.id.split('-').next().unwrap_or_default())?;
    Ok(JobEvent {
        id: entry.id.clone(),
        kind: EventKind::from_redis(fields.text("kind")?).ok_or_else(|| fields.corrupt("kind"))?,
        at: fields.time_of("id", at)?,
        job: fields.progress()?,
    })
}

/// The first event of a job, of which there is no trace in Redis as long as there is no other one.
pub(super) fn queued_event(job: &JobView) -> JobEvent {
    let progress = JobProgress {
        state: JobState::Queued,
        run: 1,
        planned: false,
        total_chunks: 0,
        done_chunks: 0,
        dead_chunks: 0,
        dropped_chunks: 0,
        planned_records: 0,
        processed: 0,
        succeeded: 0,
        skipped: 0,
        failed: 0,
        errors: 0,
    };
    let id = format!("{}-0", job.created_at.timestamp_millis());
    JobEvent { id, kind: EventKind::Queued, at: job.created_at, job: progress }
}

pub(super) fn dead_letter(task: &str, json: &str) -> Result<DeadLetter, JobsError> {
    #[derive(Deserialize)]
    struct Stored {
        reason: String,
        attempts: u32,
        at: u64,
        records: u64,
        payload: String,
    }
    let fields = Fields { id: task, get: |_: &str| None };
    let stored: Stored = serde_json::from_str(json).map_err(|_| fields.corrupt("dead letter"))?;
    Ok(DeadLetter {
        chunk: task.parse().ok(),
        reason: stored.reason,
        attempts: stored.attempts,
        records: stored.records,
        payload: without_proof(&stored.payload).0.to_owned(),
        at: fields.time_of("at", stored.at)?,
    })
}

fn text_of(value: &redis::Value) -> Option<String> {
    redis::from_redis_value_ref(value).ok()
}

/// Named values of one record; errors name the record and the field.
struct Fields<'a, G> {
    id: &'a str,
    get: G,
}

impl<'v, G: Fn(&str) -> Option<&'v str>> Fields<'_, G> {
    fn corrupt(&self, name: &str) -> JobsError {
        JobsError::Corrupt(format!("{name} of {}", self.id))
    }

    fn text(&self, name: &str) -> Result<&'v str, JobsError> {
        (self.get)(name).ok_or_else(|| self.corrupt(name))
    }

    fn parse_text<T: FromStr>(&self, name: &str, text: &str) -> Result<T, JobsError> {
        text.parse().map_err(|_| self.corrupt(name))
    }

    fn number<T: FromStr>(&self, name: &str) -> Result<T, JobsError> {
        self.parse_text(name, self.text(name)?)
    }

    fn time(&self, name: &str) -> Result<Option<DateTime<Utc>>, JobsError> {
        (self.get)(name).map(|text| self.time_of(name, self.parse_text(name, text)?)).transpose()
    }

    fn time_of(&self, name: &str, ms: u64) -> Result<DateTime<Utc>, JobsError> {
        let ms = i64::try_from(ms).map_err(|_| self.corrupt(name))?;
        DateTime::from_timestamp_millis(ms).ok_or_else(|| self.corrupt(name))
    }

    fn progress(&self) -> Result<JobProgress, JobsError> {
        Ok(JobProgress {
            state: JobState::from_redis(self.text("state")?).ok_or_else(|| self.corrupt("state"))?,
            run: self.number("run")?,
            planned: self.text("plan")? == "done",
            total_chunks: self.number("total")?,
            done_chunks: self.number("done")?,
            dead_chunks: self.number("dead")?,
            dropped_chunks: self.number("dropped")?,
            planned_records: self.number("planned_records")?,
            processed: self.number("processed")?,
            succeeded: self.number("succeeded")?,
            skipped: self.number("skipped")?,
            failed: self.number("failed")?,
            errors: self.number("errors")?,
        })
    }
}

/// Why a job does not move, for people; `None` when nothing is said to be tried again.
pub(super) fn trouble(
    last_error: Option<&str>,
    attempts: Option<u64>,
    next_try: Option<DateTime<Utc>>,
) -> Option<String> {
    let mut words = last_error?.to_owned();
    match attempts {
        None | Some(0) => {}
        Some(1) => words.push_str(" (tried once)"),
        Some(attempts) => words.push_str(&format!(" (tried {attempts} times)")),
    }
    if let Some(at) = next_try {
        words.push_str(&format!("; next try at {} UTC", at.format("%H:%M:%S")));
    }
    Some(words)
}

impl JobView {
    /// Why it does not move, in words for people: what was said last, how often it was tried, and when it is tried next. `None`
    /// while nothing is in its way.
    #[must_use]
    pub fn trouble(&self) -> Option<String> {
        trouble(self.last_error.as_deref(), self.attempts, self.next_try_at)
    }
}

/// A duration as Redis wants it: whole ms, at least one.
pub(super) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trouble_is_told_with_what_is_known() {
        let next = DateTime::from_timestamp(3_661, 0);
        assert_eq!(trouble(None, Some(1), next), None);
        assert_eq!(trouble(Some("no"), None, None).as_deref(), Some("no"));
        assert_eq!(trouble(Some("no"), Some(0), None).as_deref(), Some("no"));
        assert_eq!(trouble(Some("no"), Some(1), None).as_deref(), Some("no (tried once)"));
        let told = trouble(Some("no"), Some(7), next);
        assert_eq!(told.as_deref(), Some("no (tried 7 times); next try at 01:01:01 UTC"));
    }

    #[test]
    fn the_rate_is_an_average_since_the_start() {
        let start = DateTime::from_timestamp(1_000, 0).unwrap();
        let after = |milliseconds| start + chrono::Duration::milliseconds(milliseconds);
        assert_eq!(rate(5_000, Some(start), after(4_000)), Some(1_250.0));
        assert_eq!(rate(1, Some(start), after(3_000)), Some(0.3));
        assert_eq!(rate(7, Some(start), after(-50)), Some(70.0));
        assert_eq!(rate(0, Some(start), after(0)), Some(0.0));
        assert_eq!(rate(0, None, after(0)), None);
    }
}
