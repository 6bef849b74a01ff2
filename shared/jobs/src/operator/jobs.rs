//! Jobs of all orgs.

use std::str::FromStr;

use chrono::{DateTime, Utc};
use redis::FromRedisValue;
use serde::Serialize;

use super::handle::Operator;
use crate::connection::Repeat;
use crate::error::JobsError;
use crate::params;
use crate::scripts::SCRIPTS;
use crate::store::is_org;
use crate::types::{DeadLetter, ErrorPage, JobEvent, JobId, JobState, JobView};
use crate::view::{Trouble, trouble};

/// Jobs that one call looks at, about half a millisecond of Redis's time.
const SCAN: usize = 300;
/// Calls for one page of whole jobs: a filter that few jobs pass ends with a short page, and goes on with the next one.
const STEPS: usize = 5;

/// Which jobs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WhichJobs {
    /// All.
    #[default]
    All,
    /// That have not ended.
    Open,
    /// That have ended.
    Ended,
    /// With dead letters.
    WithDeadLetters,
    /// In this state.
    In(JobState),
}

impl WhichJobs {
    /// All there are, by name, for a form.
    pub const NAMES: [&'static str; 12] = [
        "all",
        "open",
        "ended",
        "dead",
        "queued",
        "running",
        "needsAuthorization",
        "cancelling",
        "finishing",
        "completed",
        "cancelled",
        "failed",
    ];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Open => "open",
            Self::Ended => "ended",
            Self::WithDeadLetters => "dead",
            Self::In(state) => state.name(),
        }
    }
}

impl FromStr for WhichJobs {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Ok(match text {
            "" | "all" => Self::All,
            "open" => Self::Open,
            "ended" => Self::Ended,
            "dead" => Self::WithDeadLetters,
            name => Self::In(
                JobState::from_name(name).ok_or_else(|| format!("expected one of {}", Self::NAMES.join(", ")))?,
            ),
        })
    }
}

/// What to look for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobFilter {
    /// Which jobs.
    pub which: WhichJobs,
    /// Of this org alone.
    pub org: Option<String>,
    /// Of this kind alone, in all its versions; as `name@version`, of this version alone.
    pub kind: Option<String>,
    /// Created then or later.
    pub from: Option<DateTime<Utc>>,
    /// Created before then.
    pub to: Option<DateTime<Utc>>,
}

/// A page of jobs, the newest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct JobPage {
    /// The jobs.
    pub jobs: Vec<JobView>,
    /// Where the next page begins, when there may be one: give it back as `after`.
    pub next: Option<JobId>,
}

/// A job as a table shows it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct JobRow {
    /// Its id.
    pub id: JobId,
    /// Its org.
    pub org: String,
    /// Name of its kind.
    pub kind: String,
    /// Where it stands.
    pub state: JobState,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// Records dealt with.
    pub processed: u64,
    /// Records planned so far.
    pub planned_records: u64,
    /// Records that failed.
    pub failed: u64,
    /// Chunks given up.
    pub dead_chunks: u64,
    /// See [`JobView::reason`].
    pub reason: Option<String>,
    /// See [`JobView::last_error`].
    pub last_error: Option<String>,
    /// See [`JobView::attempts`].
    pub attempts: Option<u64>,
    /// See [`JobView::next_try_at`].
    pub next_try_at: Option<DateTime<Utc>>,
    /// See [`JobView::paused_until`].
    pub paused_until: Option<DateTime<Utc>>,
}

/// A page of a table of jobs, the newest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RowPage {
    /// The jobs.
    pub rows: Vec<JobRow>,
    /// Where the next page begins, when there may be one: give it back as `after`.
    pub next: Option<JobId>,
}

impl JobRow {
    /// See [`JobView::trouble`].
    #[must_use]
    pub fn trouble(&self) -> Option<String> {
        trouble(self.last_error.as_deref(), self.attempts, self.next_try_at)
    }

    /// Reads what the script answers; `None` for what no script does.
    fn read(raw: &[String]) -> Option<Self> {
        let [id, org, state, kind, created, processed, planned, failed, dead, reason, why, due, rests] = raw else {
            return None;
        };
        let text = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        let last = match why.as_str() {
            "" => None,
            json => Some(serde_json::from_str::<Trouble>(json).ok()?),
        };
        let time = |ms: &str| DateTime::from_timestamp_millis(ms.parse().ok()?);
        let later = |ms: &str| if ms == "0" { Some(None) } else { time(ms).map(Some) };
        Some(Self {
            id: id.parse().ok()?,
            org: org.clone(),
            kind: params::parse(kind).0.to_owned(),
            state: JobState::from_redis(state)?,
            created_at: time(created)?,
            processed: processed.parse().ok()?,
            planned_records: planned.parse().ok()?,
            failed: failed.parse().ok()?,
            dead_chunks: dead.parse().ok()?,
            reason: text(reason),
            attempts: last.as_ref().map(|last| last.attempts),
            last_error: last.map(|last| last.error),
            next_try_at: later(due)?,
            paused_until: later(rests)?,
        })
    }
}

impl Operator {
    /// Jobs that pass the filter, newest first, at most `limit`, those that stand behind `after` if it is given. It looks at a
    /// bounded number of jobs, so a page may be short, and there may be more all the same.
    ///
    /// # Errors
    /// [`JobsError::Invalid`] for an org or a kind that cannot be one; otherwise when Redis cannot be asked.
    pub async fn jobs(&self, filter: &JobFilter, limit: usize, after: Option<JobId>) -> Result<JobPage, JobsError> {
        let mut after = after;
        let mut found: Vec<String> = Vec::new();
        for _ in 0..STEPS {
            let (ids, next): (Vec<String>, String) = self.sift(filter, limit - found.len(), after, "ids").await?;
            found.extend(ids);
            after = next.parse().ok();
            if found.len() >= limit || after.is_none() {
                break;
            }
        }
        Ok(JobPage { jobs: self.jobs.views_of("", &found).await?, next: after })
    }

    /// The same with what a table shows of each job, which costs Redis a third, and at most half a millisecond however few jobs
    /// pass the filter: for pages that are looked at again and again.
    ///
    /// # Errors
    /// As there.
    pub async fn rows(&self, filter: &JobFilter, limit: usize, after: Option<JobId>) -> Result<RowPage, JobsError> {
        let (raw, next): (Vec<Vec<String>>, String) = self.sift(filter, limit, after, "rows").await?;
        let rows = raw.iter().map(|row| JobRow::read(row)).collect::<Option<_>>();
        let rows = rows.ok_or_else(|| JobsError::Corrupt("a table of jobs".to_owned()))?;
        Ok(RowPage { rows, next: next.parse().ok() })
    }

    /// One look for jobs.
    async fn sift<T: FromRedisValue>(
        &self,
        filter: &JobFilter,
        limit: usize,
        after: Option<JobId>,
        what: &str,
    ) -> Result<T, JobsError> {
        let org = filter.org.as_deref().unwrap_or_default();
        if !org.is_empty() && !is_org(org) {
            return Err(JobsError::Invalid("the org must be 1 to 64 letters, digits, '.', '_' or '-'".to_owned()));
        }
        let (index, state) = match filter.which {
            WhichJobs::All => ("all", ""),
            WhichJobs::Open => ("open", ""),
            WhichJobs::Ended => ("all", "ended"),
            WhichJobs::WithDeadLetters => ("buried", ""),
            WhichJobs::In(state @ (JobState::Failed | JobState::Cancelled)) => (state.in_redis(), state.in_redis()),
            WhichJobs::In(state) if state.is_final() => ("all", state.in_redis()),
            WhichJobs::In(state) => ("open", state.in_redis()),
        };
        let millis = |time: Option<DateTime<Utc>>, default| time.map_or(default, |time| time.timestamp_millis());
        let (from, to) = (millis(filter.from, 0), millis(filter.to, i64::MAX >> 11));
        let mut script = self.jobs.script(&SCRIPTS.sift);
        script.arg(index).arg(org).arg(after.map(|id| id.to_string()).unwrap_or_default()).arg(SCAN).arg(limit);
        script.arg(state).arg(filter.kind.as_deref().unwrap_or_default()).arg(from).arg(to).arg(what);
        self.jobs.connection().invoke(&script, Repeat::Safe).await
    }

    /// A job, whichever org's it is; `None` when there is no such job.
    ///
    /// # Errors
    /// When Redis cannot be asked.
    pub async fn job(&self, id: &JobId) -> Result<Option<JobView>, JobsError> {
        Ok(self.jobs.views_of("", &[id.to_string()]).await?.pop())
    }

    /// Record errors of a job, as [`Jobs::errors`](crate::Jobs::errors) tells them.
    ///
    /// # Errors
    /// When Redis cannot be asked.
    pub async fn errors(&self, id: &JobId, offset: u64, limit: u64) -> Result<Option<ErrorPage>, JobsError> {
        let Some(job) = self.job(id).await? else { return Ok(None) };
        self.jobs.errors(&job.org, id, offset, limit).await
    }

    /// Dead letters of a job, as [`Jobs::dead_letters`](crate::Jobs::dead_letters) tells them.
    ///
    /// # Errors
    /// When Redis cannot be asked.
    pub async fn dead_letters(&self, id: &JobId) -> Result<Option<Vec<DeadLetter>>, JobsError> {
        let Some(job) = self.job(id).await? else { return Ok(None) };
        self.jobs.dead_letters(&job.org, id).await
    }

    /// What happened to a job after an event, as [`Jobs::events`](crate::Jobs::events) tells it.
    ///
    /// # Errors
    /// As there.
    pub async fn events(&self, id: &JobId, after: &str, limit: usize) -> Result<Option<Vec<JobEvent>>, JobsError> {
        let Some(job) = self.job(id).await? else { return Ok(None) };
        self.jobs.events(&job.org, id, after, limit).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_is_read_and_others_are_refused() {
        for name in WhichJobs::NAMES {
            assert_eq!(name.parse::<WhichJobs>().unwrap().name(), name);
        }
        assert_eq!("".parse(), Ok(WhichJobs::All));
        assert!("runing".parse::<WhichJobs>().unwrap_err().contains("needsAuthorization"));
    }
}
