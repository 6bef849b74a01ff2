//! Metrics of a worker, through the `metrics` facade.

use std::time::Duration;

use metrics::{counter, histogram};

use super::ended::Ended;
use crate::lease::Task;

/// One task was claimed.
pub(super) fn claimed(kind: &str, task: Task) {
    counter!("jobs_tasks_claimed_total", "kind" => kind.to_owned(), "task" => name(task)).increment(1);
}

/// One task ended so.
pub(super) fn ended(kind: &str, task: Task, how: Ended, took: Duration) {
    let labels = [("kind", kind.to_owned()), ("task", name(task).to_owned()), ("how", how.as_str().to_owned())];
    counter!("jobs_tasks_ended_total", &labels).increment(1);
    histogram!("jobs_task_duration_seconds", "kind" => kind.to_owned(), "task" => name(task))
        .record(took.as_secs_f64());
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
