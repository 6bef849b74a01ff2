//! Events as they happen: change events with what changed, platform events with their fields. The events of a transaction, and
//! platform events of one kind in a row, are one entry that opens.

use serde_json::Value as Json;

use super::text::{Extent, Moment, counted, shortened};
use crate::cdc::summary::{self, Summary};
use crate::events::{Event, json};
use crate::host::OrgHost;

/// Newest events that are looked at.
const SEEN: usize = 500;

/// Entries on a page.
const SHOWN: usize = 12;

/// Events of an entry that are shown when it is opened.
const SHOWN_OF_ONE: usize = 50;

/// Record ids of an event that are shown; of the others only the number is.
const SHOWN_IDS: usize = 3;

/// Changed fields of an event that are shown, likewise.
const SHOWN_FIELDS: usize = 12;

/// Fields that every platform event has, and that tell nothing.
const UNTOLD: [&str; 1] = ["CreatedDate"];

/// The events of one org.
#[derive(Debug)]
pub(super) struct Events {
    pub(super) extent: Extent,
    pub(super) groups: Vec<Group>,
}

/// Events that belong together, the newest first.
#[derive(Debug)]
pub(super) struct Group {
    key: Key,
    pub(super) kinds: Vec<Kind>,
    /// The events, or the first of them.
    pub(super) rows: Vec<Row>,
    /// What is said of the others.
    pub(super) more: Option<String>,
    events: usize,
    /// Replay ids of the newest and the oldest.
    pub(super) newest: u64,
    pub(super) oldest: u64,
}

/// What makes events belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Key {
    Transaction(String),
    Platform(String),
    /// Nothing does.
    None,
}

/// Events of one kind in a group.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Kind {
    pub(super) label: String,
    pub(super) tone: &'static str,
    pub(super) topic: String,
    events: usize,
    records: usize,
}

/// One event.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) topic: String,
    pub(super) at: Moment,
    pub(super) replay_id: u64,
    pub(super) content: Content,
}

/// What an event says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Content {
    Change(Change),
    /// Names and values of a platform event's fields.
    Platform(Vec<(String, String)>),
    /// Why it cannot be read.
    Unreadable(String),
}

/// What a change event says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Change {
    transaction: Option<String>,
    /// Records in all.
    records: usize,
    /// `CREATE` and the like.
    pub(super) kind: String,
    /// How it looks.
    pub(super) tone: &'static str,
    pub(super) name: Option<String>,
    pub(super) changed: Vec<String>,
    pub(super) more_changed: Option<String>,
    pub(super) ids: Vec<String>,
    pub(super) more_ids: Option<String>,
}

impl Events {
    pub(super) fn of(org: &OrgHost) -> Self {
        let (newest, total) = org.store.bus().newest(SEEN);
        let groups = grouped_rows(newest.iter().map(|event| Row::of(event)));
        let shown = groups.iter().map(|group| group.events).sum();
        Self { extent: Extent::newest(shown, total), groups }
    }
}

/// The first groups of rows. No more rows are read than they need.
fn grouped_rows(rows: impl Iterator<Item = Row>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for row in rows {
        let key = Key::of(&row);
        let is_full = groups.len() == SHOWN;
        match groups.last_mut() {
            Some(group) if group.key == key && key != Key::None => group.add(row),
            _ if is_full => break,
            _ => groups.push(Group::new(key, row)),
        }
    }
    groups
}

impl Key {
    fn of(row: &Row) -> Self {
        match &row.content {
            Content::Change(change) => change.transaction.clone().map_or(Self::None, Self::Transaction),
            Content::Platform(_) => Self::Platform(row.topic.clone()),
            Content::Unreadable(_) => Self::None,
        }
    }
}

impl Group {
    fn new(key: Key, row: Row) -> Self {
        let (newest, oldest) = (row.replay_id, row.replay_id);
        let mut group = Self { key, kinds: Vec::new(), rows: Vec::new(), more: None, events: 0, newest, oldest };
        group.add(row);
        group
    }

    fn add(&mut self, row: Row) {
        self.events += 1;
        self.oldest = row.replay_id;
        let (label, tone, records) = match &row.content {
            Content::Change(change) => (change.kind.as_str(), change.tone, change.records),
            Content::Platform(_) => ("EVENT", "quiet", 0),
            Content::Unreadable(_) => ("UNREADABLE", "bad", 0),
        };
        match self.kinds.iter_mut().find(|kind| kind.label == label && kind.topic == row.topic) {
            Some(kind) => {
                kind.events += 1;
                kind.records += records;
            }
            None => {
                let (label, topic) = (label.to_owned(), row.topic.clone());
                self.kinds.push(Kind { label, tone, topic, events: 1, records });
            }
        }
        if self.rows.len() < SHOWN_OF_ONE {
            self.rows.push(row);
        } else {
            self.more = Some(format!("The newest {SHOWN_OF_ONE} of {}.", self.events));
        }
    }

    /// The only event.
    pub(super) fn only(&self) -> Option<&Row> {
        self.rows.first().filter(|_| self.events == 1)
    }
}

impl Kind {
    /// How much there is of it: `50 events, 50 records`.
    pub(super) fn amount(&self) -> String {
        let events = counted(self.events as u64, "event");
        if self.records == 0 { events } else { format!("{events}, {}", counted(self.records as u64, "record")) }
    }
}

impl Row {
    fn of(event: &Event) -> Self {
        Self {
            topic: event.draft.topic.to_string(),
            at: event.at.into(),
            replay_id: event.replay_id.number(),
            content: Content::of(event),
        }
    }
}

impl Content {
    fn of(event: &Event) -> Self {
        match event.draft.schema.read(&event.draft.payload) {
            Err(error) => Self::Unreadable(error.to_string()),
            Ok(value) => match summary::of(&value) {
                Some(summary) => Self::Change(Change::of(summary)),
                None => Self::Platform(fields(json::of(&value))),
            },
        }
    }
}

impl Change {
    fn of(summary: Summary) -> Self {
        let Summary { change_type: kind, transaction, mut record_ids, mut changed, name, .. } = summary;
        let records = record_ids.len();
        let more_ids = cut(&mut record_ids, SHOWN_IDS);
        let more_changed = cut(&mut changed, SHOWN_FIELDS);
        let tone = match kind.as_str() {
            "CREATE" | "UNDELETE" => "good",
            "UPDATE" => "busy",
            "DELETE" => "bad",
            _ => "warn",
        };
        let name = name.as_deref().map(shortened);
        Self { transaction, records, kind, tone, name, changed, more_changed, ids: record_ids, more_ids }
    }
}

/// Leaves the first `shown` and says how many others there are.
fn cut(items: &mut Vec<String>, shown: usize) -> Option<String> {
    let more = items.len().saturating_sub(shown);
    items.truncate(shown);
    (more > 0).then(|| format!("and {more} more"))
}

/// The fields that have a value.
fn fields(event: Json) -> Vec<(String, String)> {
    let Json::Object(fields) = json::without_nulls(event) else { return Vec::new() };
    let told = fields.into_iter().filter(|(name, _)| !UNTOLD.contains(&name.as_str()));
    told.map(|(name, value)| (name, shown(&value))).collect()
}

fn shown(value: &Json) -> String {
    match value {
        Json::String(text) => shortened(text),
        // Numbers of events are floating-point numbers, and mostly whole ones.
        value => {
            let text = value.to_string();
            shortened(text.strip_suffix(".0").unwrap_or(&text))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn summary(change_type: &str, ids: usize, changed: usize) -> Summary {
        Summary {
            object: "Opportunity".to_owned(),
            change_type: change_type.to_owned(),
            transaction: None,
            record_ids: (0..ids).map(|id| id.to_string()).collect(),
            changed: (0..changed).map(|field| format!("F{field}")).collect(),
            name: None,
        }
    }

    #[test]
    fn a_few_ids_and_fields_are_shown() {
        let change = Change::of(summary("UPDATE", 50, 2));
        assert_eq!((change.ids.len(), change.more_ids.as_deref()), (3, Some("and 47 more")));
        assert_eq!((change.changed.len(), change.more_changed), (2, None));
        let change = Change::of(summary("GAP_UPDATE", 3, 13));
        assert_eq!((change.ids.len(), change.more_ids), (3, None));
        assert_eq!((change.changed.len(), change.more_changed.as_deref()), (12, Some("and 1 more")));
        assert_eq!((change.tone, Change::of(summary("DELETE", 1, 0)).tone), ("warn", "bad"));
    }

    fn row(number: u64, transaction: Option<&str>, kind: &str) -> Row {
        let summary = Summary { transaction: transaction.map(str::to_owned), ..summary(kind, 2, 0) };
        let content = Content::Change(Change::of(summary));
        Row { topic: "/data/QuoteChangeEvent".to_owned(), at: chrono::Utc::now().into(), replay_id: number, content }
    }

    fn platform(number: u64) -> Row {
        Row {
            topic: "/event/JobProgress__e".to_owned(),
            content: Content::Platform(Vec::new()),
            ..row(number, None, "UPDATE")
        }
    }

    #[test]
    fn events_of_a_transaction_are_one_entry() {
        let transaction =
            (0..60).map(|number| row(100 - number, Some("t-2"), if number < 58 { "CREATE" } else { "UPDATE" }));
        let others = [
            platform(30),
            platform(29),
            row(20, Some("t-1"), "CREATE"),
            row(19, None, "CREATE"),
            row(18, None, "CREATE"),
        ];
        let groups = grouped_rows(transaction.chain(others));
        let counts: Vec<_> =
            groups.iter().map(|group| (group.events, group.rows.len(), group.only().is_some())).collect();
        assert_eq!(counts, [(60, 50, false), (2, 2, false), (1, 1, true), (1, 1, true), (1, 1, true)]);
        let first = &groups[0];
        assert_eq!((first.newest, first.oldest, first.more.as_deref()), (100, 41, Some("The newest 50 of 60.")));
        let kinds: Vec<_> = first.kinds.iter().map(|kind| (kind.label.as_str(), kind.amount())).collect();
        let expected = [("CREATE", "58 events, 116 records"), ("UPDATE", "2 events, 4 records")];
        assert_eq!(kinds, expected.map(|(label, amount)| (label, amount.to_owned())));
        assert_eq!(groups[1].kinds[0].amount(), "2 events");
    }

    #[test]
    fn a_page_has_so_many_entries_at_most() {
        let rows = (0..u64::MAX).rev().map(|number| row(number, None, "CREATE"));
        assert_eq!(grouped_rows(rows).len(), SHOWN, "and it does not read on for ever");
    }

    #[test]
    fn fields_without_a_value_are_left_out() {
        let event =
            json!({"CreatedDate": 5, "CreatedById": "005", "Total__c": 3.0, "Error__c": null, "Done__c": false});
        let fields = fields(event);
        let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(fields, [("CreatedById", "005"), ("Total__c", "3"), ("Done__c", "false")]);
    }
}
