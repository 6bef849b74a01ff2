//! Jobs as callers see them.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

pub use super::state::JobState;

/// Identifies a job: a UUID v7. Later jobs sort after earlier ones.
///
/// It is written in two forms, both in lower case:
///
/// | form | where |
/// |---|---|
/// | 32 hexadecimal digits ([`Display`](fmt::Display)) | inside: names of keys in Redis, proofs, leases, logs, what is made of it for a key of a record |
/// | 8-4-4-4-12 with hyphens ([`hyphenated`](Self::hyphenated), [`Serialize`]) | for others, as a UUID is written (RFC 9562): answers of an API, callbacks, events |
///
/// Whoever gives an id may write either, in either case ([`FromStr`], [`Deserialize`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobId(Uuid);

impl JobId {
    /// A new id from this process's clock and randomness.
    pub(super) fn generate() -> Self {
        Self(Uuid::now_v7())
    }

    /// The id as a number: its hexadecimal digits are the text.
    #[must_use]
    pub fn as_u128(&self) -> u128 {
        self.0.as_u128()
    }

    /// The id as others see it: 36 characters, with hyphens.
    #[must_use]
    pub fn hyphenated(&self) -> String {
        self.0.as_hyphenated().to_string()
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_simple().fmt(f)
    }
}

/// The text is not a UUID in one of the two forms of a [`JobId`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a job id is a UUID: 32 hexadecimal digits, with or without hyphens")]
pub struct InvalidJobId;

impl FromStr for JobId {
    type Err = InvalidJobId;

    fn from_str(text: &str) -> Result<Self, InvalidJobId> {
        // `Uuid` would also take braces and `urn:uuid:`.
        if !matches!(text.len(), 32 | 36) {
            return Err(InvalidJobId);
        }
        Uuid::try_parse(text).map(Self).map_err(|_| InvalidJobId)
    }
}

impl Serialize for JobId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self.0.as_hyphenated())
    }
}

impl<'de> Deserialize<'de> for JobId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A job to be created. [`NewJob::of`] takes kind, version and parameters from one value.
#[derive(Clone, Debug)]
pub struct NewJob {
    /// Name of the [`JobKind`](super::JobKind) that runs it.
    pub kind: &'static str,
    /// Version of the form of its parameters, from 1; see [`JobParams::VERSION`](super::JobParams::VERSION).
    pub version: u32,
    /// Owner. Only this org sees the job, and the limit on running tasks is per org. Letters, digits, `.`, `_`, `-`.
    pub org: String,
    /// Who makes it: a user's id, or a role such as [`OPERATOR`](super::OPERATOR). Letters, digits, `.`, `_`, `-`.
    pub user: String,
    /// What the kind needs to know. Must not hold a secret.
    pub params: Value,
    /// Credential of the job, sealed before it leaves this process.
    pub session: Option<SecretString>,
    /// The same key of the same user for the same kind leads to the same job for 24 h; with other parameters it is
    /// refused, unless they are of another version, which cannot be compared. At most 255 bytes.
    pub idempotency_key: Option<String>,
    /// Request that asked for the job; stands in the logs of everything done for it.
    pub request_id: String,
}

/// Answer to a creation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Created {
    /// The job.
    pub id: JobId,
    /// True when the idempotency key was used before; nothing new was created.
    pub existing: bool,
}

/// A job at one moment.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct JobView {
    /// The job.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = "uuid"))]
    pub id: JobId,
    /// Name of its kind.
    pub kind: String,
    /// Its owner.
    pub org: String,
    /// Where it stands.
    pub state: JobState,
    /// As given at creation. An ended job that cannot be retried keeps those of up to 4 KiB; `omittedBytes` tells the
    /// length of longer ones.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub params: Value,
    /// What the state will be: known once the last step is due. It tells the last step how the job ends.
    #[serde(skip)]
    pub outcome: Option<JobState>,
    /// True when no more chunks will come.
    pub planned: bool,
    /// Chunks planned so far.
    pub total_chunks: u64,
    /// Chunks that ran to their end.
    pub done_chunks: u64,
    /// Chunks given up; the dead letters tell why.
    pub dead_chunks: u64,
    /// Chunks that will not run because the job was cancelled.
    pub dropped_chunks: u64,
    /// Chunks with a worker now.
    pub running_chunks: u64,
    /// Records in all chunks planned so far.
    pub planned_records: u64,
    /// Records dealt with; the sum of the next three.
    pub processed: u64,
    /// Records that went well.
    pub succeeded: u64,
    /// Records that needed nothing.
    pub skipped: u64,
    /// Records with an error, and all records of dead chunks.
    pub failed: u64,
    /// Records processed per second, on the average since the job started; absent before that.
    pub records_per_second: Option<f64>,
    /// Record errors reported.
    pub errors: u64,
    /// What the kind counts, by name.
    pub counters: BTreeMap<String, u64>,
    /// Records processed, by worker name.
    pub per_worker: BTreeMap<String, u64>,
    /// Since when the org's tasks rest; absent when they do not, or when a process of the version before let them.
    pub paused_since: Option<DateTime<Utc>>,
    /// Until when the org's tasks rest, after the org asked for a pause or did not answer, or an operator paused it.
    pub paused_until: Option<DateTime<Utc>>,
    /// Since when the org does not answer; it is tried again at `nextTryAt`.
    pub silent_since: Option<DateTime<Utc>>,
    /// Why the job is held, paused, cancelled or failed, in words.
    pub reason: Option<String>,
    /// Why the job does not move, or not as fast as it could: what a task of it, or its org, said last, after which it is
    /// tried again. Absent once that has succeeded, and when the job has ended.
    pub last_error: Option<String>,
    /// How often that which `lastError` tells of was tried in vain; 0 when it only waits.
    pub attempts: Option<u64>,
    /// When the next of the tasks that wait is tried again.
    pub next_try_at: Option<DateTime<Utc>>,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// When the first worker took something of it.
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub finished_at: Option<DateTime<Utc>>,
    /// 1, and one more with each retry.
    pub run: u32,
    /// Request that asked for the job.
    pub request_id: String,
    /// Who made it: the id of a user of the org, or a role such as `operator`; absent when it was made by a version that
    /// did not record it.
    pub created_by: Option<String>,
    /// What was done to it since then, and by whom; the last hundred acts.
    pub history: Vec<JobAct>,
}

/// Something that somebody did to a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct JobAct {
    /// When.
    pub at: DateTime<Utc>,
    /// What.
    pub act: JobActKind,
    /// Who: the id of a user of the org, or a role such as `operator`. (`by` is a reserved word of Apex, which gets this as a
    /// class.)
    pub actor: String,
}

/// What a [`JobAct`] was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub enum JobActKind {
    /// Cancelled it.
    Cancelled,
    /// Let it go on, in their own name where jobs run in the name of users.
    Resumed,
    /// Put its dead letters back, in their own name where jobs run in the name of users.
    Retried,
}

/// Why a record could not be dealt with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct RecordError {
    /// The record.
    pub record_id: String,
    /// Stable code, such as a Salesforce `errorCode`.
    pub code: String,
    /// For people.
    pub message: String,
}

/// Part of a job's record errors, in the order they were reported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ErrorPage {
    /// Errors reported.
    pub total: u64,
    /// Errors kept; of very many only the first.
    pub stored: u64,
    /// The errors asked for.
    pub errors: Vec<RecordError>,
}

/// A task given up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct DeadLetter {
    /// Number of the chunk; `None` is the planning of the job.
    pub chunk: Option<u64>,
    /// Why it was given up.
    pub reason: String,
    /// Runs that failed.
    pub attempts: u32,
    /// Records in the chunk.
    pub records: u64,
    /// What the kind planned for the chunk.
    pub payload: String,
    /// When it was given up.
    pub at: DateTime<Utc>,
}

/// Something that happened to a job, with its counts right after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct JobEvent {
    /// Id in the job's stream; later events sort after earlier ones. Give the last one seen to
    /// [`Jobs::events`](super::Jobs::events) for what came after it.
    pub id: String,
    /// What happened.
    pub kind: EventKind,
    /// When.
    pub at: DateTime<Utc>,
    /// The counts after it.
    pub job: JobProgress,
}

/// What a [`JobEvent`] reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub enum EventKind {
    /// The job was created.
    Queued,
    /// A worker took the first task.
    Started,
    /// A page was planned, or a chunk ended.
    Progress,
    /// The job waits for a valid session.
    NeedsAuthorization,
    /// It got one.
    Resumed,
    /// Cancellation was asked for.
    Cancelling,
    /// All chunks have ended.
    Finishing,
    /// Ended; once per run.
    Completed,
    /// Ended after cancellation; once per run.
    Cancelled,
    /// Ended without a complete plan; once per run.
    Failed,
    /// The dead letters were put back.
    Retried,
}

impl EventKind {
    pub(super) fn from_redis(text: &str) -> Option<Self> {
        Some(match text {
            "queued" => Self::Queued,
            "started" => Self::Started,
            "progress" => Self::Progress,
            "needs_authorization" => Self::NeedsAuthorization,
            "resumed" => Self::Resumed,
            "cancelling" => Self::Cancelling,
            "finishing" => Self::Finishing,
            "completed" => Self::Completed,
            "cancelled" => Self::Cancelled,
            "failed" => Self::Failed,
            "retried" => Self::Retried,
            _ => return None,
        })
    }
}

/// The counts of a job, named as in [`JobView`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the fields are those of `JobView`")]
pub struct JobProgress {
    pub state: JobState,
    pub run: u32,
    pub planned: bool,
    pub total_chunks: u64,
    pub done_chunks: u64,
    pub dead_chunks: u64,
    pub dropped_chunks: u64,
    pub planned_records: u64,
    pub processed: u64,
    pub succeeded: u64,
    pub skipped: u64,
    pub failed: u64,
    pub errors: u64,
}
