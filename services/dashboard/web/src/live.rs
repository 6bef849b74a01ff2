//! Tells open pages when something has changed, so that they ask for themselves again. However many pages are open, Redis is
//! asked once a second, and not at all when none is.

use crate::queue::Queue;
use futures_util::stream::{self, Stream};
use serde::Serialize;
use shared::jobs::operator::{Minute, OrgStanding, Overview, Tasks, WorkerView};
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::watch;
use web::sse::Event;

/// Between two looks.
const PERIOD: Duration = Duration::from_secs(1);

/// Looks after which pages ask again although nothing has changed: they show how long ago things were.
const LOOKS: u32 = 5;

/// Pages that are followed at a time.
const MOST: usize = 200;

/// The signal that something has changed. Clones share it.
#[derive(Clone)]
pub(crate) struct Live {
    queues: Arc<[Queue]>,
    changes: Arc<watch::Sender<u64>>,
    runs: Arc<AtomicBool>,
}

impl Live {
    pub(crate) fn new(queues: Arc<[Queue]>) -> Self {
        Self { queues, changes: Arc::new(watch::Sender::new(0)), runs: Arc::default() }
    }

    /// One event for each change from now on; `None` when too many follow already.
    pub(crate) fn follow(&self) -> Option<impl Stream<Item = Event> + Send + 'static> {
        if self.changes.receiver_count() >= MOST {
            return None;
        }
        let receiver = self.changes.subscribe();
        if !self.runs.swap(true, Ordering::AcqRel) {
            tokio::spawn(self.clone().look());
        }
        Some(stream::unfold(receiver, |mut receiver| async move {
            receiver.changed().await.ok()?;
            let number = *receiver.borrow_and_update();
            Some((Event { data: number.to_string(), ..Event::default() }, receiver))
        }))
    }

    /// Looks as long as anybody follows.
    async fn look(self) {
        let (mut before, mut same) = (0, 0);
        loop {
            tokio::time::sleep(PERIOD).await;
            if self.changes.receiver_count() == 0 {
                self.runs.store(false, Ordering::Release);
                // Somebody may have come just now, and seen it running.
                if self.changes.receiver_count() == 0 || self.runs.swap(true, Ordering::AcqRel) {
                    return;
                }
            }
            let now = self.digest().await;
            same = if now == before { same + 1 } else { 0 };
            if same % LOOKS == 0 {
                // Pages must not be shown what was seen before the change.
                self.queues.iter().for_each(Queue::look_anew_at_jobs);
                self.changes.send_modify(|number| *number += 1);
            }
            before = now;
        }
    }

    /// A number that changes with what pages show, but for times. A queue that cannot be read counts as empty; its page tells.
    async fn digest(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        for queue in self.queues.iter() {
            let seen = match queue.overview().await {
                Ok(seen) => serde_json::to_vec(&Seen::of(&seen.0)).unwrap_or_default(),
                Err(error) => {
                    tracing::debug!(queue = queue.name, error = ?error, "open pages are not told of changes");
                    Vec::new()
                }
            };
            hasher.write(&seen);
        }
        hasher.finish()
    }
}

/// What changes only when something happens.
#[derive(Serialize)]
struct Seen<'a> {
    open: u64,
    kept: u64,
    states: &'a BTreeMap<&'static str, u64>,
    tasks: Tasks,
    letters: u64,
    orgs: &'a [OrgStanding],
    workers: Vec<(&'a str, u64, usize)>,
    minutes: Option<&'a Minute>,
}

impl<'a> Seen<'a> {
    fn of(overview: &'a Overview) -> Self {
        let worker = |worker: &'a WorkerView| (worker.id.as_str(), worker.records_done, worker.running);
        Self {
            open: overview.open_jobs,
            kept: overview.kept_jobs,
            states: &overview.states,
            tasks: overview.tasks,
            letters: overview.dead_letters,
            orgs: &overview.orgs,
            workers: overview.workers.iter().map(worker).collect(),
            minutes: overview.history.last(),
        }
    }
}
