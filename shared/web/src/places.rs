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

/// Of the places that are free, one org may have taken one in this many.
const FREE_FOR_ONE: usize = 4;

/// How many places an org may have while `free` ones are: the more is taken, the less anybody adds, and the last are for orgs that
/// have none.
pub(super) fn fair_share(free: usize) -> usize {
    free.div_ceil(FREE_FOR_ONE)
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

    /// Takes a place for an org that may have as many places as `most` says of the number of free ones, if the limits allow that.
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

    fn take(places: &Places, org: &str) -> Result<Place, Full> {
        places.take_below(org, |_free| usize::MAX)
    }

    #[test]
    fn places_are_limited_per_org_and_in_all_and_come_back() {
        let places = Places::new(PlaceLimits { all: 3, per_org: 2 });
        let first = take(&places, "one").unwrap();
        let _second = take(&places, "one").unwrap();
        let refused = |org: &str| take(&places, org).map(drop).unwrap_err();
        assert_eq!(refused("one"), Full::OfOrg(2));
        let _third = take(&places, "two").unwrap();
        assert_eq!(refused("three"), Full::OfAll(3));
        drop(first);
        drop(take(&places, "one").unwrap());
        assert_eq!(places.lock().len(), 2);
    }

    #[test]
    fn orgs_that_take_their_fair_share_leave_places_for_others() {
        let places = Places::new(PlaceLimits { all: 500, per_org: 50 });
        let all_of = |org: &str| std::iter::from_fn(|| places.take_below(org, fair_share).ok()).collect::<Vec<_>>();
        let greedy: Vec<_> = (0..20).map(|org| all_of(&format!("greedy-{org}"))).collect();
        assert_eq!(greedy[0].len(), 50);
        assert!(greedy.iter().all(|taken| !taken.is_empty()));
        assert!(!all_of("other").is_empty(), "none is left to an org that has none");
        drop(greedy);
        assert_eq!(all_of("other").len(), 50);
    }
}
