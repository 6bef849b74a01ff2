//! What a worker does beside its tasks: renewing leases, taking back those of lost workers, listening.

use std::sync::Arc;

use tokio::sync::broadcast::{Receiver, error::RecvError};

use super::held::Fate;
use super::{Shared, meters};
use crate::backoff::jittered;
use crate::connection::Signal;
use crate::tasks::Trip;

impl Shared {
    /// Renews all leases, four times in the life of one, and stops tasks that are lost or cancelled.
    pub(super) async fn heartbeat(self: Arc<Self>) {
        let period = self.lease / 4;
        loop {
            tokio::time::sleep(period).await;
            let leases = self.held.leases();
            if leases.is_empty() {
                continue;
            }
            match self.tasks.extend(&leases).await {
                Ok(trips) => trips.into_iter().for_each(|(lease, trip)| match trip {
                    // Also said of a lease that its task has ended meanwhile; then nobody listens.
                    Trip::Lost => self.held.stop(&lease, Fate::Lost),
                    Trip::Cancelled => self.held.stop(&lease, Fate::Cancel),
                }),
                Err(error) => {
                    meters::redis_failed("extend");
                    tracing::warn!(error = ?error, leases = leases.len(), "the leases could not be renewed");
                }
            }
        }
    }

    /// Takes back the tasks of workers that gave no sign of life. It is this worker's own sign, too, so it begins at once.
    pub(super) async fn reclaim(self: Arc<Self>) {
        loop {
            match self.tasks.reclaim().await {
                Ok(leases) => {
                    let leases = leases.unwrap_or_default();
                    meters::reclaimed(leases.len());
                    for lease in leases {
                        tracing::warn!(lease = lease.as_str(), "took a task back from a worker that is gone");
                    }
                }
                Err(error) => {
                    meters::redis_failed("reclaim");
                    tracing::warn!(error = ?error, "could not look for lost workers");
                }
            }
            tokio::time::sleep(jittered(self.lease / 6)).await;
        }
    }

    /// Acts on what Redis tells by itself.
    pub(super) async fn listen(self: Arc<Self>, mut signals: Receiver<Signal>) {
        loop {
            match signals.recv().await {
                Ok(Signal::Wake) => self.wake.notify_one(),
                Ok(Signal::Cancel(job)) => self.held.stop_job(&job),
                // Missed some: there may be work, and the heartbeat learns of cancelled jobs.
                Err(RecvError::Lagged(_)) => self.wake.notify_one(),
                Err(RecvError::Closed) => return,
            }
        }
    }
}
