//! The header of a change event, and the whole event.

use apache_avro::types::Value;

use super::body::Body;
use super::{Commit, Entity};

/// Name of the header's field and of its type.
pub(super) const HEADER: &str = "ChangeEventHeader";

/// The symbols of a change type, in the order of the schema.
pub(super) const CHANGE_TYPES: [&str; 10] = [
    "CREATE",
    "UPDATE",
    "DELETE",
    "UNDELETE",
    "GAP_CREATE",
    "GAP_UPDATE",
    "GAP_DELETE",
    "GAP_UNDELETE",
    "GAP_OVERFLOW",
    "SNAPSHOT",
];

/// What happened to a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum ChangeType {
    Create,
    Update,
    Delete,
    Undelete,
    GapCreate,
    GapUpdate,
    GapDelete,
    GapUndelete,
    GapOverflow,
}

impl ChangeType {
    /// The same without the data.
    pub(super) fn gap(self) -> Self {
        match self {
            Self::Create => Self::GapCreate,
            Self::Update => Self::GapUpdate,
            Self::Delete => Self::GapDelete,
            Self::Undelete => Self::GapUndelete,
            gap => gap,
        }
    }

    fn symbol(self) -> Value {
        let index = match self {
            Self::Create => 0,
            Self::Update => 1,
            Self::Delete => 2,
            Self::Undelete => 3,
            Self::GapCreate => 4,
            Self::GapUpdate => 5,
            Self::GapDelete => 6,
            Self::GapUndelete => 7,
            Self::GapOverflow => 8,
        };
        Value::Enum(index, CHANGE_TYPES.get(index as usize).copied().unwrap_or_default().to_owned())
    }
}

/// What the header says besides the entity and its fields.
#[derive(Debug, Clone, Copy)]
pub(super) struct Header<'a> {
    pub(super) kind: ChangeType,
    pub(super) ids: &'a [String],
    /// The same for all events of a transaction.
    pub(super) transaction: &'a str,
    /// Place in the transaction, from 1.
    pub(super) sequence: i32,
    pub(super) commit: &'a Commit<'a>,
}

impl Header<'_> {
    /// The event.
    pub(super) fn event(&self, entity: &Entity, body: &Body) -> Value {
        let text = |text: &str| Value::String(text.to_owned());
        let list = |items: &[String]| Value::Array(items.iter().map(|item| text(item)).collect());
        let header = [
            ("entityName", text(&entity.object)),
            ("recordIds", list(self.ids)),
            ("changeType", self.kind.symbol()),
            ("changeOrigin", text(self.commit.origin.as_str())),
            ("transactionKey", text(self.transaction)),
            ("sequenceNumber", Value::Int(self.sequence)),
            ("commitTimestamp", Value::Long(self.commit.at.timestamp_millis())),
            ("commitNumber", Value::Long(self.commit.number)),
            ("commitUser", text(self.commit.user_id)),
            ("nulledFields", list(&body.nulled())),
            ("diffFields", list(&[])),
            ("changedFields", list(&body.changed())),
        ];
        let header = header.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let mut event = vec![(HEADER.to_owned(), Value::Record(header))];
        event.extend(body.fields(&entity.layout));
        Value::Record(event)
    }
}
