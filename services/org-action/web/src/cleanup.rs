//! Deletes what a call left half-written: a Quote of several transactions whose caller was answered, or gone, before the
//! last of them.

use crate::turns::{Turn, Turns};
use ::web::WaitingCall;
use shared::quotes::Generator;
use shared::quotes::key::JobKey;
use shared::telemetry::in_this_trace;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// When to look for leftovers. The request that was under way when the call ended may be carried out after that.
const LOOKS: [Duration; 3] = [Duration::ZERO, Duration::from_secs(3), Duration::from_secs(15)];

/// Longest time for the cleaning up that is under way when the process stops: the server has taken up to 20 s of the 30
/// that Heroku gives.
const END_LIMIT: Duration = Duration::from_secs(6);

/// Cleans up in the background. Clones share the work.
#[derive(Clone)]
pub(crate) struct Cleanup {
    runtime: Handle,
    tasks: TaskTracker,
    shutdown: CancellationToken,
}

/// What was left, and how to delete it.
pub(crate) struct Leftovers {
    pub(crate) generator: Arc<Generator>,
    pub(crate) key: JobKey,
    pub(crate) turns: Turns,
    /// The turn of the call that left them.
    pub(crate) turn: Turn,
    /// Its place among those that wait for the org: who leaves much behind, and goes, makes no more calls than others.
    pub(crate) place: Arc<WaitingCall>,
}

impl Cleanup {
    /// Works on the runtime it is made in, which must outlive the calls.
    pub(crate) fn on_this_runtime(shutdown: CancellationToken) -> Self {
        Self { runtime: Handle::current(), tasks: TaskTracker::new(), shutdown }
    }

    /// Deletes leftovers, as well as that can be done. What remains is deleted by the next call with the same key.
    pub(crate) fn start(&self, leftovers: Leftovers) {
        self.tasks.spawn_on(in_this_trace(leftovers.delete(self.shutdown.clone())), &self.runtime);
    }

    /// Does something else that nobody waits for.
    pub(crate) fn also(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn_on(in_this_trace(work), &self.runtime);
    }

    /// Waits for what is under way. To be called when no more calls come.
    pub(crate) async fn end(self) {
        self.tasks.close();
        if tokio::time::timeout(END_LIMIT, self.tasks.wait()).await.is_err() {
            tracing::warn!(tasks = self.tasks.len(), "incomplete Quotes may be left over");
        }
    }
}

impl Leftovers {
    async fn delete(self, shutdown: CancellationToken) {
        let Self { generator, key, turns, turn, place } = self;
        let mut turn = Some(turn);
        for wait in LOOKS {
            let stopping = shutdown.run_until_cancelled(tokio::time::sleep(wait)).await.is_none();
            let turn = match turn.take() {
                Some(turn) => turn,
                None => turns.turn(&key).await,
            };
            match generator.delete_incomplete(&key).await {
                Ok(deleted) => {
                    place.answered();
                    tracing::info!(deleted, "incomplete Quotes removed");
                }
                Err(error) => tracing::warn!(%error, "incomplete Quotes could not be removed"),
            }
            drop(turn);
            if stopping {
                return;
            }
        }
    }
}

/// Starts the cleaning up when it is dropped after a Quote was begun, and not settled: the caller was answered, or gone,
/// in the middle of it.
pub(crate) struct Watch {
    cleanup: Cleanup,
    begun: AtomicBool,
    leftovers: Option<Leftovers>,
}

impl Watch {
    pub(crate) fn new(cleanup: &Cleanup, leftovers: Leftovers) -> Self {
        Self { cleanup: cleanup.clone(), begun: AtomicBool::new(false), leftovers: Some(leftovers) }
    }

    /// From here on something may be left over.
    pub(crate) fn begin(&self) {
        self.begun.store(true, Ordering::Relaxed);
    }

    /// Nothing is left over.
    pub(crate) fn settle(mut self) {
        self.leftovers = None;
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if let Some(leftovers) = self.leftovers.take()
            && *self.begun.get_mut()
        {
            self.cleanup.start(leftovers);
        }
    }
}
