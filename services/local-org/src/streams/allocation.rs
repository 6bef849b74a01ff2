//! The events that an org may deliver in 24 hours (Platform Events Developer Guide, "Allocations").

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A day.
const WINDOW: Duration = Duration::from_secs(24 * 60 * 60);

/// Counts deliveries. The day begins with its first delivery and is not a sliding one.
#[derive(Debug, Default)]
pub(crate) struct Allocation(Mutex<Option<(Instant, u64)>>);

impl Allocation {
    /// Events delivered today.
    pub(crate) fn used(&self) -> u64 {
        self.lock().filter(|(since, _)| since.elapsed() < WINDOW).map_or(0, |(_, used)| used)
    }

    /// Counts deliveries.
    pub(crate) fn add(&self, events: u64) {
        let used = self.used();
        let mut day = self.lock();
        match day.as_mut().filter(|_| used > 0) {
            Some((_, used)) => *used += events,
            None => *day = Some((Instant::now(), events)),
        }
    }

    /// Begins a new day.
    pub(crate) fn reset(&self) {
        *self.lock() = None;
    }

    fn lock(&self) -> MutexGuard<'_, Option<(Instant, u64)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
