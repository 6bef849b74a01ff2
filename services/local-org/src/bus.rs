//! The event bus of an org: an ordered log of change events and platform events, and the topics it is read by.
//!
//! What is published in a transaction is numbered while the transaction is open and appended once it is committed, all
//! under the lock of the org's database, so that the order of the log is the order of the commits. The log is in
//! memory and bounded ([`log`]); an org with a database file keeps a copy there that is committed together with the
//! data ([`journal`]), so that a restart loses no event and invalidates no replay id. An org in memory starts with an
//! empty log and new replay ids, and refuses those of an earlier run.

mod error;
pub(crate) mod journal;
pub(crate) mod log;
#[cfg(test)]
mod tests;
mod topics;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use chrono::Utc;
use tokio::sync::watch;

pub(crate) use self::error::{EventError, ReplayError};
use self::log::{Log, Page};
pub(crate) use self::topics::{Topic, Topics};
use crate::events::{Draft, Event, ReplayId, Settings};

/// Where a subscriber wants to begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Start<'a> {
    /// With what is published from now on.
    Latest,
    /// With the oldest event that is retained.
    Earliest,
    /// Behind the event of that replay id.
    After(&'a [u8]),
}

/// The bus of one org.
#[derive(Debug)]
pub(crate) struct Bus {
    topics: RwLock<Arc<Topics>>,
    log: Mutex<Log>,
    settings: Mutex<Settings>,
    /// Wakes subscribers; the value is the newest replay id.
    latest: watch::Sender<ReplayId>,
}

impl Bus {
    /// A bus of these topics that goes on with a log.
    pub(crate) fn new(topics: Topics, log: Log) -> Self {
        let latest = watch::Sender::new(log.latest());
        Self { topics: RwLock::new(Arc::new(topics)), log: Mutex::new(log), settings: Mutex::default(), latest }
    }

    /// Topics and schemas, as they are now.
    pub(crate) fn topics(&self) -> Arc<Topics> {
        Arc::clone(&self.topics.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts other topics in force. Schemas that events had before stay known.
    pub(crate) fn set_topics(&self, topics: Arc<Topics>) {
        let mut current = self.topics.write().unwrap_or_else(PoisonError::into_inner);
        topics.know_all_of(&current);
        *current = topics;
    }

    /// What can be changed while the org runs.
    pub(crate) fn settings(&self) -> Settings {
        *self.settings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes it.
    pub(crate) fn set(&self, settings: Settings) {
        *self.settings.lock().unwrap_or_else(PoisonError::into_inner) = settings;
    }

    /// Gives what is to be published its place in the log. Whoever calls holds the lock of the org's database until
    /// the events are appended.
    pub(crate) fn number(&self, drafts: Vec<Draft>) -> Vec<Event> {
        let at = Utc::now();
        let mut log = self.log();
        drafts.into_iter().map(|draft| Event { replay_id: log.next_id(), at, draft }).collect()
    }

    /// Makes events visible that were numbered.
    pub(crate) fn append(&self, events: Vec<Event>) {
        if events.is_empty() {
            return;
        }
        let latest = {
            let mut log = self.log();
            log.append(events);
            log.prune(Utc::now(), log::RETENTION);
            log.latest()
        };
        self.latest.send_replace(latest);
    }

    /// Forgets events that are older than `age`, as the end of retention would. The newest replay id moves on, so that
    /// a subscriber that is up to date is not taken for one that missed something.
    pub(crate) fn prune(&self, age: chrono::Duration) {
        let latest = {
            let mut log = self.log();
            log.prune(Utc::now(), age);
            log.latest()
        };
        self.latest.send_replace(latest);
    }

    /// First and last position of the log, for the journal.
    pub(crate) fn bounds(&self) -> (ReplayId, ReplayId) {
        let log = self.log();
        (log.horizon(), log.latest())
    }

    /// The position behind which a subscriber begins.
    ///
    /// # Errors
    /// [`ReplayError`] for a replay id that is none, or not one of the log.
    pub(crate) fn start(&self, start: Start<'_>) -> Result<ReplayId, ReplayError> {
        let mut log = self.log();
        log.prune(Utc::now(), log::RETENTION);
        match start {
            Start::Latest => Ok(log.latest()),
            Start::Earliest => Ok(log.horizon()),
            Start::After(bytes) => {
                let id = ReplayId::parse(bytes).ok_or(ReplayError::Corrupted)?;
                if id > log.horizon() && id <= log.latest() { Ok(id) } else { Err(ReplayError::OutOfRange) }
            }
        }
    }

    /// Events of a topic behind a position.
    ///
    /// # Errors
    /// [`ReplayError::OutOfRange`] when some that follow it are forgotten already.
    pub(crate) fn after(&self, topic: &Topic, position: ReplayId, limit: usize) -> Result<Page, ReplayError> {
        // A channel may have got members since the subscription began.
        let current = self.topics();
        self.log().after(Some(current.get(&topic.name).map_or(topic, AsRef::as_ref)), position, limit)
    }

    /// Events of all topics behind a position.
    ///
    /// # Errors
    /// As [`Bus::after`].
    pub(crate) fn all_after(&self, position: ReplayId, limit: usize) -> Result<Page, ReplayError> {
        self.log().after(None, position, limit)
    }

    /// Up to `limit` events of all topics, the newest first, and how many are retained.
    pub(crate) fn newest(&self, limit: usize) -> (Vec<Arc<Event>>, usize) {
        self.log().newest(limit)
    }

    /// How many events are retained.
    pub(crate) fn count(&self) -> usize {
        self.newest(0).1
    }

    /// Changes whenever something was published.
    pub(crate) fn watch(&self) -> watch::Receiver<ReplayId> {
        self.latest.subscribe()
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
