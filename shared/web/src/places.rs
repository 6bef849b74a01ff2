//! Places for what takes its time, such as calls that wait for an org: a number in all, and a number of one org, so that no
//! org's callers leave nothing for the others.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

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

/// Why there is no place: this many are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Full {
    /// By the org itself.
    OfOrg(usize),
    /// By all orgs.
    OfAll(usize),
}

/// A place that is taken; given back when dropped.
#[derive(Debug)]
pub(super) struct Place {
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
        self.take_below(org, |_free| usize::MAX)
    }

    /// The same for an org that may have as many places as `most` says of the number of free ones, if the limits allow that.
    ///
    /// # Errors
    /// [`Full`].
    pub(super) fn take_below(&self, org: &str, most: impl FnOnce(usize) -> usize) -> Result<Place, Full> {
        let PlaceLimits { all, per_org } = self.limits;
        let mut taken = self.lock();
        let own = taken.get(org).copied().unwrap_or_default();
        let free = all.saturating_sub(taken.values().sum());
        if own >= per_org {
            return Err(Full::OfOrg(own));
        }
        if free == 0 {
            return Err(Full::OfAll(all));
        }
        if own >= most(free) {
            return Err(Full::OfOrg(own));
        }
        *taken.entry(org.to_owned()).or_default() += 1;
        Ok(Place { places: self.clone(), org: org.to_owned() })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, usize>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// Whose place it is.
    pub(super) fn org(&self) -> &str {
        &self.org
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
}
