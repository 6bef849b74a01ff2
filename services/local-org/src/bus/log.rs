//! The log itself: events in memory, the oldest first.

use std::collections::VecDeque;
use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};
use rand::RngExt;

use super::error::ReplayError;
use super::topics::Topic;
use crate::events::{Event, ReplayId};

/// How long an event is kept (Pub/Sub API Developer Guide, "Event Message Durability").
pub(crate) const RETENTION: Duration = Duration::hours(72);

/// Events that a log keeps at most, and bytes of their payloads; the oldest make room. More than a day's allocation.
const MAX_EVENTS: usize = 250_000;
const MAX_BYTES: usize = 256 * 1024 * 1024;

/// Replay ids are not contiguous: the next one is up to this much larger.
const MAX_GAP: u64 = 4;

/// Replay ids a millisecond. A new log begins at the time of day, so that the ids of an earlier run are all older.
const IDS_PER_MILLISECOND: u64 = 16;

/// Events and the bounds of their replay ids.
#[derive(Debug)]
pub(crate) struct Log {
    events: VecDeque<Arc<Event>>,
    bytes: usize,
    /// What was handed out last, visible or not.
    issued: ReplayId,
    /// The newest position that a subscriber can have.
    latest: ReplayId,
    /// The newest position that is forgotten.
    horizon: ReplayId,
}

/// What a subscriber gets at once.
#[derive(Debug)]
pub(crate) struct Page {
    /// Events of its topic.
    pub(crate) events: Vec<Arc<Event>>,
    /// Where it stands with them.
    pub(crate) position: ReplayId,
}

impl Log {
    /// An empty log.
    pub(crate) fn new(now: DateTime<Utc>) -> Self {
        let start = now.timestamp_millis().unsigned_abs() * IDS_PER_MILLISECOND;
        Self::of(Vec::new(), ReplayId::new(start), ReplayId::new(start + 1))
    }

    /// A log that was written down.
    pub(crate) fn of(events: Vec<Event>, horizon: ReplayId, latest: ReplayId) -> Self {
        let mut log = Self { events: VecDeque::new(), bytes: 0, issued: latest, latest, horizon };
        log.append(events);
        log
    }

    /// The newest position.
    pub(crate) fn latest(&self) -> ReplayId {
        self.latest
    }

    /// The position before the oldest event.
    pub(crate) fn horizon(&self) -> ReplayId {
        self.horizon
    }

    /// The next replay id.
    pub(super) fn next_id(&mut self) -> ReplayId {
        self.issued = ReplayId::new(self.issued.number() + rand::rng().random_range(1..=MAX_GAP));
        self.issued
    }

    /// Adds events, which are newer than all others.
    pub(super) fn append(&mut self, events: Vec<Event>) {
        for event in events {
            self.bytes += event.draft.payload.len();
            self.latest = self.latest.max(event.replay_id);
            self.issued = self.issued.max(event.replay_id);
            self.events.push_back(Arc::new(event));
        }
        while self.events.len() > MAX_EVENTS || self.bytes > MAX_BYTES {
            self.forget_oldest();
        }
    }

    /// Forgets what is older than `age`. When nothing is left, the newest position is a new one, as that of an org
    /// moves on without events.
    pub(super) fn prune(&mut self, now: DateTime<Utc>, age: Duration) {
        while self.events.front().is_some_and(|oldest| now - oldest.at >= age) {
            self.forget_oldest();
        }
        // Not while events have ids and are not appended yet: the new position would be behind them.
        if self.latest == self.horizon && self.issued == self.latest {
            self.latest = self.next_id();
        }
    }

    /// Up to `limit` events of a topic, or of all, behind a position.
    pub(super) fn after(&self, topic: Option<&Topic>, position: ReplayId, limit: usize) -> Result<Page, ReplayError> {
        if position < self.horizon {
            return Err(ReplayError::OutOfRange);
        }
        let first = self.events.partition_point(|event| event.replay_id <= position);
        let mut events = Vec::new();
        for event in self.events.range(first..) {
            if topic.is_some_and(|topic| !topic.delivers(&event.draft.topic)) {
                continue;
            }
            if events.len() == limit {
                let position = events.last().map_or(position, |last: &Arc<Event>| last.replay_id);
                return Ok(Page { events, position });
            }
            events.push(Arc::clone(event));
        }
        Ok(Page { events, position: self.latest.max(position) })
    }

    /// Up to `limit` events of all topics, the newest first, and how many there are.
    pub(super) fn newest(&self, limit: usize) -> (Vec<Arc<Event>>, usize) {
        (self.events.iter().rev().take(limit).cloned().collect(), self.events.len())
    }

    fn forget_oldest(&mut self) {
        if let Some(oldest) = self.events.pop_front() {
            self.bytes -= oldest.draft.payload.len();
            self.horizon = self.horizon.max(oldest.replay_id);
        }
    }
}
