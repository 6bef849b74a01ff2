//! The streams that are open, and the orders that faults give them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::handle::Handle;
use crate::events::ReplayId;

/// What a stream is told to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// Its work.
    Work,
    /// Nothing: neither events nor keepalives, until it is told otherwise.
    Silence,
    /// To end.
    End(Ending),
}

/// How a stream or a call is ended by a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Ending {
    /// Its TCP connection is reset, and with it all others on that connection.
    Reset,
    /// With status UNAVAILABLE.
    Unavailable,
    /// With status UNAUTHENTICATED.
    Unauthenticated,
}

/// An open stream, as the control API lists it.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Progress {
    id: u64,
    /// Name of the method.
    pub(crate) rpc: &'static str,
    /// Known once the client has sent its first request.
    pub(crate) topic: Option<String>,
    pub(crate) username: String,
    pub(crate) since: DateTime<Utc>,
    /// Events that the client is ready to take.
    pub(crate) pending: u32,
    /// Events it got; of a publisher, that it published.
    pub(crate) events: u64,
    /// Responses it got, with events or without.
    pub(crate) responses: u64,
    /// Replay id of its position, as a number.
    pub(crate) position: Option<ReplayId>,
    pub(crate) silent: bool,
}

#[derive(Debug)]
struct Entry {
    progress: Progress,
    order: watch::Sender<Order>,
}

/// The open streams of an org.
#[derive(Debug, Default)]
pub(crate) struct Streams(Mutex<Open>);

#[derive(Debug, Default)]
struct Open {
    last_id: u64,
    entries: BTreeMap<u64, Entry>,
}

/// One open stream; it is closed when this is dropped.
#[derive(Debug)]
pub(crate) struct Stream {
    id: u64,
    streams: Arc<Streams>,
    orders: watch::Receiver<Order>,
    connection: Handle,
}

impl Streams {
    /// Registers a stream.
    pub(crate) fn open(
        self: &Arc<Self>,
        rpc: &'static str,
        username: &str,
        connection: Handle,
        order: Order,
    ) -> Stream {
        let (sender, orders) = watch::channel(order);
        let mut open = self.lock();
        open.last_id += 1;
        let id = open.last_id;
        let progress = Progress {
            id,
            rpc,
            topic: None,
            username: username.to_owned(),
            since: Utc::now(),
            pending: 0,
            events: 0,
            responses: 0,
            position: None,
            silent: false,
        };
        open.entries.insert(id, Entry { progress, order: sender });
        drop(open);
        Stream { id, streams: Arc::clone(self), orders, connection }
    }

    /// All open streams, the oldest first.
    pub(crate) fn list(&self) -> Vec<Progress> {
        let shown =
            |entry: &Entry| Progress { silent: *entry.order.borrow() == Order::Silence, ..entry.progress.clone() };
        self.lock().entries.values().map(shown).collect()
    }

    /// Gives an order to the streams of a topic, or to all; how many there are.
    pub(crate) fn order(&self, topic: Option<&str>, order: Order) -> usize {
        let open = self.lock();
        let meant = open.entries.values().filter(|entry| topic.is_none() || entry.progress.topic.as_deref() == topic);
        let mut count = 0;
        for entry in meant {
            entry.order.send_replace(order);
            count += 1;
        }
        count
    }

    /// Lets silent streams work again.
    pub(crate) fn lift(&self) {
        for entry in self.lock().entries.values() {
            entry.order.send_if_modified(|order| {
                let silent = *order == Order::Silence;
                if silent {
                    *order = Order::Work;
                }
                silent
            });
        }
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Stream {
    /// The orders given to it.
    pub(crate) fn orders(&self) -> watch::Receiver<Order> {
        self.orders.clone()
    }

    /// Gives itself an order.
    pub(crate) fn order(&self, order: Order) {
        if let Some(entry) = self.streams.lock().entries.get(&self.id) {
            entry.order.send_replace(order);
        }
    }

    /// Tells how far it is.
    pub(crate) fn tell(&self, change: impl FnOnce(&mut Progress)) {
        if let Some(entry) = self.streams.lock().entries.get_mut(&self.id) {
            change(&mut entry.progress);
        }
    }

    /// Resets its connection.
    pub(crate) fn reset(&self) {
        self.connection.reset();
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.streams.lock().entries.remove(&self.id);
    }
}
