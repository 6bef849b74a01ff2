//! Faults of an org's Pub/Sub API: streams that end after some events, and calls that are refused.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde::Deserialize;

use super::open::{Ending, Order};

/// What happens to streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum How {
    /// [`Ending::Reset`].
    Reset,
    /// [`Ending::Unavailable`].
    Unavailable,
    /// [`Ending::Unauthenticated`].
    Unauthenticated,
    /// [`Order::Silence`].
    Silence,
}

impl How {
    fn in_words(self) -> &'static str {
        match self {
            Self::Reset => "connection reset",
            Self::Unavailable => "UNAVAILABLE",
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::Silence => "silence",
        }
    }

    /// As an order for a stream.
    pub(crate) fn order(self) -> Order {
        match self {
            Self::Reset => Order::End(Ending::Reset),
            Self::Unavailable => Order::End(Ending::Unavailable),
            Self::Unauthenticated => Order::End(Ending::Unauthenticated),
            Self::Silence => Order::Silence,
        }
    }
}

/// Disconnects the stream that delivers the n-th event from now on.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Disconnect {
    pub(crate) how: How,
    /// Only streams of this topic; all when absent.
    #[serde(default)]
    pub(crate) topic: Option<String>,
    /// Events that the streams deliver before one is disconnected; the open ones are at once when absent.
    #[serde(default)]
    pub(crate) after_events: Option<u64>,
    /// How often that happens, for `afterEvents`; once when absent.
    #[serde(default)]
    pub(crate) times: Option<u64>,
}

/// Refuses new calls.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Refuse {
    pub(crate) how: How,
    /// Calls to refuse; all when absent.
    #[serde(default)]
    times: Option<u64>,
    /// Milliseconds for which calls are refused; until faults are removed when absent.
    #[serde(default)]
    for_ms: Option<u64>,
}

/// The faults of an org that wait for their moment.
#[derive(Debug, Default)]
pub(crate) struct Faults(Mutex<Waiting>);

#[derive(Debug, Default)]
struct Waiting {
    countdowns: Vec<Countdown>,
    refusal: Option<(Refuse, Instant)>,
}

#[derive(Debug)]
struct Countdown {
    how: How,
    topic: Option<String>,
    /// Events of a round.
    events: u64,
    /// Events that this round still has.
    left: u64,
    /// Rounds that are still to come, this one too.
    rounds: u64,
}

impl Countdown {
    fn is_for(&self, topic: &str) -> bool {
        self.topic.as_deref().is_none_or(|own| own == topic)
    }

    fn in_words(&self) -> String {
        let Self { how, topic, left, rounds, .. } = self;
        let topic = topic.as_deref().unwrap_or("any topic");
        let times = if *rounds > 1 { format!(", {rounds} times") } else { String::new() };
        format!("The stream of {topic} that delivers event {left} from now on: {}{times}", how.in_words())
    }
}

impl Refuse {
    /// What it does, `elapsed` after it was set; `None` when its time or its calls are used up.
    fn in_words(&self, elapsed: Duration) -> Option<String> {
        let left = self.for_ms.map(|ms| Duration::from_millis(ms).saturating_sub(elapsed));
        if self.times == Some(0) || left.is_some_and(|left| left.is_zero()) {
            return None;
        }
        let times = self.times.map_or_else(|| "all of them".to_owned(), |times| format!("the next {times}"));
        let left = left.map_or_else(String::new, |left| format!(", for another {:.1} s", left.as_secs_f64()));
        Some(format!("New calls, {times}{left}: {}", self.how.in_words()))
    }
}

impl Faults {
    /// Sets a fault that waits for events.
    pub(crate) fn disconnect(&self, fault: Disconnect, after_events: u64) {
        let events = after_events.max(1);
        let Disconnect { how, topic, times, .. } = fault;
        let rounds = times.unwrap_or(1).max(1);
        self.lock().countdowns.push(Countdown { how, topic, events, left: events, rounds });
    }

    /// Sets the fault that refuses calls, in place of an earlier one.
    pub(crate) fn refuse(&self, fault: Refuse) {
        self.lock().refusal = Some((fault, Instant::now()));
    }

    /// Removes all.
    pub(crate) fn clear(&self) {
        *self.lock() = Waiting::default();
    }

    /// What happens to a new call, if it is refused.
    pub(crate) fn take_refusal(&self) -> Option<How> {
        let mut waiting = self.lock();
        let (refusal, since) = waiting.refusal.as_mut()?;
        let over = refusal.for_ms.is_some_and(|ms| since.elapsed() >= Duration::from_millis(ms));
        if over || refusal.times == Some(0) {
            waiting.refusal = None;
            return None;
        }
        if let Some(times) = &mut refusal.times {
            *times -= 1;
        }
        Some(refusal.how)
    }

    /// Events that a stream of that topic may deliver before a fault strikes.
    pub(crate) fn allowance(&self, topic: &str) -> Option<u64> {
        self.lock().countdowns.iter().filter(|fault| fault.is_for(topic)).map(|fault| fault.left).min()
    }

    /// Counts events that a stream delivered, and tells what happens to it now.
    pub(crate) fn delivered(&self, topic: &str, events: u64) -> Option<How> {
        let mut waiting = self.lock();
        let mut strikes = None;
        for fault in waiting.countdowns.iter_mut().filter(|fault| fault.is_for(topic)) {
            fault.left = fault.left.saturating_sub(events);
            if fault.left == 0 {
                strikes = strikes.or(Some(fault.how));
                fault.rounds -= 1;
                fault.left = fault.events;
            }
        }
        waiting.countdowns.retain(|fault| fault.rounds > 0);
        strikes
    }

    /// Those that wait, in words.
    pub(crate) fn in_words(&self) -> Vec<String> {
        let waiting = self.lock();
        let countdowns = waiting.countdowns.iter().map(Countdown::in_words);
        let refusal = waiting.refusal.iter().filter_map(|(refusal, since)| refusal.in_words(since.elapsed()));
        countdowns.chain(refusal).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::{Disconnect, Faults, How, Refuse};

    fn disconnect(topic: Option<&str>, times: Option<u64>) -> Disconnect {
        Disconnect { how: How::Reset, topic: topic.map(str::to_owned), after_events: None, times }
    }

    #[test]
    fn strikes_after_so_many_events_so_many_times() {
        let faults = Faults::default();
        faults.disconnect(disconnect(Some("/a"), Some(2)), 3);
        assert_eq!((faults.allowance("/a"), faults.allowance("/b")), (Some(3), None));
        assert_eq!(faults.delivered("/b", 9), None);
        assert_eq!(faults.delivered("/a", 2), None);
        assert_eq!(faults.allowance("/a"), Some(1));
        assert_eq!(faults.delivered("/a", 1), Some(How::Reset));
        assert_eq!(faults.delivered("/a", 5), Some(How::Reset), "another stream was faster");
        assert_eq!((faults.allowance("/a"), faults.delivered("/a", 9)), (None, None));
    }

    #[test]
    fn tells_what_waits() {
        let faults = Faults::default();
        faults.disconnect(disconnect(Some("/a"), Some(2)), 3);
        faults.refuse(Refuse { how: How::Unavailable, times: Some(1), for_ms: None });
        faults.delivered("/a", 1);
        assert_eq!(
            faults.in_words(),
            [
                "The stream of /a that delivers event 2 from now on: connection reset, 2 times",
                "New calls, the next 1: UNAVAILABLE",
            ]
        );
        assert_eq!(faults.take_refusal(), Some(How::Unavailable));
        faults.refuse(Refuse { how: How::Silence, times: None, for_ms: Some(0) });
        assert_eq!(faults.in_words().len(), 1);
    }

    #[test]
    fn refuses_so_many_calls_or_so_long() {
        let faults = Faults::default();
        assert_eq!(faults.take_refusal(), None);
        faults.refuse(Refuse { how: How::Unavailable, times: Some(1), for_ms: None });
        assert_eq!((faults.take_refusal(), faults.take_refusal()), (Some(How::Unavailable), None));
        faults.refuse(Refuse { how: How::Reset, times: None, for_ms: Some(0) });
        assert_eq!(faults.take_refusal(), None);
        faults.refuse(Refuse { how: How::Reset, times: None, for_ms: None });
        assert_eq!(faults.take_refusal(), Some(How::Reset));
        faults.clear();
        assert_eq!(faults.take_refusal(), None);
    }
}
