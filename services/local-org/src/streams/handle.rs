//! A handle of the connection under a stream, for faults that reset it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Waker;

use futures_util::task::AtomicWaker;

/// A handle of a connection; the server gives it to each of its calls.
#[derive(Debug, Clone, Default)]
pub(crate) struct Handle(Arc<State>);

#[derive(Debug, Default)]
struct State {
    reset: AtomicBool,
    reader: AtomicWaker,
}

impl Handle {
    /// Resets the connection: its client sees RST, whatever calls are open on it.
    pub(crate) fn reset(&self) {
        self.0.reset.store(true, Ordering::Release);
        self.0.reader.wake();
    }

    /// Whether the connection is to be reset.
    pub(crate) fn is_reset(&self) -> bool {
        self.0.reset.load(Ordering::Acquire)
    }

    /// Wakes the reader of the connection when it is to be reset.
    pub(crate) fn wake_on_reset(&self, reader: &Waker) {
        self.0.reader.register(reader);
    }
}
