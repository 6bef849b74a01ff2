//! The workers, as each tells about itself.

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::handle::Operator;
use crate::error::JobsError;
use crate::types::JobId;

/// What a worker writes into Redis every few seconds.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Beat {
    pub(crate) name: String,
    pub(crate) pid: u32,
    pub(crate) started_ms: i64,
    pub(crate) kinds: BTreeSet<String>,
    pub(crate) concurrency: usize,
    pub(crate) org_limit: u32,
    pub(crate) done: u64,
    pub(crate) rate: f64,
    pub(crate) memory: Option<u64>,
    pub(crate) running: usize,
    pub(crate) tasks: Vec<BeatTask>,
}

impl Beat {
    /// Tasks that a beat names, the longest first, so that it has a bound.
    pub(crate) const MOST_TASKS: usize = 64;
}

/// A task in flight.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct BeatTask {
    pub(crate) job: JobId,
    pub(crate) task: String,
    pub(crate) org: String,
    /// How long it had run when this was told.
    pub(crate) ms: u64,
}

/// A worker that lives.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WorkerView {
    /// Its name and a part that is new with each start.
    pub id: String,
    /// Its name, such as Heroku's `DYNO`.
    pub name: String,
    /// Id of its process, on its machine.
    pub pid: u32,
    /// When it started, by its own clock.
    pub started_at: DateTime<Utc>,
    /// When it was heard of last, by Redis's clock.
    pub seen_at: DateTime<Utc>,
    /// Names of the kinds that it runs.
    pub kinds: BTreeSet<String>,
    /// Tasks that it runs at a time.
    pub concurrency: usize,
    /// Its limit on the tasks of one org that run at a time, over all workers.
    pub org_limit: u32,
    /// Records that it has dealt with since its start.
    pub records_done: u64,
    /// Records per second, over about the last minute.
    pub records_per_second: f64,
    /// Resident memory of the process, in bytes; absent where the system does not tell.
    pub memory_bytes: Option<u64>,
    /// Tasks that run.
    pub running: usize,
    /// Of them, the ones that have run for the longest, up to 64.
    pub tasks: Vec<WorkerTask>,
}

/// A task in flight.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WorkerTask {
    /// Its job.
    pub job: JobId,
    /// `P` is the plan, `F` the last step, a number a chunk.
    pub task: String,
    /// The job's org.
    pub org: String,
    /// Milliseconds for which it has run.
    pub for_ms: u64,
}

impl Operator {
    /// The figures that each of these workers has left of itself ([`WorkerSettings::figures`](crate::WorkerSettings::figures)),
    /// in their order; `None` of one that leaves none. Whoever can write to Redis may have written them.
    ///
    /// # Errors
    /// When Redis cannot be asked.
    pub async fn left_figures(&self, workers: &[WorkerView]) -> Result<Vec<Option<String>>, JobsError> {
        if workers.is_empty() {
            return Ok(Vec::new());
        }
        let keys: Vec<String> = workers.iter().map(|worker| self.jobs.key("figures", &worker.id)).collect();
        self.ask(redis::cmd("MGET").arg(keys)).await
    }
}

impl WorkerView {
    /// Reads what the worker `id` told at `seen_at`, as it is at `now`; `None` for what no worker of this version or a later
    /// one tells.
    pub(super) fn read(id: &str, seen_at: DateTime<Utc>, now: DateTime<Utc>, json: &str) -> Option<Self> {
        let beat: Beat = serde_json::from_str(json).ok()?;
        let since = u64::try_from((now - seen_at).num_milliseconds()).unwrap_or(0);
        let tasks = beat.tasks.into_iter().map(|task| WorkerTask {
            job: task.job,
            task: task.task,
            org: task.org,
            for_ms: task.ms.saturating_add(since),
        });
        Some(Self {
            id: id.to_owned(),
            name: beat.name,
            pid: beat.pid,
            started_at: DateTime::from_timestamp_millis(beat.started_ms)?,
            seen_at,
            kinds: beat.kinds,
            concurrency: beat.concurrency,
            org_limit: beat.org_limit,
            records_done: beat.done,
            records_per_second: beat.rate,
            memory_bytes: beat.memory,
            running: beat.running,
            tasks: tasks.collect(),
        })
    }

    /// How long ago it was heard of.
    #[must_use]
    pub fn silent_for(&self, now: DateTime<Utc>) -> Duration {
        (now - self.seen_at).to_std().unwrap_or_default()
    }
}
