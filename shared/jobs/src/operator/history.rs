//! The last hour, minute by minute, and what operators did.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::handle::Operator;
use crate::error::JobsError;
use crate::types::JobId;

/// What happened in one minute, over all jobs of the service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Minute {
    /// When it began.
    pub at: DateTime<Utc>,
    /// Records dealt with.
    pub processed: u64,
    /// Records that failed, those of chunks that were given up among them.
    pub failed: u64,
    /// Chunks that ran to their end.
    pub chunks: u64,
    /// Tasks that failed and are tried again.
    pub retried: u64,
    /// Tasks that were given up.
    pub dead: u64,
    /// Tasks whose worker was lost.
    pub lost: u64,
    /// Jobs that were created.
    pub jobs_created: u64,
    /// Jobs that ended as completed.
    pub jobs_completed: u64,
    /// Jobs that ended as cancelled.
    pub jobs_cancelled: u64,
    /// Jobs that ended as failed.
    pub jobs_failed: u64,
}

impl Minute {
    /// Reads a minute of the overview script: its number since 1970, then names and counts.
    pub(super) fn read(row: &[String]) -> Option<Self> {
        let (number, counts) = row.split_first()?;
        let at = DateTime::from_timestamp(number.parse::<i64>().ok()?.checked_mul(60)?, 0)?;
        let Totals {
            processed,
            failed,
            chunks,
            retried,
            dead,
            lost,
            jobs_created,
            jobs_completed,
            jobs_cancelled,
            jobs_failed,
        } = Totals::read(counts)?;
        Some(Self {
            at,
            processed,
            failed,
            chunks,
            retried,
            dead,
            lost,
            jobs_created,
            jobs_completed,
            jobs_cancelled,
            jobs_failed,
        })
    }
}

/// What happened since ever, over all jobs of the service: each count only grows, as long as Redis keeps it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the fields are those of `Minute`")]
pub struct Totals {
    pub processed: u64,
    pub failed: u64,
    pub chunks: u64,
    pub retried: u64,
    pub dead: u64,
    pub lost: u64,
    pub jobs_created: u64,
    pub jobs_completed: u64,
    pub jobs_cancelled: u64,
    pub jobs_failed: u64,
}

impl Totals {
    /// Reads names and counts. A name of a later version is left out.
    pub(super) fn read(counts: &[String]) -> Option<Self> {
        let mut totals = Self::default();
        for pair in counts.chunks_exact(2) {
            let [name, count] = pair else { return None };
            let count = count.parse().ok()?;
            match name.as_str() {
                "processed" => totals.processed = count,
                "failed" => totals.failed = count,
                "chunks" => totals.chunks = count,
                "retried" => totals.retried = count,
                "dead" => totals.dead = count,
                "lost" => totals.lost = count,
                "jobs_created" => totals.jobs_created = count,
                "jobs_completed" => totals.jobs_completed = count,
                "jobs_cancelled" => totals.jobs_cancelled = count,
                "jobs_failed" => totals.jobs_failed = count,
                _ => {}
            }
        }
        Some(totals)
    }
}

/// Something that an operator did to an org, or wanted and did not do to an org or a job. What was done to a job stands in its
/// own [history](crate::JobView::history).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Operation {
    /// When.
    pub at: DateTime<Utc>,
    /// What.
    pub act: OperationKind,
    /// Org that it was about, by its id.
    pub org: String,
    /// Job that it was about.
    pub job: Option<JobId>,
    /// Who.
    pub actor: String,
    /// Why, as they said; may be empty.
    pub reason: String,
    /// Why it was not done; absent when it was.
    pub refused: Option<String>,
}

/// What an [`Operation`] was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum OperationKind {
    /// Let an org's tasks rest.
    Paused,
    /// Ended the rest, or let a job go on.
    Resumed,
    /// Cancelled a job.
    Cancelled,
    /// Put dead letters of a job back.
    Retried,
}

impl OperationKind {
    /// As it stands in Redis.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Paused => "paused",
            Self::Resumed => "resumed",
            Self::Cancelled => "cancelled",
            Self::Retried => "retried",
        }
    }

    /// What somebody wants who does it.
    fn wish(self) -> &'static str {
        match self {
            Self::Paused => "pause",
            Self::Resumed => "resume",
            Self::Cancelled => "cancel",
            Self::Retried => "retry",
        }
    }
}

impl Operation {
    /// Who did what, or wanted to, and why, in a sentence without an end.
    #[must_use]
    pub fn sentence(&self) -> String {
        let what = match &self.job {
            Some(job) => format!("job {} of {}", job.hyphenated(), self.org),
            None => self.org.clone(),
        };
        match &self.refused {
            Some(why) => format!("{} wanted to {} {what}; nothing was done: {why}", self.actor, self.act.wish()),
            None if self.reason.is_empty() => format!("{} {} {what}", self.actor, self.act.name()),
            None => format!("{} {} {what} ({})", self.actor, self.act.name(), self.reason),
        }
    }
}

/// An entry of either list.
#[derive(Deserialize)]
struct Stored {
    act: OperationKind,
    org: String,
    #[serde(default)]
    job: String,
    actor: String,
    #[serde(default)]
    reason: String,
    why: Option<String>,
    at: i64,
}

impl Operator {
    /// What operators did to orgs lately, and what they wanted to do to orgs and jobs and was not done, the newest first, at
    /// most a hundred of each.
    ///
    /// # Errors
    /// When Redis cannot be asked.
    pub async fn operations(&self) -> Result<Vec<Operation>, JobsError> {
        let mut operations = Vec::new();
        for list in ["operations", "refused"] {
            let list = redis::cmd("LRANGE").arg(format!("{}{list}", self.prefix())).arg(0).arg(-1).to_owned();
            let stored: Vec<String> = self.ask(&list).await?;
            let read = |json: &String| {
                let Stored { act, org, job, actor, reason, why: refused, at } = serde_json::from_str(json).ok()?;
                let at = DateTime::from_timestamp_millis(at)?;
                Some(Operation { at, act, org, job: job.parse().ok(), actor, reason, refused })
            };
            let read = stored.iter().rev().map(read).collect::<Option<Vec<_>>>();
            operations.extend(read.ok_or_else(|| JobsError::Corrupt("what operators did".to_owned()))?);
        }
        // Of the same moment what was done comes before what was refused because of it; the newest stands first.
        operations.sort_by_key(|operation| (std::cmp::Reverse(operation.at), operation.refused.is_none()));
        Ok(operations)
    }
}
