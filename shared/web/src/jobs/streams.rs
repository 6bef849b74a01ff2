//! Streams of job events: how many there may be, and one look at Redis for all that follow the same job.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

use crate::places::{Full, Place, PlaceLimits, Places, fair_share};
use crate::{ApiError, sse};
use shared::jobs::{JobEvent, JobId, JobWatch};

/// How often the event log of a job is asked. One connection per process rules out blocking reads.
const POLL: Duration = Duration::from_millis(500);
/// Events taken at a time.
pub(super) const PAGE: usize = 100;
/// Events that a stream may be behind before it reads for itself again.
const BUFFER: usize = 256;
/// When to ask again for a stream that was one too many.
const RETRY_AFTER: Duration = Duration::from_secs(10);

/// The token that ends endless answers.
#[derive(Clone)]
pub(super) struct Shutdown(pub(super) CancellationToken);

/// All streams of the process. Cheap to clone.
#[derive(Clone)]
pub(super) struct Streams {
    places: Places,
    /// What the poller of a job tells to those who follow it.
    pollers: Arc<Mutex<Pollers>>,
}

type Pollers = HashMap<JobId, broadcast::Sender<Arc<Told>>>;

/// An event as it is told.
pub(super) struct Told {
    /// Its id as numbers; later ones are greater.
    pub(super) position: Position,
    /// The job has ended with it.
    pub(super) ends: bool,
    pub(super) event: sse::Event,
}

/// Where an event stands in the log of its job: ms, and a number within.
pub(super) type Position = (u64, u64);

impl Streams {
    pub(super) fn new(limits: PlaceLimits) -> Self {
        Self { places: Places::new(limits), pollers: Arc::default() }
    }

    /// A place for one more stream to `org`: as for [waiting calls](crate::WaitingCalls), the last places are for orgs that have
    /// none.
    ///
    /// # Errors
    /// 429 when there are too many.
    pub(super) fn admit(&self, org: &str) -> Result<Place, ApiError> {
        self.places.take_below(org, fair_share).map_err(|full| {
            let text = match full {
                Full::OfOrg(count) => {
                    format!("This org follows jobs with {count} event streams, as many as it may now. Close some.")
                }
                Full::OfAll(count) => format!("{count} event streams are open, as many as there may be."),
            };
            ApiError::too_many_requests(text, RETRY_AFTER)
        })
    }

    /// Events of a job from now on; there may be some that were read before. Somebody polls the log as long as anybody
    /// listens; who does so for the first one begins after the event `after`.
    pub(super) fn join(&self, watch: &JobWatch, after: &str) -> broadcast::Receiver<Arc<Told>> {
        let mut pollers = self.lock();
        if let Some(poller) = pollers.get(&watch.id()) {
            return poller.subscribe();
        }
        let (sender, receiver) = broadcast::channel(BUFFER);
        pollers.insert(watch.id(), sender.clone());
        let poller = Poller { streams: self.clone(), watch: watch.clone(), sender };
        tokio::spawn(poller.run(after.to_owned()));
        receiver
    }

    fn lock(&self) -> MutexGuard<'_, Pollers> {
        self.pollers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Asks the log of one job for all who follow it.
struct Poller {
    streams: Streams,
    watch: JobWatch,
    sender: broadcast::Sender<Arc<Told>>,
}

impl Poller {
    async fn run(self, mut after: String) {
        loop {
            tokio::time::sleep(POLL).await;
            if self.is_done() {
                return;
            }
            let events = match self.watch.events(&after, PAGE).await {
                Ok(events) => events,
                // The clients connect again with the id of the last event.
                Err(error) => {
                    tracing::warn!(job = %self.watch.id(), %error, "event streams end early");
                    return;
                }
            };
            if let Some(last) = events.last() {
                after.clone_from(&last.id);
            }
            for event in events {
                if let Some(told) = Told::of(&event) {
                    // Nobody listening is found out above.
                    let _ = self.sender.send(Arc::new(told));
                }
            }
        }
    }

    /// Nobody listens any more. Who comes now makes a poller of its own.
    fn is_done(&self) -> bool {
        let mut pollers = self.streams.lock();
        let done = self.sender.receiver_count() == 0;
        if done {
            self.leave(&mut pollers);
        }
        done
    }

    fn leave(&self, pollers: &mut Pollers) {
        if pollers.get(&self.watch.id()).is_some_and(|poller| poller.same_channel(&self.sender)) {
            pollers.remove(&self.watch.id());
        }
    }
}

impl Drop for Poller {
    fn drop(&mut self) {
        // However it ends: a channel that nobody sends to would keep its listeners waiting.
        self.leave(&mut self.streams.lock());
    }
}

impl Told {
    /// `None` for what cannot be written, which no event is.
    pub(super) fn of(event: &JobEvent) -> Option<Self> {
        let data = serde_json::to_string(event).ok()?;
        let name = serde_json::to_value(event.kind).ok()?.as_str().map(str::to_owned);
        Some(Self {
            position: position(&event.id)?,
            ends: event.job.state.is_final(),
            event: sse::Event { id: Some(event.id.clone()), event: name, data },
        })
    }
}

/// Reads the id of an event, `ms` or `ms-number`.
pub(super) fn position(id: &str) -> Option<Position> {
    let (ms, number) = id.split_once('-').unwrap_or((id, "0"));
    Some((ms.parse().ok()?, number.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_events_stand_behind_earlier_ones() {
        assert!(position("1700000000000-9") < position("1700000000000-10"));
        assert!(position("0") < position("999-0"));
        assert_eq!(position("yesterday"), None);
    }
}
