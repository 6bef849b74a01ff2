//! Places for what takes its time, such as calls that wait for an org: so many in all, and so many of one org, so that no
//! org's callers leave nothing for the others.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::error::ApiError;

/// When a call may find a place that was one too many.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// How many places there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlaceLimits {
    /// In all.
    pub all: usize,
    /// Of them, to one org.
    pub per_org: usize,
}

/// Which places are taken. Cheap to clone; clones share them.
#[derive(Clone, Debug)]
pub(super) struct Places {
    limits: PlaceLimits,
    taken: Arc<Mutex<HashMap<String, usize>>>,
}

/// Why there is no place: so many are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Full {
    /// By the org itself.
    OfOrg(usize),
    /// By all orgs.
    OfAll(usize),
}

/// A place that is taken; given back when dropped.
#[derive(Debug)]
pub struct Place {
    places: Places,
    org: String,
}

impl Places {
    pub(super) fn new(limits: PlaceLimits) -> Self {
        Self { limits, taken: Arc::default() }
    }

    /// Takes a place for `org`.
    ///
    /// # Errors
    /// [`Full`].
    pub(super) fn take(&self, org: &str) -> Result<Place, Full> {
        let PlaceLimits { all, per_org } = self.limits;
        let mut taken = self.lock();
        if taken.get(org).is_some_and(|taken| *taken >= per_org) {
            return Err(Full::OfOrg(per_org));
        }
        if taken.values().sum::<usize>() >= all {
            return Err(Full::OfAll(all));
        }
        *taken.entry(org.to_owned()).or_default() += 1;
        Ok(Place { places: self.clone(), org: org.to_owned() })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, usize>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.lock();
        if let Some(count) = taken.get_mut(&self.org) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                taken.remove(&self.org);
            }
        }
    }
}

/// Calls that wait for an org while their caller waits. An org that does not answer has its share of them, and no more.
#[derive(Clone, Debug)]
pub struct WaitingCalls(Places);

impl WaitingCalls {
    /// With these limits.
    #[must_use]
    pub fn new(limits: PlaceLimits) -> Self {
        Self(Places::new(limits))
    }

    /// A place for a call that waits for `org`, to be kept until the org has answered.
    ///
    /// # Errors
    /// 429 when there is none.
    pub fn admit(&self, org: &str) -> Result<Place, ApiError> {
        self.0.take(org).map_err(|full| {
            let text = match full {
                Full::OfOrg(count) => {
                    format!("{count} calls wait for this org, as many as may. Try again in a moment.")
                }
                Full::OfAll(count) => {
                    format!("{count} calls wait for their orgs, as many as may. Try again in a moment.")
                }
            };
            ApiError::too_many_requests(text, RETRY_AFTER)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_limited_per_org_and_in_all_and_come_back() {
        let places = Places::new(PlaceLimits { all: 3, per_org: 2 });
        let first = places.take("one").unwrap();
        let _second = places.take("one").unwrap();
        let refused = |org: &str| places.take(org).map(drop).unwrap_err();
        assert_eq!(refused("one"), Full::OfOrg(2));
        let _third = places.take("two").unwrap();
        assert_eq!(refused("three"), Full::OfAll(3));
        drop(first);
        drop(places.take("one").unwrap());
        assert_eq!(places.lock().len(), 2);
    }

    #[test]
    fn a_call_too_many_is_429() {
        let calls = WaitingCalls::new(PlaceLimits { all: 1, per_org: 1 });
        let _waiting = calls.admit("one").unwrap();
        for org in ["one", "two"] {
            let error = calls.admit(org).unwrap_err();
            assert_eq!((error.status().as_u16(), error.code()), (429, "too_many_requests"), "{error}");
        }
    }
}
