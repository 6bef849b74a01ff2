//! One call at a time per key: a repeated call waits for the first one, rather than take its half-written Quote for a
//! leftover. Only within this process; across processes the key in Salesforce decides, at the cost of some detours.

use shared::quotes::key::JobKey;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::OwnedMutexGuard;

/// Who works under which key. Clones share it.
#[derive(Clone, Default)]
pub(crate) struct Turns(Arc<Mutex<HashMap<JobKey, Arc<tokio::sync::Mutex<()>>>>>);

/// The right to work under a key. Dropping it lets the next one work.
pub(crate) struct Turn {
    // In this order: the place is free before the ticket looks whether anyone wants it.
    _place: OwnedMutexGuard<()>,
    _ticket: Ticket,
}

/// Removes the key when nobody wants it any more.
struct Ticket {
    turns: Turns,
    key: JobKey,
}

impl Turns {
    /// Waits until nobody else works under `key`, first come, first served.
    pub(crate) async fn turn(&self, key: &JobKey) -> Turn {
        let ticket = Ticket { turns: self.clone(), key: key.clone() };
        let place = Arc::clone(self.lock().entry(key.clone()).or_default());
        Turn { _place: place.lock_owned().await, _ticket: ticket }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<JobKey, Arc<tokio::sync::Mutex<()>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut places = self.turns.lock();
        // Whoever works or waits under the key holds a clone, and clones are made under this lock only.
        if places.get(&self.key).is_some_and(|place| Arc::strong_count(place) == 1) {
            places.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::poll;
    use std::pin::pin;
    use std::task::Poll;

    #[tokio::test]
    async fn the_same_key_waits_and_another_does_not() {
        let turns = Turns::default();
        let (one, two) = (JobKey::of(1), JobKey::of(2));
        let first = turns.turn(&one).await;
        let mut second = pin!(turns.turn(&one));
        assert!(matches!(poll!(&mut second), Poll::Pending));
        drop(turns.turn(&two).await);
        drop(first);
        let second = second.await;
        assert_eq!(turns.lock().len(), 1);
        drop(second);
        assert_eq!(turns.lock().len(), 0);
    }

    #[tokio::test]
    async fn who_gives_up_waiting_leaves_nothing_behind() {
        let turns = Turns::default();
        let key = JobKey::of(1);
        let first = turns.turn(&key).await;
        {
            let mut second = pin!(turns.turn(&key));
            assert!(matches!(poll!(&mut second), Poll::Pending));
            drop(first);
        }
        assert_eq!(turns.lock().len(), 0);
    }
}
