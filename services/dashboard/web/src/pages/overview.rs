//! All queues at a glance.

use super::plot::Plot;
use super::text::{address, between, job_address, moment, state_name};
use askama::Template;
use chrono::{DateTime, Utc};
use shared::jobs::operator::{Operation, OrgStanding, Overview};
use web::pages::{counted, grouped};
use web::site::Frame;

/// Orgs of a queue that are shown.
const MOST_ORGS: usize = 25;

/// All queues at a glance.
#[derive(Template)]
#[template(path = "overview.html")]
pub(crate) struct OverviewPage {
    pub(crate) frame: Frame,
    pub(crate) queues: Vec<QueueCard>,
}

/// The jobs of one service.
pub(crate) struct QueueCard {
    name: String,
    link: String,
    pill: (String, &'static str),
    figures: Vec<Figure>,
    plot: Plot,
    alerts: Vec<String>,
    oldest: Option<(String, String, String)>,
    orgs: Vec<OrgRow>,
    more_orgs: usize,
    operations: Vec<String>,
}

/// A number with a name, which leads to the jobs behind it where there are some.
struct Figure {
    name: String,
    value: String,
    link: Option<String>,
    tone: &'static str,
}

/// An org, and what can be done about it.
struct OrgRow {
    org: String,
    link: String,
    jobs: String,
    running: String,
    waiting: String,
    notes: Vec<(String, &'static str)>,
    acts: Vec<(String, &'static str)>,
}

impl QueueCard {
    pub(crate) fn new(name: &str, overview: &Overview, operations: &[Operation]) -> Self {
        let jobs = |which: &str| address("/jobs", &[("queue", name), ("which", which)]);
        let count = |name: &str, value: u64, which: Option<&str>, tone: &'static str| Figure {
            name: name.to_owned(),
            value: grouped(value),
            link: which.filter(|_| value > 0).map(jobs),
            tone: if value > 0 { tone } else { "" },
        };
        let mut figures = vec![count("open jobs", overview.open_jobs, Some("open"), "")];
        for (state, number) in &overview.states {
            let tone = if *state == "needsAuthorization" { "bad" } else { "" };
            figures.push(count(state_name(state), *number, Some(state), tone));
        }
        figures.extend([
            count("tasks ready", overview.tasks.ready, None, ""),
            count("delayed", overview.tasks.delayed, None, ""),
            count("with a worker", overview.tasks.leased, None, ""),
            count("dead letters", overview.dead_letters, Some("dead"), "bad"),
            count("workers", u64::try_from(overview.workers.len()).unwrap_or(u64::MAX), None, ""),
        ]);
        let oldest = overview.oldest.as_ref().map(|oldest| {
            let waits = between(oldest.since, overview.at);
            (job_address(name, &oldest.job), oldest.org.clone(), waits)
        });
        let orgs = overview.orgs.iter().take(MOST_ORGS).map(|org| OrgRow::new(name, org, overview.at));
        let operation = |operation: &Operation| format!("{} {}", moment(&operation.at), operation.sentence());
        Self {
            name: name.to_owned(),
            link: jobs("open"),
            pill: pill(overview),
            figures,
            plot: Plot::of(&overview.history),
            alerts: alerts(overview),
            oldest,
            orgs: orgs.collect(),
            more_orgs: overview.orgs.len().saturating_sub(MOST_ORGS),
            operations: operations.iter().take(5).map(operation).collect(),
        }
    }
}

/// How the queue does, in a word.
fn pill(overview: &Overview) -> (String, &'static str) {
    let waits = overview.tasks.ready + overview.tasks.leased > 0;
    match (overview.workers.len(), waits) {
        (0, true) => ("No worker".to_owned(), "bad"),
        (0, false) => ("Idle, no worker".to_owned(), "quiet"),
        (_, false) => ("Idle".to_owned(), "quiet"),
        (_, true) => (format!("{} running", grouped(overview.tasks.leased)), "busy"),
    }
}

fn alerts(overview: &Overview) -> Vec<String> {
    let mut alerts = Vec::new();
    if overview.workers.is_empty() && overview.tasks.ready > 0 {
        let last = match overview.workers_silent_ms {
            // A worker of the version before gives this sign alone.
            Some(ms) => format!("; any sign of one is {} old", super::text::lasting(ms)),
            None => String::new(),
        };
        alerts.push(format!("Work waits, and no worker tells of itself{last}. On Heroku: heroku ps:scale worker=1"));
    }
    if overview.looked_at < overview.open_jobs {
        let looked = grouped(overview.looked_at);
        alerts.push(format!("Of the open jobs {looked} were looked at: the figures below are of these."));
    }
    alerts
}

impl OrgRow {
    fn new(queue: &str, org: &OrgStanding, now: DateTime<Utc>) -> Self {
        let mut notes = Vec::new();
        if let Some(pause) = &org.paused {
            let (left, until) = (between(now, pause.until), moment(&pause.until));
            let since = pause.since.map(|since| format!(" since {}", moment(&since))).unwrap_or_default();
            notes.push((format!("rests{since} until {until}, for {left} more: {}", pause.reason), "warn"));
        }
        if let Some(silence) = &org.silent {
            let times = counted(silence.times, "time");
            let since = moment(&silence.since);
            notes.push((
                format!("has not answered since {since}, for {}, tried {times}", between(silence.since, now)),
                "bad",
            ));
        }
        if org.at_limit {
            notes.push((format!("at its limit of {} (ORG_CONCURRENCY)", org.limit), "busy"));
        }
        let act = |what| address("/orgs/ask", &[("queue", queue), ("org", &org.org), ("act", what)]);
        Self {
            org: org.org.clone(),
            link: address("/jobs", &[("queue", queue), ("org", &org.org)]),
            jobs: grouped(org.open_jobs),
            running: grouped(org.tasks.leased),
            waiting: grouped(org.tasks.ready + org.tasks.delayed),
            notes,
            acts: if org.paused.is_some() {
                vec![(act("resume"), "Resume…"), (act("pause"), "Pause…")]
            } else {
                vec![(act("pause"), "Pause…")]
            },
        }
    }
}
