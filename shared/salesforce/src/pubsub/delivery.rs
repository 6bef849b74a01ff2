//! What a subscription hands over, and how the caller says that it is done with it.

use std::fmt;

use tokio::sync::mpsc;

use super::{Event, ReplayId, ReplayStart};

/// What a subscription hands over.
#[derive(Debug)]
#[non_exhaustive]
pub enum Delivery {
    /// An event.
    Event(Received),
    /// There was nothing up to this place. Store it once all events before it are safe, lest the stored replay id grow
    /// too old in a quiet topic.
    Idle(ReplayId),
    /// Salesforce does not know the replay id (any more). With `Earliest`, events come again; with `Latest`, some never
    /// come.
    PositionLost {
        /// The replay id.
        lost: ReplayId,
        /// Where the subscription goes on.
        resumed: ReplayStart,
    },
}

/// An event that counts against the limit until it is finished.
#[derive(Debug)]
#[must_use = "dropping it finishes the event"]
pub struct Received {
    /// The event.
    pub event: Event,
    finish: Finish,
}

impl Received {
    pub(super) fn new(event: Event, finish: Finish) -> Self {
        Self { event, finish }
    }

    /// The caller is done with the event; another may come. To go on behind it after a restart, store its replay id
    /// first.
    pub fn finish(self) {
        drop(self);
    }

    /// The event, and what finishes it.
    pub fn into_parts(self) -> (Event, Finish) {
        (self.event, self.finish)
    }
}

/// Finishes an event when dropped, as a permit would be given back.
#[must_use = "dropping it finishes the event"]
pub struct Finish(mpsc::UnboundedSender<()>);

impl Finish {
    pub(super) fn new(finished: mpsc::UnboundedSender<()>) -> Self {
        Self(finished)
    }
}

impl Drop for Finish {
    fn drop(&mut self) {
        // Nobody counts any more when the subscription has ended.
        let _ = self.0.send(());
    }
}

impl fmt::Debug for Finish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Finish")
    }
}
