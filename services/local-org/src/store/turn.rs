//! Whose turn it is: an org's database is used by one at a time.

use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Who has had the database for longer than this may need it for much longer.
const SHORT: Duration = Duration::from_millis(1);

/// Something for one at a time, which tells others how long they may have to wait.
#[derive(Debug)]
pub(super) struct Turns<T> {
    value: Mutex<T>,
    made: Instant,
    /// Since when it is somebody's turn, in ns since it was made; 0 when it is nobody's.
    since: AtomicU64,
}

/// A turn.
#[derive(Debug)]
pub(super) struct Turn<'t, T> {
    value: MutexGuard<'t, T>,
    since: &'t AtomicU64,
}

impl<T> Turns<T> {
    pub(super) fn new(value: T) -> Self {
        Self { value: Mutex::new(value), made: Instant::now(), since: AtomicU64::new(0) }
    }

    /// Waits for a turn.
    pub(super) fn take(&self) -> Turn<'_, T> {
        // A poisoned lock is harmless: the transaction of the panicking thread was rolled back when it unwound.
        let value = self.value.lock().unwrap_or_else(PoisonError::into_inner);
        self.since.store(self.now().max(1), Ordering::Relaxed);
        Turn { value, since: &self.since }
    }

    /// Whether a turn comes at once, or soon, as far as one can tell: the one who has it has just begun.
    pub(super) fn comes_soon(&self) -> bool {
        let since = self.since.load(Ordering::Relaxed);
        since == 0 || Duration::from_nanos(self.now().saturating_sub(since)) < SHORT
    }

    fn now(&self) -> u64 {
        u64::try_from(self.made.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }
}

impl<T> Deref for Turn<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> DerefMut for Turn<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}

impl<T> Drop for Turn<'_, T> {
    fn drop(&mut self) {
        self.since.store(0, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::{SHORT, Turns};

    #[test]
    fn a_turn_that_takes_long_is_seen_by_others() {
        let turns = Turns::new(1);
        assert!(turns.comes_soon());
        let mut turn = turns.take();
        thread::sleep(SHORT * 2);
        assert!(!turns.comes_soon());
        *turn += 1;
        drop(turn);
        assert!(turns.comes_soon());
        assert_eq!(*turns.take(), 2);
    }
}
