//! What a worker has done.

use std::sync::atomic::{AtomicU64, Ordering};

/// Records that this worker has dealt with and that were counted.
#[derive(Debug, Default)]
pub(super) struct Done(AtomicU64);

impl Done {
    pub(super) fn add(&self, records: u64) {
        self.0.fetch_add(records, Ordering::Relaxed);
    }

    pub(super) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
