//! Calls that wait for an org while their caller waits: none of the orgs, however slow, and however many they are, takes what
//! others need.
//!
//! An org may have a call for every fourth place that is free, up to its limit: the more is taken, the less anybody adds, and
//! the last places are for orgs that have none. An org that did not answer has [`FEW`], until it does.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::error::ApiError;
use super::places::{Full, Place, PlaceLimits, Places, fair_share};
use shared::salesforce::Error;

/// When a call may find a place that was one too many.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// Places of an org that did not answer: enough to try it.
const FEW: usize = 2;

/// How long it counts that an org did not answer.
const MEMORY: Duration = Duration::from_secs(10 * 60);

/// Orgs that are remembered at most.
const MOST_REMEMBERED: usize = 10_000;

/// The calls of a process that wait. Cheap to clone; clones are the same.
#[derive(Clone, Debug)]
pub struct WaitingCalls {
    places: Places,
    /// Orgs that did not answer, and when.
    silent: Arc<Mutex<HashMap<String, Instant>>>,
}

/// The place of a call that waits for an org, until it is dropped. That alone, as with a caller that has gone, says nothing about
/// the org.
#[derive(Debug)]
#[must_use = "the call has its place as long as this lives"]
pub struct WaitingCall {
    calls: WaitingCalls,
    place: Place,
}

impl WaitingCalls {
    /// With these limits.
    #[must_use]
    pub fn new(limits: PlaceLimits) -> Self {
        Self { places: Places::new(limits), silent: Arc::default() }
    }

    /// A place for a call that waits for `org`, to be kept until the org has answered.
    ///
    /// # Errors
    /// 429 when there is none.
    pub fn admit(&self, org: &str) -> Result<WaitingCall, ApiError> {
        let silent = self.lock().get(org).is_some_and(|since| since.elapsed() < MEMORY);
        let most = |free: usize| {
            let share = fair_share(free);
            if silent { share.min(FEW) } else { share }
        };
        match self.places.take_below(org, most) {
            Ok(place) => Ok(WaitingCall { calls: self.clone(), place }),
            Err(full) => Err(ApiError::too_many_requests(refusal(full, silent), RETRY_AFTER)),
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Instant>> {
        self.silent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl WaitingCall {
    /// The org has answered, whatever it said.
    pub fn answered(&self) {
        self.calls.lock().remove(self.place.org());
    }

    /// The call ended with this error of the org, or of its silence; or with none.
    pub fn end(&self, error: Option<&Error>) {
        let unanswered = |error: &Error| {
            matches!(
                error,
                Error::NotSent { .. } | Error::NoAnswer { .. } | Error::TimedOut { .. } | Error::Silent { .. }
            )
        };
        if error.is_some_and(unanswered) { self.timed_out() } else { self.answered() }
    }

    /// The org did not answer in time.
    pub fn timed_out(&self) {
        let mut silent = self.calls.lock();
        if silent.len() >= MOST_REMEMBERED {
            silent.retain(|_, since| since.elapsed() < MEMORY);
            if silent.len() >= MOST_REMEMBERED {
                silent.clear();
            }
        }
        silent.insert(self.place.org().to_owned(), Instant::now());
    }
}

fn refusal(full: Full, silent: bool) -> String {
    match full {
        Full::OfOrg(count) if silent => {
            format!("The org did not answer in time, and {count} calls try it already. Try again in a moment.")
        }
        Full::OfOrg(count) => format!("{count} calls wait for this org, as many as may now. Try again in a moment."),
        Full::OfAll(count) => format!("{count} calls wait for their orgs, as many as may. Try again in a moment."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::salesforce::Operation;

    fn calls(all: usize, per_org: usize) -> WaitingCalls {
        WaitingCalls::new(PlaceLimits { all, per_org })
    }

    /// As many places as `org` gets.
    fn all_of(calls: &WaitingCalls, org: &str) -> Vec<WaitingCall> {
        std::iter::from_fn(|| calls.admit(org).ok()).take(1_000).collect()
    }

    #[test]
    fn a_call_too_many_is_429() {
        let calls = calls(1, 1);
        let _waiting = calls.admit("one").unwrap();
        for org in ["one", "two"] {
            let error = calls.admit(org).unwrap_err();
            assert_eq!((error.status().as_u16(), error.code()), (429, "too_many_requests"), "{error}");
        }
    }

    #[test]
    fn orgs_that_take_all_they_get_leave_places_for_others() {
        let calls = calls(200, 32);
        let mut greedy = Vec::new();
        for org in 0..16 {
            greedy.push(all_of(&calls, &format!("greedy-{org}")));
        }
        assert!(greedy.iter().all(|taken| !taken.is_empty()), "each has some");
        assert_eq!(greedy[0].len(), 32);
        assert!(!all_of(&calls, "other").is_empty());
        // Who comes back for more gets nothing of what is left for others.
        assert!(calls.admit("greedy-0").is_err());
        drop(greedy);
        assert_eq!(all_of(&calls, "other").len(), 32, "all come back");
    }

    #[test]
    fn an_org_that_did_not_answer_has_few_places_until_it_does() {
        let calls = calls(200, 32);
        let mut waiting = all_of(&calls, "one");
        waiting.pop().unwrap().timed_out();
        assert!(calls.admit("one").unwrap_err().to_string().contains("did not answer"));
        drop(waiting);
        let mut waiting = all_of(&calls, "one");
        assert_eq!(waiting.len(), FEW, "that callers have gone says nothing");
        assert_eq!(all_of(&calls, "two").len(), 32, "it is about that org only");
        waiting.pop().unwrap().answered();
        drop(waiting);
        assert_eq!(all_of(&calls, "one").len(), 32);
    }

    #[test]
    fn any_answer_is_one_and_silence_is_none() {
        let calls = calls(200, 32);
        let silent = Error::Silent { operation: Operation::Query, host: "one".to_owned() };
        calls.admit("one").unwrap().end(Some(&silent));
        assert_eq!(all_of(&calls, "one").len(), FEW);
        calls.admit("one").unwrap().end(Some(&Error::SessionExpired));
        assert_eq!(all_of(&calls, "one").len(), 32);
        let late = Error::TimedOut { operation: Operation::Query, host: "one".to_owned() };
        calls.admit("one").unwrap().end(Some(&late));
        calls.admit("one").unwrap().end(None);
        assert_eq!(all_of(&calls, "one").len(), 32);
    }

    #[test]
    fn so_many_orgs_are_remembered_at_most() {
        let calls = calls(2, 1);
        for org in 0..=MOST_REMEMBERED {
            calls.admit(&org.to_string()).unwrap().timed_out();
        }
        assert!(calls.lock().len() <= MOST_REMEMBERED);
    }
}
