//! Metrics of a worker, through the `metrics` facade.

use std::time::Duration;

use metrics::{counter, gauge, histogram};

use super::ended::Ended;
use crate::lease::Task;
use crate::stats::Stats;

/// Tasks over all workers, and jobs that have not ended.
pub(super) fn stats(stats: Stats) {
    #[expect(
        clippy::as_conversions,
        clippy::cast_precision_loss,
        reason = "a gauge is a float; counts are far below 2^53"
    )]
    let set = |name: &'static str, value: u64| gauge!(name).set(value as f64);
    set("jobs_open", stats.open_jobs);
    set("jobs_tasks_ready", stats.ready);
    set("jobs_tasks_leased", stats.leased);
    set("jobs_tasks_delayed", stats.delayed);
}

/// One task was claimed.
pub(super) fn claimed(kind: &str, task: Task) {
    counter!("jobs_tasks_claimed_total", "kind" => kind.to_owned(), "task" => name(task)).increment(1);
}

/// One task ended so.
pub(super) fn ended(kind: &str, task: Task, how: Ended, took: Duration) {
    let labels = [("kind", kind.to_owned()), ("task", name(task).to_owned()), ("how", how.as_str().to_owned())];
    counter!("jobs_tasks_ended_total", &labels).increment(1);
    histogram!("jobs_task_seconds", "kind" => kind.to_owned(), "task" => name(task)).record(took.as_secs_f64());
}

/// Tasks were taken back from workers that gave no sign of life.
pub(super) fn reclaimed(count: usize) {
    counter!("jobs_tasks_reclaimed_total").increment(u64::try_from(count).unwrap_or(u64::MAX));
}

/// A call of the worker's own upkeep failed.
pub(super) fn redis_failed(call: &'static str) {
    counter!("jobs_redis_errors_total", "call" => call).increment(1);
}

fn name(task: Task) -> &'static str {
    match task {
        Task::Plan => "plan",
        Task::Chunk(_) => "chunk",
        Task::Finish => "finish",
    }
}
