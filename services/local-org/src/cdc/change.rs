//! What happened to a record, and the commit that it happened in.

use std::rc::Rc;

use apache_avro::types::Value;
use chrono::{DateTime, Utc};

use super::origin::Origin;
use crate::record::Record;
use crate::schema::ObjectDef;

/// What a transaction did to one record.
#[derive(Debug)]
pub(crate) struct Change<'a> {
    pub(crate) object: &'a ObjectDef,
    pub(crate) id: String,
    /// The record before; `None` when it is new.
    pub(crate) before: Option<Rc<Record<'a>>>,
    /// The record after; `None` when it is gone for good.
    pub(crate) after: Option<Rc<Record<'a>>>,
}

/// The commit that all events of a transaction tell of.
#[derive(Debug)]
pub(crate) struct Commit<'a> {
    /// When.
    pub(crate) at: DateTime<Utc>,
    /// Number of the commit; grows.
    pub(crate) number: i64,
    /// Id of the user, 18 characters.
    pub(crate) user_id: &'a str,
    /// Where the change came from.
    pub(crate) origin: &'a Origin,
}

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

    /// As the schema has it.
    pub(super) fn symbol(self) -> Value {
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
