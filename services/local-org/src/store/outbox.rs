//! Platform events of one transaction.

use crate::events::Draft;

/// Platform events that a transaction publishes.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    /// Published when the transaction is committed; what a savepoint undid is not.
    pub(super) after_commit: Vec<Draft>,
    /// Published whatever becomes of the transaction.
    pub(super) immediately: Vec<Draft>,
    /// UUIDs by the id that the caller gets for an event.
    pub(super) uuids: Vec<(String, String)>,
}

impl Outbox {
    /// Where a savepoint begins.
    pub(super) fn mark(&self) -> usize {
        self.after_commit.len()
    }

    /// Drops what was published since.
    pub(super) fn undo(&mut self, mark: usize) {
        self.after_commit.truncate(mark);
    }
}
