//! Which changes are to become jobs. Pure: it looks at nothing but the event and its settings.

mod settings;
#[cfg(test)]
mod tests;

use crate::change::Change;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use shared::contracts::eventing::Changed;
use shared::salesforce::SalesforceId;
use shared::salesforce::pubsub::{ChangeEvent, ChangeEventHeader, ChangeType};

/// What the ids of Opportunities begin with.
const KEY_PREFIX: &str = "006";

/// In the place of ids, after a field of the object changed its type: all records.
const ALL_RECORDS: &str = "006*";

/// Records of a transaction get their `SystemModstamp` when they are written, which may be long before the commit that an
/// overflow event tells: a transaction takes up to 10 minutes (Apex Developer Guide, "Execution Governors and Limits"). One
/// more is for what happens around it.
const OVERFLOW_MARGIN: TimeDelta = TimeDelta::minutes(11);

/// The conditions, all of which must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Filter {
    /// API name of the object.
    entity: String,
    change_types: Vec<Kind>,
    /// API names of fields, one of which an update must have changed. Any when empty.
    fields: Vec<String>,
    /// Values of `StageName`, one of which the record must have where the event tells it. Any when empty.
    stages: Vec<String>,
    /// The name in `Sforce-Call-Options` with which these services write: their changes are not looked at, or Quotes would
    /// make Quotes.
    own_client: String,
}

/// The changes after which there is a record to quote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Create,
    Update,
    Undelete,
}

/// What is to be done with a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is to become a job.
    Take(Change),
    /// It is none of this service's business.
    Ignore(Ignored),
}

/// Why a change is ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ignored {
    /// These services made it.
    OwnWrite,
    /// Another object.
    Entity,
    /// Not a change after which there is something to quote.
    ChangeType,
    /// A change of all records of the object at once, by an administrator.
    AllRecords,
    /// None of the fields that count.
    Fields,
    /// None of the stages that count.
    Stage,
}

impl Ignored {
    /// Name for logs and metrics.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::OwnWrite => "own_write",
            Self::Entity => "entity",
            Self::ChangeType => "change_type",
            Self::AllRecords => "all_records",
            Self::Fields => "fields",
            Self::Stage => "stage",
        }
    }
}

/// A change event does not say what it must. Never shows what it says instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {reason}")]
pub(crate) struct InvalidChange {
    /// Path within the event, such as `ChangeEventHeader.recordIds`.
    pub(crate) field: String,
    pub(crate) reason: String,
}

impl InvalidChange {
    pub(crate) fn new(field: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { field: field.into(), reason: reason.into() }
    }
}

impl Filter {
    /// Judges a change.
    pub(crate) fn judge(&self, event: &ChangeEvent) -> Result<Verdict, InvalidChange> {
        let header = &event.header;
        if header.client() == Some(self.own_client.as_str()) {
            return Ok(Verdict::Ignore(Ignored::OwnWrite));
        }
        if header.entity_name != self.entity {
            return Ok(Verdict::Ignore(Ignored::Entity));
        }
        if header.is_overflow() {
            return take(header, Changed::Since(overflow(header)?));
        }
        let Some(kind) = Kind::of(&header.change_type).filter(|kind| self.change_types.contains(kind)) else {
            return Ok(Verdict::Ignore(Ignored::ChangeType));
        };
        if header.record_ids.iter().any(|id| id == ALL_RECORDS) {
            return Ok(Verdict::Ignore(Ignored::AllRecords));
        }
        let records = records(header)?;
        if kind == Kind::Update && !self.has_field(header) {
            return Ok(Verdict::Ignore(Ignored::Fields));
        }
        if stage(event).is_some_and(|stage| !self.has_stage(stage)) {
            return Ok(Verdict::Ignore(Ignored::Stage));
        }
        take(header, Changed::Records(records))
    }

    /// Whether one of the fields changed that count. An event that does not tell which fields changed may be about one.
    fn has_field(&self, header: &ChangeEventHeader) -> bool {
        let changed = &header.changed_fields;
        self.fields.is_empty()
            || changed.is_empty()
            || self.fields.iter().any(|field| changed.iter().any(|changed| overlap(field, changed)))
    }

    /// Whether the stage is one of those that count. Salesforce compares them without regard to case, too.
    fn has_stage(&self, stage: &str) -> bool {
        let stage = stage.to_lowercase();
        self.stages.is_empty() || self.stages.iter().any(|known| known.to_lowercase() == stage)
    }
}

impl Kind {
    fn of(change: &ChangeType) -> Option<Self> {
        match change {
            ChangeType::Create | ChangeType::GapCreate => Some(Self::Create),
            ChangeType::Update | ChangeType::GapUpdate => Some(Self::Update),
            ChangeType::Undelete | ChangeType::GapUndelete => Some(Self::Undelete),
            _ => None,
        }
    }
}

/// Whether two names mean the same field, or one a part of the other: `Name` and `Name.LastName`.
fn overlap(one: &str, other: &str) -> bool {
    let within = |part: &str, whole: &str| {
        let head = part.get(..whole.len());
        head.is_some_and(|head| head.eq_ignore_ascii_case(whole))
            && matches!(part.as_bytes().get(whole.len()), None | Some(b'.'))
    };
    within(one, other) || within(other, one)
}

/// The stage, where the event tells it: a new record, or an update that changed it. Avro as JSON wraps it in its type.
fn stage(event: &ChangeEvent) -> Option<&str> {
    match event.fields.get("StageName")? {
        Value::String(stage) => Some(stage),
        Value::Object(union) => union.get("string")?.as_str(),
        _ => None,
    }
}

fn records(header: &ChangeEventHeader) -> Result<Vec<SalesforceId>, InvalidChange> {
    let wrong = |reason: String| InvalidChange::new("ChangeEventHeader.recordIds", reason);
    if header.record_ids.is_empty() {
        return Err(wrong("there are none".to_owned()));
    }
    let records = header.record_ids.iter().enumerate().map(|(index, text)| {
        let id: SalesforceId = text.parse().map_err(|error| wrong(format!("number {}: {error}", index + 1)))?;
        if id.key_prefix() == KEY_PREFIX {
            Ok(id)
        } else {
            Err(wrong(format!("number {} is not the id of an Opportunity", index + 1)))
        }
    });
    records.collect()
}

fn overflow(header: &ChangeEventHeader) -> Result<DateTime<Utc>, InvalidChange> {
    committed(header)
        .and_then(|committed| committed.checked_sub_signed(OVERFLOW_MARGIN))
        .ok_or_else(|| InvalidChange::new("ChangeEventHeader.commitTimestamp", "it is not a time"))
}

fn take(header: &ChangeEventHeader, changed: Changed) -> Result<Verdict, InvalidChange> {
    let transaction = header.transaction_key.parse().map_err(|()| {
        InvalidChange::new("ChangeEventHeader.transactionKey", "expected 1 to 100 letters, digits, -, _, ., /, + or =")
    })?;
    // Only people read it; an event is not lost for want of it.
    let user = header.commit_user.parse().ok();
    Ok(Verdict::Take(Change { transaction, user, committed: committed(header), changed }))
}

/// When the transaction was committed, if the event tells.
pub(crate) fn committed(header: &ChangeEventHeader) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp_millis(header.commit_timestamp).filter(|_| header.commit_timestamp > 0)
}
