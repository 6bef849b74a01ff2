//! A queue as its operators see it, in figures.

use super::exposition::Exposition;
use crate::jobs::operator::{Overview, Totals};
use chrono::{DateTime, Utc};

/// Orgs that are named.
const MOST_ORGS: usize = 25;

/// The figures of the queue `name`.
pub(super) fn figures(name: &str, overview: &Overview) -> Exposition {
    let mut figures = Exposition::default();
    let queue = [("queue", name)];
    let mut set = |metric, value: u64| figures.add(metric, &queue, as_f64(value));
    let age = |since: DateTime<Utc>| u64::try_from((overview.at - since).num_seconds()).unwrap_or(0);
    let orgs = |holds: fn(&&crate::jobs::operator::OrgStanding) -> bool| {
        u64::try_from(overview.orgs.iter().filter(holds).count()).unwrap_or(u64::MAX)
    };
    set("jobs_queue_readable", 1);
    set("jobs_open", overview.open_jobs);
    set("jobs_tasks_ready", overview.tasks.ready);
    set("jobs_tasks_delayed", overview.tasks.delayed);
    set("jobs_tasks_leased", overview.tasks.leased);
    set("jobs_oldest_task_age_seconds", overview.oldest.as_ref().map_or(0, |oldest| age(oldest.since)));
    set("jobs_dead_letters", overview.dead_letters);
    set("jobs_workers", u64::try_from(overview.workers.len()).unwrap_or(u64::MAX));
    set("jobs_orgs_paused", orgs(|org| org.paused.is_some()));
    set("jobs_orgs_silent", orgs(|org| org.silent.is_some()));
    set("jobs_orgs_at_limit", orgs(|org| org.at_limit));
    let Totals {
        jobs_created,
        jobs_completed,
        jobs_cancelled,
        jobs_failed,
        processed,
        failed,
        chunks,
        retried,
        dead,
        lost,
    } = overview.totals;
    set("jobs_created_total", jobs_created);
    set("jobs_records_processed_total", processed);
    set("jobs_records_failed_total", failed);
    set("jobs_chunks_done_total", chunks);
    set("jobs_tasks_retried_total", retried);
    set("jobs_tasks_dead_total", dead);
    set("jobs_tasks_lost_total", lost);
    for (state, jobs) in [("completed", jobs_completed), ("cancelled", jobs_cancelled), ("failed", jobs_failed)] {
        figures.add("jobs_ended_total", &[("queue", name), ("state", state)], as_f64(jobs));
    }
    for (state, jobs) in &overview.states {
        figures.add("jobs_in_state", &[("queue", name), ("state", state)], as_f64(*jobs));
    }
    for org in overview.orgs.iter().filter(|org| org.paused.is_some()).take(MOST_ORGS) {
        let since = org.paused.as_ref().and_then(|pause| pause.since).map_or(0, age);
        figures.add("jobs_org_paused_seconds", &[("queue", name), ("org", &org.org)], as_f64(since));
    }
    for org in overview.orgs.iter().filter(|org| org.silent.is_some()).take(MOST_ORGS) {
        let since = org.silent.as_ref().map_or(0, |silence| age(silence.since));
        figures.add("jobs_org_silent_seconds", &[("queue", name), ("org", &org.org)], as_f64(since));
    }
    for (worker, label) in overview.workers.iter().zip(labels(overview)) {
        let labels = [("queue", name), ("worker", label)];
        figures.add("jobs_worker_slots", &labels, as_f64(u64::try_from(worker.concurrency).unwrap_or(u64::MAX)));
        figures.add("jobs_worker_tasks", &labels, as_f64(u64::try_from(worker.running).unwrap_or(u64::MAX)));
    }
    figures
}

/// What is told of a queue that cannot be read.
pub(super) fn unreadable(name: &str) -> Exposition {
    let mut figures = Exposition::default();
    figures.add("jobs_queue_readable", &[("queue", name)], 0.0);
    figures
}

/// What each worker is called: by its name, which a dyno keeps over its restarts, or by its id where two have the same name.
pub(super) fn labels(overview: &Overview) -> impl Iterator<Item = &str> {
    overview.workers.iter().map(|worker| {
        let alike = overview.workers.iter().filter(|other| other.name == worker.name).count();
        if alike == 1 { worker.name.as_str() } else { worker.id.as_str() }
    })
}

/// Prometheus has only floating point; exact up to 2^53.
fn as_f64(count: u64) -> f64 {
    count as f64
}
