//! A job, and its errors.

use super::course::{Course, without};
use super::text::{address, between, job_address, lasting, moment, state};
use crate::names::OrgUrls;
use askama::Template;
use chrono::{DateTime, Utc};
use shared::jobs::operator::JobLook;
use shared::jobs::{DeadLetter, JobView, RecordError};
use web::pages::{counted, grouped};
use web::site::Frame;

/// Characters of a payload that are shown: ids, as a rule.
const MOST_PAYLOAD: usize = 400;

/// A job.
#[derive(Template)]
#[template(path = "job.html")]
pub(crate) struct JobPage {
    frame: Frame,
    here: String,
    id: String,
    queue: String,
    org: String,
    org_link: String,
    kind: String,
    state: (&'static str, &'static str),
    bar: (u64, u64, &'static str),
    figures: String,
    trouble: Vec<String>,
    facts: Vec<(&'static str, String)>,
    counters: Vec<(String, String)>,
    workers: Vec<(String, String, u64)>,
    params: String,
    history: Vec<String>,
    errors: Vec<Failure>,
    errors_in_all: u64,
    letters: Vec<Letter>,
    letters_in_all: u64,
    course: Option<Course>,
    no_course: Option<String>,
    actions: Vec<(String, &'static str, &'static str)>,
    refused: Option<String>,
}

/// The errors of a job.
#[derive(Template)]
#[template(path = "errors.html")]
pub(crate) struct ErrorsPage {
    pub(crate) frame: Frame,
    pub(crate) id: String,
    pub(crate) here: String,
    pub(crate) range: String,
    pub(crate) failures: Vec<Failure>,
    pub(crate) previous: Option<String>,
    pub(crate) next: Option<String>,
}

/// A record that failed.
pub(crate) struct Failure {
    record: String,
    link: Option<String>,
    code: String,
    message: String,
}

impl Failure {
    pub(crate) fn new(error: RecordError, org: &str, orgs: &OrgUrls) -> Self {
        let link = orgs.record(org, &error.record_id);
        Self { record: error.record_id, link, code: error.code, message: error.message }
    }
}

/// A task that was given up.
struct Letter {
    what: String,
    reason: String,
    attempts: String,
    records: String,
    payload: String,
    at: String,
    replay: Option<String>,
}

impl JobPage {
    pub(crate) fn new(frame: Frame, queue: &str, look: &JobLook, orgs: &OrgUrls) -> Self {
        let JobLook { job, errors, letters, letters_in_all, course, not_ours } = look;
        let (here, now) = (job_address(queue, &job.id), Utc::now());
        let ask = |act: &str, letter: &str| address(&format!("{here}/ask"), &[("act", act), ("letter", letter)]);
        let retries = job.can_be_retried() && *letters_in_all > 0;
        let waits = job.state == shared::jobs::JobState::NeedsAuthorization;
        let mut actions = Vec::new();
        if job.can_be_cancelled() {
            actions.push((ask("cancel", ""), "Cancel…", "danger"));
        }
        if waits && not_ours.is_none() {
            actions.push((ask("resume", ""), "Resume…", "quiet"));
        }
        let replay = retries && not_ours.is_none();
        if replay {
            actions.push((ask("retry", ""), "Replay all dead letters…", "quiet"));
        }
        let letters = letters.iter().map(|letter| Letter::new(letter, |name| replay.then(|| ask("retry", name))));
        let course = Course::of(course);
        let took = job.started_at.zip(job.finished_at);
        let took = took.map(|(from, to)| u64::try_from((to - from).num_milliseconds()).unwrap_or(0));
        let share = |(name, records): (&String, &u64)| {
            let percent = records.saturating_mul(100) / job.per_worker.values().sum::<u64>().max(1);
            (name.clone(), grouped(*records), percent)
        };
        let params = serde_json::to_string_pretty(&job.params).unwrap_or_default();
        Self {
            frame,
            id: job.id.hyphenated(),
            queue: queue.to_owned(),
            org_link: address("/jobs", &[("queue", queue), ("org", &job.org)]),
            org: job.org.clone(),
            kind: job.kind.clone(),
            state: state(job),
            bar: bar(job),
            figures: figures(job, now),
            trouble: trouble(job, now),
            facts: facts(job),
            counters: job.counters.iter().map(|(name, count)| (name.clone(), grouped(*count))).collect(),
            workers: job.per_worker.iter().map(share).collect(),
            params,
            history: history(job),
            errors: errors.iter().map(|error| Failure::new(error.clone(), &job.org, orgs)).collect(),
            errors_in_all: job.errors,
            letters: letters.collect(),
            letters_in_all: *letters_in_all,
            no_course: without(course.as_ref(), took, job.total_chunks),
            course,
            actions,
            refused: not_ours.clone().filter(|_| retries || waits),
            here,
        }
    }

    fn errors_title(&self) -> String {
        format!("{} failed", counted(self.errors_in_all, "record"))
    }

    /// How many there are, and how many of them are here.
    fn letters_title(&self) -> String {
        let here = u64::try_from(self.letters.len()).unwrap_or(u64::MAX);
        let all = grouped(self.letters_in_all);
        if here < self.letters_in_all { format!("{} of {all}", grouped(here)) } else { all }
    }

    fn more_errors(&self) -> bool {
        self.errors_in_all > u64::try_from(self.errors.len()).unwrap_or(u64::MAX)
    }
}

impl Letter {
    fn new(letter: &DeadLetter, replay: impl FnOnce(&str) -> Option<String>) -> Self {
        let name = letter.chunk.map_or_else(|| "plan".to_owned(), |number| number.to_string());
        Self {
            what: letter.chunk.map_or_else(|| "the plan".to_owned(), |number| format!("chunk {number}")),
            reason: letter.reason.clone(),
            attempts: grouped(letter.attempts.into()),
            records: grouped(letter.records),
            payload: shortened(&letter.payload),
            at: moment(&letter.at),
            replay: replay(&name),
        }
    }
}

fn shortened(payload: &str) -> String {
    let mut text: String = payload.chars().take(MOST_PAYLOAD).collect();
    if text.len() < payload.len() {
        text.push('…');
    }
    text
}

/// Done, of how many, and the class.
fn bar(job: &JobView) -> (u64, u64, &'static str) {
    let total = if job.planned { job.planned_records } else { 0 };
    match (total, job.state.is_final()) {
        (0, true) => (1, 1, state(job).1),
        (total, _) => (job.processed.min(total), total, state(job).1),
    }
}

/// What is done, how fast, and how long it takes.
fn figures(job: &JobView, now: DateTime<Utc>) -> String {
    let more = if job.planned { "" } else { " so far" };
    let mut text = format!("{} of {}{more}", grouped(job.processed), counted(job.planned_records, "record"));
    for (count, what) in [(job.succeeded, "went well"), (job.skipped, "skipped"), (job.failed, "failed")] {
        if count > 0 {
            text.push_str(&format!(" · {} {what}", grouped(count)));
        }
    }
    if let Some(rate) = job.records_per_second {
        text.push_str(&format!(" · {rate:.1} a second"));
    }
    if let Some(ms) = left(job) {
        text.push_str(&format!(" · about {} left", lasting(ms)));
    }
    if let Some(started) = job.started_at {
        let (word, end) = job.finished_at.map_or(("runs for", now), |finished| ("took", finished));
        text.push_str(&format!(" · {word} {}", between(started, end)));
    }
    text
}

/// Ms that the rest takes at the rate of what is done; `None` where nobody can say.
fn left(job: &JobView) -> Option<u64> {
    let started = job.started_at.filter(|_| job.planned && !job.state.is_final() && job.processed > 0)?;
    let took = u64::try_from((Utc::now() - started).num_milliseconds()).ok()?;
    let rest = job.planned_records.saturating_sub(job.processed);
    (rest > 0).then(|| took.saturating_mul(rest) / job.processed)
}

/// Why it does not move.
fn trouble(job: &JobView, now: DateTime<Utc>) -> Vec<String> {
    let mut trouble = Vec::new();
    if let Some(since) = job.silent_since {
        trouble.push(format!("The org has not answered since {} UTC ({}).", moment(&since), between(since, now)));
    }
    if let Some(reason) = &job.reason {
        let since = job.paused_since.map(|since| format!("rests since {} UTC, ", moment(&since))).unwrap_or_default();
        let until = |until| format!(" ({since}until {} UTC: for {} more)", moment(&until), between(now, until));
        trouble.push(format!("{reason}{}", job.paused_until.map(until).unwrap_or_default()));
    }
    if let Some(error) = job.last_error.as_ref().filter(|error| Some(*error) != job.reason.as_ref()) {
        let tried = match job.attempts {
            Some(attempts) if attempts > 0 => format!(", tried {}", counted(attempts, "time")),
            _ => String::new(),
        };
        trouble.push(format!("{error}{tried}"));
    }
    if let Some(next) = job.next_try_at {
        trouble.push(format!("What waits is tried again in {}, at {} UTC.", between(now, next), moment(&next)));
    }
    trouble
}

fn facts(job: &JobView) -> Vec<(&'static str, String)> {
    let time = |time: Option<DateTime<Utc>>| time.map_or_else(|| "–".to_owned(), |time| moment(&time));
    vec![
        ("Created", moment(&job.created_at)),
        ("Started", time(job.started_at)),
        ("Ended", time(job.finished_at)),
        ("Run", job.run.to_string()),
        ("Made by", job.created_by.clone().unwrap_or_else(|| "–".to_owned())),
        ("Request", job.request_id.clone()),
        (
            "Chunks",
            format!(
                "{} planned, {} running, {} done, {} dead, {} dropped",
                grouped(job.total_chunks),
                grouped(job.running_chunks),
                grouped(job.done_chunks),
                grouped(job.dead_chunks),
                grouped(job.dropped_chunks)
            ),
        ),
    ]
}

fn history(job: &JobView) -> Vec<String> {
    let words = |act: &shared::jobs::JobAct| format!("{} {} {}", moment(&act.at), act.actor, act.act.words());
    job.history.iter().rev().map(words).collect()
}
