//! Where this process was some time ago, for a Redis that has lost everything: with the position it has lost the
//! transactions that were open and the jobs that were queued, so their events must come again. Those whose Quotes are there
//! make none twice: a Quote's key is made of transaction and Opportunity.

use shared::salesforce::pubsub::ReplayId;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// How far back it goes. A transaction waits for seconds, and a job for a worker hardly longer.
const REACH: Duration = Duration::from_secs(5 * 60);
/// Time between two places that are kept.
const STEP: Duration = Duration::from_secs(5);

/// Places of the last minutes, the oldest first.
#[derive(Debug, Default)]
pub(super) struct History(VecDeque<(Instant, ReplayId)>);

impl History {
    /// Everything up to this place is in Redis.
    pub(super) fn record(&mut self, now: Instant, replay_id: &ReplayId) {
        if self.0.back().is_none_or(|(last, _)| now.duration_since(*last) >= STEP) {
            self.0.push_back((now, replay_id.clone()));
        }
        // One that is old enough stays.
        while self.0.get(1).is_some_and(|(second, _)| now.duration_since(*second) >= REACH) {
            self.0.pop_front();
        }
    }

    /// Where to go on when Redis knows nothing; `None` when this process does not know either.
    pub(super) fn oldest(&self) -> Option<&ReplayId> {
        self.0.front().map(|(_, replay_id)| replay_id)
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
            assert!(history.0.len() <= 62, "{}", history.0.len());
            if second < 300 {
                assert_eq!(history.oldest(), Some(&place(0)), "the first one, as long as none is old enough");
            }
        }
        assert_eq!(history.oldest(), Some(&place(700)));
    }
}
