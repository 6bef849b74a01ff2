//! Ids of batches and of the results of queries.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::id;

/// First characters of the id of a batch, and of the result of one.
const BATCH: &str = "751";
const RESULT: &str = "752";

/// Gives each id once.
#[derive(Debug, Default)]
pub(crate) struct Ids(AtomicU64);

impl Ids {
    /// Ids for the next batch and for its result.
    pub(super) fn next(&self) -> (String, String) {
        let number = self.0.fetch_add(1, Ordering::Relaxed) + 1;
        (id::generate(BATCH, number), id::generate(RESULT, number))
    }
}
