//! Answers that are shown to whoever asks for them within a moment: however many pages are open, all that show the same cost
//! Redis one look in this time.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How old an answer may be.
const FRESH: Duration = Duration::from_millis(900);

/// Different answers that are kept; of more, those that are too old go.
const MOST: usize = 64;

/// One answer, and when it was looked for. Who comes meanwhile waits for it.
type Place<V> = Arc<tokio::sync::Mutex<Option<(Instant, Arc<V>)>>>;

/// Answers by what was asked for.
#[derive(Debug)]
pub(crate) struct Fresh<K, V>(Mutex<HashMap<K, Place<V>>>);

impl<K, V> Default for Fresh<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash, V> Fresh<K, V> {
    /// The answer, at most a second old. An error is not kept.
    pub(crate) async fn get<E>(&self, key: K, look: impl AsyncFnOnce() -> Result<V, E>) -> Result<Arc<V>, E> {
        let place = self.place(key);
        let mut last = place.lock().await;
        if let Some((at, answer)) = last.as_ref()
            && at.elapsed() < FRESH
        {
            return Ok(Arc::clone(answer));
        }
        // Of before the look, so that an answer is not older than it is said to be.
        let at = Instant::now();
        let answer = Arc::new(look().await?);
        *last = Some((at, Arc::clone(&answer)));
        Ok(answer)
    }

    fn place(&self, key: K) -> Place<V> {
        let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if places.len() >= MOST {
            // One that cannot be locked is being looked for.
            places.retain(|_, place| {
                place.try_lock().is_ok_and(|last| last.as_ref().is_some_and(|(at, _)| at.elapsed() < FRESH))
            });
        }
        Arc::clone(places.entry(key).or_default())
    }

    /// Forgets all answers, those that are being looked for too: something was done that the next page shows.
    pub(crate) fn forget(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;
    use std::sync::atomic::{AtomicU32, Ordering};

    #[tokio::test]
    async fn all_who_ask_at_once_get_one_answer_until_it_is_forgotten() {
        let (fresh, looks) = (Fresh::<u8, u32>::default(), AtomicU32::new(0));
        let ask = async |key| {
            let look = async || {
                tokio::task::yield_now().await;
                Ok::<_, Infallible>(looks.fetch_add(1, Ordering::Relaxed))
            };
            *fresh.get(key, look).await.unwrap()
        };
        let (one, two, other) = tokio::join!(ask(1), ask(1), ask(2));
        assert_eq!((one == two, one == other, looks.load(Ordering::Relaxed)), (true, false, 2));
        assert_eq!(ask(1).await, one);
        fresh.forget();
        assert_eq!(ask(1).await, 2);
    }

    #[tokio::test]
    async fn no_more_are_kept_than_are_asked_for_in_a_moment() {
        let fresh = Fresh::<usize, usize>::default();
        let ask = async |key| fresh.get(key, async || if key == 7 { Err(key) } else { Ok(key) }).await;
        assert!(ask(7).await.is_err(), "an error is not kept");
        for key in 8..=MOST + 7 {
            ask(key).await.unwrap();
        }
        assert!(fresh.0.lock().unwrap().len() <= MOST, "the one without an answer went");
        std::thread::sleep(FRESH);
        ask(1).await.unwrap();
        assert_eq!(fresh.0.lock().unwrap().len(), 1, "what is too old goes");
    }
}
