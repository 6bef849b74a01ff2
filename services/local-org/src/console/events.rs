//! Events as they happen: change events with what changed, platform events with their fields.

use serde_json::Value as Json;

use super::text::{Extent, Moment, shortened};
use crate::cdc::summary::{self, Summary};
use crate::events::{Event, json};
use crate::host::OrgHost;

/// Events on a page.
const SHOWN: usize = 50;

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
    pub(super) rows: Vec<Row>,
}

/// One of them.
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
        let (newest, total) = org.store.bus().newest(SHOWN);
        Self { extent: Extent::newest(newest.len(), total), rows: newest.iter().map(|event| Row::of(event)).collect() }
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
        let Summary { change_type: kind, mut record_ids, mut changed, name, .. } = summary;
        let more_ids = cut(&mut record_ids, SHOWN_IDS);
        let more_changed = cut(&mut changed, SHOWN_FIELDS);
        let tone = match kind.as_str() {
            "CREATE" | "UNDELETE" => "good",
            "UPDATE" => "busy",
            "DELETE" => "bad",
            _ => "warn",
        };
        Self { kind, tone, name: name.as_deref().map(shortened), changed, more_changed, ids: record_ids, more_ids }
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

    #[test]
    fn fields_without_a_value_are_left_out() {
        let event =
            json!({"CreatedDate": 5, "CreatedById": "005", "Total__c": 3.0, "Error__c": null, "Done__c": false});
        let fields = fields(event);
        let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(fields, [("CreatedById", "005"), ("Total__c", "3"), ("Done__c", "false")]);
    }
}
