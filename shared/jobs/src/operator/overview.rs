//! All that an operator looks at first.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::advice::Advice;
use super::handle::Operator;
use super::history::{Minute, Totals};
use super::orgs::{OrgPause, OrgSilence, OrgStanding, Tasks};
use super::workers::WorkerView;
use crate::connection::Repeat;
use crate::error::JobsError;
use crate::params;
use crate::scripts::SCRIPTS;
use crate::types::{JobId, JobState};
use crate::view::millis;

/// Open jobs that are looked at; of more, this many by chance.
const MOST_OPEN: u64 = 1_000;
/// Minutes of history.
const MINUTES: u64 = 60;
/// Workers that are shown, those heard of last.
const MOST_WORKERS: u64 = 200;

/// The jobs of a service at one moment.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Overview {
    /// When, by Redis's clock.
    pub at: DateTime<Utc>,
    /// Jobs that have not ended.
    pub open_jobs: u64,
    /// Of them, those that were looked at: what follows speaks of these. Fewer than all where there are more than 1,000.
    pub looked_at: u64,
    /// Jobs that are kept, the ended ones among them.
    pub kept_jobs: u64,
    /// Open jobs by state; states that none is in are left out.
    pub states: BTreeMap<&'static str, u64>,
    /// Tasks by where they are.
    pub tasks: Tasks,
    /// Ended jobs with dead letters, and open ones that have some already.
    pub jobs_with_dead_letters: u64,
    /// Dead letters of the newest hundred of these.
    pub dead_letters: u64,
    /// The job with something to start that has waited for its turn for the longest.
    pub oldest: Option<Oldest>,
    /// Orgs with open jobs, and those that an operator has paused; the busiest first.
    pub orgs: Vec<OrgStanding>,
    /// Workers that live, by name.
    pub workers: Vec<WorkerView>,
    /// How long ago any worker was heard of, in ms; also one of a version that tells nothing else.
    pub workers_silent_ms: Option<u64>,
    /// How many workers are of use.
    pub advice: Option<Advice>,
    /// The last hour, the present minute at the end.
    pub history: Vec<Minute>,
    /// What happened since ever.
    pub totals: Totals,
}

/// A job that waits for its turn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Oldest {
    /// The job.
    pub job: JobId,
    /// Its org.
    pub org: String,
    /// Its kind.
    pub kind: String,
    /// Since when it waits.
    pub since: DateTime<Utc>,
}

type RawOrg = (String, u64, String, u64, u64, u64, String, u64, u64, u64, u64, u64);
type RawWorker = (String, u64, String);

/// What the script answers: see there.
type Raw = (
    u64,
    u64,
    u64,
    Vec<String>,
    Vec<RawOrg>,
    Vec<String>,
    u64,
    u64,
    Vec<RawWorker>,
    Vec<Vec<String>>,
    u64,
    (i64, Vec<String>),
);

impl Operator {
    /// Everything at a glance. One script, whose cost follows the open jobs (at most 1,000 are looked at) and not all jobs: with
    /// 10,000 jobs, a hundred of them open, less than a millisecond of Redis's time.
    ///
    /// # Errors
    /// When Redis cannot be asked.
    pub async fn overview(&self) -> Result<Overview, JobsError> {
        let mut script = self.jobs.script(&SCRIPTS.overview);
        let lease = self.jobs.config().lease;
        script.arg(MOST_OPEN).arg(MINUTES).arg(millis(lease)).arg(MOST_WORKERS);
        let raw: Raw = self.jobs.connection().invoke(&script, Repeat::Safe).await?;
        read(raw, self.jobs.config().org_limit).ok_or_else(|| JobsError::Corrupt("an overview".to_owned()))
    }
}

/// `None` for what no script answers.
fn read(raw: Raw, org_limit: u32) -> Option<Overview> {
    let (
        now_ms,
        open_jobs,
        looked_at,
        counts,
        raw_orgs,
        first,
        with_letters,
        dead_letters,
        beats,
        minutes,
        kept,
        (silence, totals),
    ) = raw;
    let at = time(now_ms)?;
    let mut workers: Vec<WorkerView> =
        beats.iter().filter_map(|(id, seen, json)| WorkerView::read(id, time(*seen)?, at, json)).collect();
    workers.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
    // The workers' own limit is what counts; this process may have been given another one.
    let limit = workers.iter().map(|worker| worker.org_limit).max().unwrap_or(org_limit);
    let mut states = BTreeMap::new();
    for (state, count) in pairs(&counts) {
        states.insert(JobState::from_redis(state)?.name(), count.parse().ok()?);
    }
    let standing = |org| standing(org, now_ms, limit);
    let mut orgs = raw_orgs.into_iter().map(standing).collect::<Option<Vec<_>>>()?;
    orgs.sort_by(|a, b| (b.tasks.leased + b.tasks.ready, &a.org).cmp(&(a.tasks.leased + a.tasks.ready, &b.org)));
    let mut tasks = Tasks::default();
    for org in &orgs {
        tasks.ready += org.tasks.ready;
        tasks.delayed += org.tasks.delayed;
        tasks.leased += org.tasks.leased;
    }
    let oldest = match first.as_slice() {
        [job, org, kind, since] => Some(Oldest {
            job: job.parse().ok()?,
            org: org.clone(),
            kind: params::parse(kind).0.to_owned(),
            since: time(since.parse().ok()?)?,
        }),
        _ => None,
    };
    Some(Overview {
        at,
        open_jobs,
        looked_at,
        kept_jobs: kept,
        states,
        tasks,
        jobs_with_dead_letters: with_letters,
        dead_letters,
        oldest,
        advice: Advice::of(&orgs, &workers),
        orgs,
        workers,
        workers_silent_ms: u64::try_from(silence).ok(),
        history: minutes.iter().map(|row| Minute::read(row)).collect::<Option<_>>()?,
        totals: Totals::read(&totals)?,
    })
}

fn standing(raw: RawOrg, now_ms: u64, limit: u32) -> Option<OrgStanding> {
    let (org, pause_ms, reason, paused_since, since, times, why, open_jobs, ready, delayed, leased, calls) = raw;
    let paused = match pause_ms {
        0 => None,
        ms => Some(OrgPause {
            since: time(paused_since).filter(|_| paused_since > 0),
            until: time(now_ms.checked_add(ms)?)?,
            reason,
        }),
    };
    let silent = if since > 0 { Some(OrgSilence { since: time(since)?, times, reason: why }) } else { None };
    let at_limit = calls >= limit.into() && ready > 0;
    let tasks = Tasks { ready, delayed, leased };
    Some(OrgStanding { org, open_jobs, tasks, limit, at_limit, paused, silent })
}

/// Names and values that follow each other.
fn pairs(flat: &[String]) -> impl Iterator<Item = (&String, &String)> {
    flat.chunks_exact(2).filter_map(|pair| Some((pair.first()?, pair.get(1)?)))
}

impl Overview {
    /// Whether any worker was heard of within half a `lease`, one of a version that has no record too.
    #[must_use]
    pub fn has_worker(&self, lease: Duration) -> bool {
        !self.workers.is_empty() || self.workers_silent_ms.is_some_and(|ms| u128::from(ms) <= lease.as_millis() / 2)
    }
}

fn time(ms: u64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp_millis(i64::try_from(ms).ok()?)
}

#[cfg(test)]
mod tests;
