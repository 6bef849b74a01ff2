//! What an org was asked to do: calls by operation, rows, calls at the same time.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;

/// Counters of one org.
#[derive(Debug, Default)]
pub struct Counters(Mutex<Counts>);

/// The state of an org's counters.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// API calls taken, whatever became of them; calls refused because the day's are used up are not among them.
    pub calls: Calls,
    /// Rows of all calls.
    pub rows: Rows,
    /// Calls in execution.
    pub concurrent: Concurrent,
}

/// API calls, the total and by operation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Calls {
    /// All calls; the org's API usage.
    pub total: u64,
    /// Calls by operation (`query`, `graph`, `create`, …).
    pub by_operation: BTreeMap<&'static str, u64>,
}

/// Rows by what was done with them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Rows {
    /// Rows that queries and rules read.
    pub read: u64,
    /// Records created, updated and deleted, also when the transaction was rolled back afterwards.
    pub written: u64,
}

/// Calls in execution at the same time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Concurrent {
    /// How many there are now.
    pub now: u64,
    /// At most since the last reset.
    pub max: u64,
}

/// A call that was refused because the org's calls are used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LimitReached;

/// Counts one call as being in execution until it is dropped.
#[derive(Debug)]
pub struct InExecution(Arc<Counters>);

impl Counters {
    /// The counters as they stand.
    pub fn snapshot(&self) -> Counts {
        self.counts().clone()
    }

    /// All API calls so far.
    pub fn usage(&self) -> u64 {
        self.counts().calls.total
    }

    /// Sets all counters to zero; calls in execution stay counted as such.
    pub fn reset(&self) {
        let mut counts = self.counts();
        let now = counts.concurrent.now;
        *counts = Counts { concurrent: Concurrent { now, max: now }, ..Counts::default() };
    }

    /// Counts a call, unless `limit` calls were taken already.
    ///
    /// # Errors
    ///
    /// [`LimitReached`] when the limit was reached; the call is not counted then.
    pub fn take_call(&self, operation: &'static str, limit: Option<u64>) -> Result<(), LimitReached> {
        let mut counts = self.counts();
        if limit.is_some_and(|limit| counts.calls.total >= limit) {
            return Err(LimitReached);
        }
        counts.calls.total += 1;
        *counts.calls.by_operation.entry(operation).or_default() += 1;
        Ok(())
    }

    /// Begins the execution of a call, unless `limit` calls are in execution already.
    ///
    /// # Errors
    ///
    /// [`LimitReached`] when too many are.
    pub fn begin(self: &Arc<Self>, limit: Option<u64>) -> Result<InExecution, LimitReached> {
        let mut counts = self.counts();
        let concurrent = &mut counts.concurrent;
        if limit.is_some_and(|limit| concurrent.now >= limit) {
            return Err(LimitReached);
        }
        concurrent.now += 1;
        concurrent.max = concurrent.max.max(concurrent.now);
        Ok(InExecution(Arc::clone(self)))
    }

    /// Adds rows.
    pub fn add_rows(&self, rows: Rows) {
        let mut counts = self.counts();
        counts.rows.read += rows.read;
        counts.rows.written += rows.written;
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for InExecution {
    fn drop(&mut self) {
        let mut counts = self.0.counts();
        counts.concurrent.now = counts.concurrent.now.saturating_sub(1);
    }
}

#[cfg(test)]
mod tests;
