//! Metrics of this process.

use metrics::{counter, gauge};

/// An event came, and what became of it: `taken`, `unreadable`, or why it was ignored.
pub(crate) fn event(source: &'static str, outcome: &'static str) {
    counter!("eventing_events_total", "source" => source, "outcome" => outcome).increment(1);
}

/// A transaction became a job, or its job was there already.
pub(crate) fn job() {
    counter!("eventing_jobs_total").increment(1);
}

/// Whether this process subscribes.
pub(crate) fn subscribing(yes: bool) {
    gauge!("eventing_subscriber").set(if yes { 1.0 } else { 0.0 });
}

/// Salesforce did not know the position any more.
pub(crate) fn position_lost() {
    counter!("eventing_positions_lost_total").increment(1);
}
