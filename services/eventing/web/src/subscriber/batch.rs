//! What a subscription brought and is not in Redis yet.

use crate::change::Change;
use crate::filter::{Filter, Verdict, committed};
use crate::meters;
use chrono::{DateTime, TimeDelta, Utc};
use shared::salesforce::pubsub::{Content, Event, Finish, Received, ReplayId};

/// Most events taken in at once.
const MOST: usize = 100;

/// The clocks of Redis and of Salesforce differ by less. What was committed so shortly before a subscription began is taken
/// in when it comes.
const MARGIN: TimeDelta = TimeDelta::seconds(10);

/// Events behind the stored position.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) changes: Vec<Change>,
    /// The last event, or a later place without one.
    pub(super) replay_id: Option<ReplayId>,
    pub(super) received: usize,
    pub(super) ignored: usize,
    pub(super) unreadable: usize,
    pub(super) last_event: Option<DateTime<Utc>>,
    /// What was committed before is left out.
    since: Option<DateTime<Utc>>,
    /// Dropped, they make room for more events.
    unfinished: Vec<Finish>,
}

impl Batch {
    /// An empty one of a subscription that began then, or with the oldest event.
    pub(super) fn new(since: Option<DateTime<Utc>>) -> Self {
        let since = since.map(|since| since.checked_sub_signed(MARGIN).unwrap_or(since));
        Self { since, ..Self::default() }
    }

    /// Whether nothing more is taken in with it.
    pub(super) fn is_full(&self) -> bool {
        self.received >= MOST
    }

    /// There was nothing up to this place.
    pub(super) fn idle(&mut self, replay_id: ReplayId) {
        self.replay_id = Some(replay_id);
    }

    /// Adds an event. One that cannot be read never stops those behind it.
    pub(super) fn push(&mut self, filter: &Filter, received: Received) {
        let (event, finish) = received.into_parts();
        let outcome = self.judge(filter, &event);
        meters::event("subscription", outcome);
        self.received += 1;
        self.replay_id = Some(event.replay_id);
        self.unfinished.push(finish);
    }

    fn judge(&mut self, filter: &Filter, event: &Event) -> &'static str {
        let change = match &event.content {
            Ok(Content::Change(change)) => change,
            Ok(Content::Platform(_)) => return self.unreadable(event, "it is not a change event"),
            Err(error) => return self.unreadable(event, &error.to_string()),
        };
        let committed = committed(&change.header);
        self.last_event = committed.or(self.last_event);
        if committed.zip(self.since).is_some_and(|(committed, since)| committed < since) {
            self.ignored += 1;
            return "before_start";
        }
        match filter.judge(change) {
            Ok(Verdict::Take(change)) => {
                self.changes.push(change);
                "taken"
            }
            Ok(Verdict::Ignore(why)) => {
                tracing::debug!(replay_id = %event.replay_id, why = why.name(), "event ignored");
                self.ignored += 1;
                why.name()
            }
            Err(error) => self.unreadable(event, &error.to_string()),
        }
    }

    fn unreadable(&mut self, event: &Event, error: &str) -> &'static str {
        tracing::error!(replay_id = %event.replay_id, schema_id = event.schema_id, error, "an event is passed over");
        self.unreadable += 1;
        "unreadable"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Map, json};
    use shared::config::Settings;
    use shared::salesforce::pubsub::{ChangeEvent, DecodeError};

    fn event(content: Result<Content, DecodeError>) -> Event {
        Event { id: String::new(), replay_id: ReplayId::from_bytes([1]).unwrap(), schema_id: String::new(), content }
    }

    fn change(name: &str, value: serde_json::Value) -> Event {
        let mut header = json!({
            "entityName": "Opportunity", "recordIds": ["006000000000001AAA"], "changeType": "UPDATE",
            "transactionKey": "0001", "commitTimestamp": 1_000,
        });
        header[name] = value;
        let change = ChangeEvent { header: serde_json::from_value(header).unwrap(), fields: Map::new() };
        event(Ok(Content::Change(Box::new(change))))
    }

    #[test]
    fn what_cannot_be_read_is_counted_and_passed_over() {
        let settings = Settings::from_map(Vec::<(String, String)>::new()).unwrap();
        let filter = Filter::read(&mut settings.reader());
        let mut batch = Batch::new(DateTime::from_timestamp_millis(11_000));
        for (event, outcome) in [
            (event(Err(DecodeError::NoSchema("gone".to_owned()))), "unreadable"),
            (event(Ok(Content::Platform(Map::new()))), "unreadable"),
            (change("recordIds", json!(["x') OR (Name LIKE '%"])), "unreadable"),
            (change("transactionKey", json!("a b")), "unreadable"),
            (change("changeType", json!("DELETE")), "change_type"),
            (change("commitTimestamp", json!(999)), "before_start"),
            // Nobody knows when.
            (change("commitTimestamp", json!(0)), "taken"),
            (change("commitTimestamp", json!(2_000)), "taken"),
        ] {
            assert_eq!(batch.judge(&filter, &event), outcome, "{event:?}");
        }
        assert_eq!((batch.unreadable, batch.ignored, batch.changes.len()), (4, 2, 2));
        assert_eq!(batch.last_event, DateTime::from_timestamp_millis(2_000));
    }
}
