//! Streams of job events: how many there may be, and one look at Redis for all that follow the same job.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::broadcast;

use crate::jobs::{JobEvent, JobId, JobWatch};
use crate::web::ApiError;
use crate::web::sse;

/// How often the event log of a job is asked. One connection per process rules out blocking reads.
const POLL: Duration = Duration::from_millis(500);
/// Events taken at a time.
pub(super) const PAGE: usize = 100;
/// Events that a stream may be behind before it reads for itself again.
const BUFFER: usize = 256;
/// When to ask again for a stream that was one too many.
const RETRY_AFTER: Duration = Duration::from_secs(10);

/// How many streams of job events a web process serves at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamLimits {
    /// To all orgs. Default 500.
    pub all: usize,
    /// To one org. Default 50.
    pub per_org: usize,
}

impl Default for StreamLimits {
    fn default() -> Self {
        Self { all: 500, per_org: 50 }
    }
}

/// All streams of the process. Cheap to clone.
#[derive(Clone)]
pub(super) struct Streams {
    limits: StreamLimits,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// Streams by org.
    open: HashMap<String, usize>,
    /// What the poller of a job tells to those who follow it.
    pollers: HashMap<JobId, broadcast::Sender<Arc<Told>>>,
}

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

/// The right to a stream; given back when dropped.
pub(super) struct Place {
    streams: Streams,
    org: String,
}

impl Streams {
    pub(super) fn new(limits: StreamLimits) -> Self {
        Self { limits, state: Arc::default() }
    }

    /// A place for one more stream to `org`.
    ///
    /// # Errors
    /// 429 when there are too many.
    pub(super) fn admit(&self, org: &str) -> Result<Place, ApiError> {
        let mut state = self.lock();
        let refused = |text: String| Err(ApiError::too_many_requests(text, RETRY_AFTER));
        let StreamLimits { all, per_org } = self.limits;
        if state.open.get(org).is_some_and(|open| *open >= per_org) {
            return refused(format!(
                "This org follows jobs with {per_org} event streams, as many as it may. Close some."
            ));
        }
        if state.open.values().sum::<usize>() >= all {
            return refused(format!("{all} event streams are open, as many as there may be."));
        }
        *state.open.entry(org.to_owned()).or_default() += 1;
        Ok(Place { streams: self.clone(), org: org.to_owned() })
    }

    /// Events of a job from now on; there may be some that were read before. Somebody polls the log as long as anybody
    /// listens; who does so for the first one begins after the event `after`.
    pub(super) fn join(&self, watch: &JobWatch, after: &str) -> broadcast::Receiver<Arc<Told>> {
        let mut state = self.lock();
        if let Some(poller) = state.pollers.get(&watch.id()) {
            return poller.subscribe();
        }
        let (sender, receiver) = broadcast::channel(BUFFER);
        state.pollers.insert(watch.id(), sender.clone());
        let poller = Poller { streams: self.clone(), watch: watch.clone(), sender };
        tokio::spawn(poller.run(after.to_owned()));
        receiver
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.streams.lock();
        if let Some(open) = state.open.get_mut(&self.org) {
            *open = open.saturating_sub(1);
            if *open == 0 {
                state.open.remove(&self.org);
            }
        }
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
        let mut state = self.streams.lock();
        let done = self.sender.receiver_count() == 0;
        if done {
            self.leave(&mut state);
        }
        done
    }

    fn leave(&self, state: &mut State) {
        if state.pollers.get(&self.watch.id()).is_some_and(|poller| poller.same_channel(&self.sender)) {
            state.pollers.remove(&self.watch.id());
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
    fn places_are_limited_per_org_and_in_all_and_come_back() {
        let streams = Streams::new(StreamLimits { all: 3, per_org: 2 });
        let first = streams.admit("one").unwrap();
        let _second = streams.admit("one").unwrap();
        let refused = |org: &str| streams.admit(org).map(drop).unwrap_err();
        assert_eq!(refused("one").status().as_u16(), 429);
        let _third = streams.admit("two").unwrap();
        assert!(refused("three").to_string().contains('3'));
        drop(first);
        drop(streams.admit("one").unwrap());
        assert_eq!(streams.lock().open.len(), 2);
    }

    #[test]
    fn later_events_stand_behind_earlier_ones() {
        assert!(position("1700000000000-9") < position("1700000000000-10"));
        assert!(position("0") < position("999-0"));
        assert_eq!(position("yesterday"), None);
    }
}
