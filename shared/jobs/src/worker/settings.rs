//! How a worker works.

use std::time::Duration;

use crate::silence::Silence;

/// How a worker works.
#[derive(Clone, Debug)]
pub struct WorkerSettings {
    /// Name that counts and leases carry, such as Heroku's `DYNO`. Default `worker`.
    pub name: String,
    /// Tasks it runs at a time, beside one more of an org that has none here while these last, and beside stuck ones.
    /// Default 8.
    pub concurrency: usize,
    /// A task is stuck when nothing was [heard](super::TaskContext::heard) of its org for this time: it waits, and leaves its
    /// slot to orgs that have no stuck task here. Default 5 s.
    pub stuck_after: Duration,
    /// Stuck tasks that leave their slots, at most; each keeps its chunk in memory. Default 32.
    pub most_stuck: usize,
    /// Time from the shutdown signal to the end of [`Worker::run`](super::Worker::run). Default 25 s; Heroku kills
    /// after 30 s.
    pub drain: Duration,
    /// Longest time between two looks for work when no wake-up comes. Default 1 s.
    pub poll: Duration,
    /// Time after which a task counts as failed. Default 15 min.
    pub task_timeout: Duration,
    /// Longest wait before the second run of a failed task; doubles with each failure. Default 1 s.
    pub retry_base: Duration,
    /// Longest wait before any run of a failed task. Default 5 min.
    pub retry_cap: Duration,
    /// What becomes of orgs that do not answer.
    pub silence: Silence,
    /// Resident bytes of the process now, for operators; `None` where that is not known. Default: not known.
    pub memory: fn() -> Option<u64>,
    /// All figures of the process now, in Prometheus' text format, for operators: a worker may have no address where they could be
    /// asked for. Left in Redis every ten seconds. Default: none.
    pub figures: fn() -> Option<String>,
}

impl Default for WorkerSettings {
    fn default() -> Self {
        Self {
            name: "worker".to_owned(),
            concurrency: 8,
            stuck_after: Duration::from_secs(5),
            most_stuck: 32,
            drain: Duration::from_secs(25),
            poll: Duration::from_secs(1),
            task_timeout: Duration::from_secs(15 * 60),
            retry_base: Duration::from_secs(1),
            retry_cap: Duration::from_secs(5 * 60),
            silence: Silence::default(),
            memory: || None,
            figures: || None,
        }
    }
}
