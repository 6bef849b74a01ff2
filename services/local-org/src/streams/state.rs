//! What an org's Pub/Sub API remembers.

use std::sync::Arc;

use tokio::sync::watch;

use super::allocation::Allocation;
use super::faults::{Faults, How};
use super::managed::Subscriptions;
use super::open::{Ending, Order, Progress, Stream, Streams};
use super::settings::Settings;
use crate::error::ApiError;
use crate::store::Org;

/// The state of one org.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) settings: watch::Sender<Settings>,
    pub(crate) streams: Arc<Streams>,
    pub(crate) faults: Faults,
    pub(crate) allocation: Allocation,
    pub(crate) subscriptions: Arc<Subscriptions>,
}

impl State {
    /// The state of an org that was opened.
    ///
    /// # Errors
    /// When its managed subscriptions cannot be read.
    pub(crate) fn open(org: &Org) -> Result<Self, ApiError> {
        Ok(Self {
            settings: watch::Sender::new(Settings::default()),
            streams: Arc::default(),
            faults: Faults::default(),
            allocation: Allocation::default(),
            subscriptions: Arc::new(Subscriptions::load(org)?),
        })
    }

    /// The open streams, the oldest first.
    pub(crate) fn open_streams(&self) -> Vec<Progress> {
        self.streams.list()
    }

    /// Events that were delivered today, and how many may be.
    pub(crate) fn deliveries(&self) -> (u64, Option<u64>) {
        (self.allocation.used(), self.settings.borrow().daily_deliveries)
    }

    /// The faults that wait for their moment, in words.
    pub(crate) fn faults_in_force(&self) -> Vec<String> {
        self.faults.in_words()
    }

    /// Events that a stream of that topic may deliver at once, out of as many as its client wants. `None` when the org
    /// must not deliver any more today.
    pub(crate) fn allowance(&self, topic: &str, wanted: u32) -> Option<usize> {
        let mut allowed = u64::from(wanted);
        if let Some(limit) = self.settings.borrow().daily_deliveries {
            let left = limit.saturating_sub(self.allocation.used());
            if left == 0 {
                return None;
            }
            allowed = allowed.min(left);
        }
        let until_fault = self.faults.allowance(topic).unwrap_or(u64::MAX);
        Some(usize::try_from(allowed.min(until_fault)).unwrap_or(usize::MAX))
    }

    /// Counts what a stream delivered; a fault that was waiting for that strikes it.
    pub(crate) fn delivered(&self, stream: &Stream, topic: &str, events: u64) {
        self.allocation.add(events);
        if let Some(how) = self.faults.delivered(topic, events) {
            stream.order(how.order());
        }
    }

    /// What a fault does to a new call: it ends it, or has a stream begin in silence.
    pub(crate) fn refusal(&self) -> Result<Order, Ending> {
        match self.faults.take_refusal().map(How::order) {
            None => Ok(Order::Work),
            Some(Order::End(ending)) => Err(ending),
            Some(order) => Ok(order),
        }
    }
}
