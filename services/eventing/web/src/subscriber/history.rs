//! Where this process was some time ago, for a Redis that has lost everything: with the position it has lost the
//! transactions that were open and the jobs that were queued, so their events must come again. Those whose Quotes are there
//! make none twice: a Quote's key is made of transaction and Opportunity.

use crate::buffer::{Beginning, Position};
use chrono::{DateTime, Utc};
use shared::salesforce::SalesforceId;
use shared::salesforce::pubsub::ReplayId;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// How far back it goes. A transaction waits for seconds, and a job for a worker hardly longer.
const REACH: Duration = Duration::from_secs(5 * 60);
/// Time between two places that are kept.
const STEP: Duration = Duration::from_secs(5);

/// Places of the last minutes, and when the subscription began.
#[derive(Debug, Default)]
pub(super) struct History {
    /// The oldest first.
    places: VecDeque<(Instant, ReplayId)>,
    since: Option<DateTime<Utc>>,
    /// The org in which these are places.
    org: Option<SalesforceId>,
}

impl History {
    /// From now on it is about this org. Places of another are of no use.
    pub(super) fn of_org(&mut self, org: SalesforceId) {
        if self.org.replace(org).is_some_and(|before| before != org) {
            self.restart(None);
        }
    }

    /// Everything up to this place is in Redis.
    pub(super) fn record(&mut self, now: Instant, replay_id: &ReplayId) {
        if self.places.back().is_none_or(|(last, _)| now.duration_since(*last) >= STEP) {
            self.places.push_back((now, replay_id.clone()));
        }
        // One that is old enough stays.
        while self.places.get(1).is_some_and(|(second, _)| now.duration_since(*second) >= REACH) {
            self.places.pop_front();
        }
    }

    /// This is where the subscription is, as Redis knows.
    pub(super) fn watch(&mut self, position: &Position) {
        if let Some(org) = position.org {
            self.of_org(org);
        }
        self.since = position.since.or(self.since);
        if let Some(replay_id) = &position.replay_id {
            self.record(Instant::now(), replay_id);
        }
    }

    /// The subscription begins anew: earlier places are of no use.
    pub(super) fn restart(&mut self, since: Option<DateTime<Utc>>) {
        self.places.clear();
        self.since = since;
    }

    /// When the subscription began, as far as Redis knew; `None` when this process does not know.
    pub(super) fn beginning(&self) -> Option<Beginning> {
        match self.since {
            Some(since) => Some(Beginning::At(since)),
            // One that has a place and no beginning takes all events in.
            None => self.oldest().map(|_| Beginning::Always),
        }
    }

    /// Where to go on when Redis knows nothing; `None` when this process does not know either.
    pub(super) fn oldest(&self) -> Option<&ReplayId> {
        self.places.front().map(|(_, replay_id)| replay_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goes_back_for_minutes_and_keeps_little() {
        let start = Instant::now();
        let place = |second: u16| ReplayId::from_bytes(second.to_be_bytes()).unwrap();
        let mut history = History::default();
        assert_eq!(history.oldest(), None);
        for second in 0..=1_000_u16 {
            history.record(start + Duration::from_secs(second.into()), &place(second));
            assert!(history.places.len() <= 62, "{}", history.places.len());
            if second < 300 {
                assert_eq!(history.oldest(), Some(&place(0)), "the first one, as long as none is old enough");
            }
        }
        assert_eq!(history.oldest(), Some(&place(700)));
    }

    #[test]
    fn knows_when_the_subscription_began() {
        let mut history = History::default();
        assert_eq!(history.beginning(), None);
        history.record(Instant::now(), &ReplayId::from_bytes([1]).unwrap());
        assert_eq!(history.beginning(), Some(Beginning::Always));
        let since = DateTime::from_timestamp_millis(1_000).unwrap();
        history.watch(&Position { since: Some(since), ..Position::default() });
        history.watch(&Position::default());
        assert_eq!(history.beginning(), Some(Beginning::At(since)));
        let later = DateTime::from_timestamp_millis(2_000).unwrap();
        history.restart(Some(later));
        assert_eq!((history.beginning(), history.oldest()), (Some(Beginning::At(later)), None));
    }

    #[test]
    fn knows_nothing_of_another_org() {
        let [one, other] = ["00D000000000001EAA", "00D000000000002EAA"].map(|org| org.parse::<SalesforceId>().unwrap());
        let replay_id = ReplayId::from_bytes([1]).unwrap();
        let since = DateTime::from_timestamp_millis(1_000);
        let mut history = History::default();
        // Of the version before: it is not known whose it is.
        history.watch(&Position { replay_id: Some(replay_id.clone()), since, ..Position::default() });
        history.of_org(one);
        assert_eq!(history.oldest(), Some(&replay_id));
        history.of_org(one);
        assert_eq!(history.oldest(), Some(&replay_id));
        history.watch(&Position { org: Some(other), ..Position::default() });
        assert_eq!((history.beginning(), history.oldest()), (None, None));
    }
}
