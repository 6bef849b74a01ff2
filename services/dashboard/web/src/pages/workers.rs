//! The workers of all queues.

use super::text::{between, job_address, lasting, mebibytes, moment};
use askama::Template;
use shared::jobs::operator::{Overview, WorkerView};
use web::pages::grouped;
use web::site::Frame;

/// Tasks of a worker that are shown.
const MOST_TASKS: usize = 8;

/// The workers of all queues.
#[derive(Template)]
#[template(path = "workers.html")]
pub(crate) struct WorkersPage {
    pub(crate) frame: Frame,
    pub(crate) queues: Vec<WorkersCard>,
}

/// The workers of one queue.
pub(crate) struct WorkersCard {
    name: String,
    count: String,
    advice: Option<String>,
    silence: Option<String>,
    workers: Vec<Row>,
}

struct Row {
    name: String,
    pid: u32,
    kinds: String,
    since: String,
    started: String,
    slots: String,
    tasks: Vec<(String, String)>,
    more_tasks: usize,
    rate: String,
    done: String,
    seen: String,
    memory: String,
}

impl WorkersCard {
    pub(crate) fn new(name: &str, overview: &Overview) -> Self {
        let silence = overview.workers_silent_ms.filter(|_| overview.workers.is_empty());
        Self {
            name: name.to_owned(),
            count: grouped(u64::try_from(overview.workers.len()).unwrap_or(u64::MAX)),
            advice: overview.advice.map(|advice| advice.sentence()),
            silence: silence.map(|ms| format!("The last sign of any was {} ago.", lasting(ms))),
            workers: overview.workers.iter().map(|worker| Row::new(name, worker, overview)).collect(),
        }
    }
}

impl Row {
    fn new(queue: &str, worker: &WorkerView, overview: &Overview) -> Self {
        let task = |task: &shared::jobs::operator::WorkerTask| {
            let what = match task.task.as_str() {
                "P" => "plan".to_owned(),
                "F" => "last step".to_owned(),
                number => format!("chunk {number}"),
            };
            (job_address(queue, &task.job), format!("{what} of {}, {}", task.org, lasting(task.for_ms)))
        };
        Self {
            name: worker.name.clone(),
            pid: worker.pid,
            kinds: worker.kinds.iter().map(String::as_str).collect::<Vec<_>>().join(", "),
            since: between(worker.started_at, overview.at),
            started: moment(&worker.started_at),
            slots: format!("{} of {}", worker.running, worker.concurrency),
            tasks: worker.tasks.iter().take(MOST_TASKS).map(task).collect(),
            more_tasks: worker.running.saturating_sub(MOST_TASKS),
            rate: format!("{:.1}", worker.records_per_second),
            done: grouped(worker.records_done),
            seen: between(worker.seen_at, overview.at),
            memory: worker.memory_bytes.map_or_else(|| "–".to_owned(), mebibytes),
        }
    }
}
