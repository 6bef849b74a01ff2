//! Change events: what changed in which records.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

/// A change of records of one object.
#[derive(Debug, Clone, PartialEq)]
pub struct ChangeEvent {
    /// What happened to which records.
    pub header: ChangeEventHeader,
    /// The records' fields by name, without the header. Fields that did not change are null; `header.changed_fields`
    /// tells those from fields that became null.
    pub fields: Map<String, Value>,
}

/// The header of a change event. As JSON it has Salesforce's names, such as `recordIds`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChangeEventHeader {
    /// Object, such as `Opportunity`.
    pub entity_name: String,
    /// Records with the same change: usually one, several when changes were merged. Not always ids: `001*` stands for
    /// all records of an object after a field changed its type, `000000000000000AAA` for unknown ones after an
    /// overflow.
    pub record_ids: Vec<String>,
    /// What happened.
    pub change_type: ChangeType,
    /// Who caused it, such as `com/salesforce/api/rest/62.0;client=my-client`; empty for changes made in the user
    /// interface.
    #[serde(default)]
    pub change_origin: String,
    /// Same for all changes of a transaction.
    pub transaction_key: String,
    /// Place within the transaction, from 1.
    #[serde(default)]
    pub sequence_number: i64,
    /// When the transaction was committed, in milliseconds since 1970.
    #[serde(default)]
    pub commit_timestamp: i64,
    /// Orders changes of one object; grows from transaction to transaction.
    #[serde(default)]
    pub commit_number: i64,
    /// Id of the user who made the change.
    #[serde(default)]
    pub commit_user: String,
    /// Fields that became null; a part of `changed_fields`.
    #[serde(default)]
    pub nulled_fields: Vec<String>,
    /// Long text fields whose value is a unified diff instead of the text.
    #[serde(default)]
    pub diff_fields: Vec<String>,
    /// Fields that an update changed; empty for other changes. A field inside a compound one is `Parent.Child`.
    #[serde(default)]
    pub changed_fields: Vec<String>,
}

impl ChangeEventHeader {
    /// Whether the event lacks its fields: the records must be read again. True for an overflow, too.
    #[must_use]
    pub fn is_gap(&self) -> bool {
        matches!(
            self.change_type,
            ChangeType::GapCreate
                | ChangeType::GapUpdate
                | ChangeType::GapDelete
                | ChangeType::GapUndelete
                | ChangeType::GapOverflow
        )
    }

    /// Whether a transaction had more changes than are told: the whole object must be read again.
    #[must_use]
    pub fn is_overflow(&self) -> bool {
        self.change_type == ChangeType::GapOverflow
    }

    /// Name of the API client that made the change: what it sent as `client` in `Sforce-Call-Options`.
    #[must_use]
    pub fn client(&self) -> Option<&str> {
        let options = self.change_origin.split(';').skip(1);
        options.filter_map(|option| option.trim().strip_prefix("client=")).find(|client| !client.is_empty())
    }
}

/// What happened to records.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ChangeType {
    /// New.
    Create,
    /// Fields changed.
    Update,
    /// Gone to the recycle bin.
    Delete,
    /// Back from the recycle bin.
    Undelete,
    /// New; fields are not told.
    GapCreate,
    /// Fields changed; which ones is not told.
    GapUpdate,
    /// Gone; not told in order.
    GapDelete,
    /// Back; fields are not told.
    GapUndelete,
    /// More changes than are told.
    GapOverflow,
    /// A record as it is, sent on request.
    Snapshot,
    /// A kind that this version does not know, as Salesforce names it.
    Other(String),
}

impl ChangeType {
    /// Salesforce's name, such as `GAP_UPDATE`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Create => "CREATE",
            Self::Update => "UPDATE",
            Self::Delete => "DELETE",
            Self::Undelete => "UNDELETE",
            Self::GapCreate => "GAP_CREATE",
            Self::GapUpdate => "GAP_UPDATE",
            Self::GapDelete => "GAP_DELETE",
            Self::GapUndelete => "GAP_UNDELETE",
            Self::GapOverflow => "GAP_OVERFLOW",
            Self::Snapshot => "SNAPSHOT",
            Self::Other(name) => name,
        }
    }
}

impl From<&str> for ChangeType {
    fn from(name: &str) -> Self {
        match name {
            "CREATE" => Self::Create,
            "UPDATE" => Self::Update,
            "DELETE" => Self::Delete,
            "UNDELETE" => Self::Undelete,
            "GAP_CREATE" => Self::GapCreate,
            "GAP_UPDATE" => Self::GapUpdate,
            "GAP_DELETE" => Self::GapDelete,
            "GAP_UNDELETE" => Self::GapUndelete,
            "GAP_OVERFLOW" => Self::GapOverflow,
            "SNAPSHOT" => Self::Snapshot,
            other => Self::Other(other.to_owned()),
        }
    }
}

impl FromStr for ChangeType {
    type Err = Infallible;

    fn from_str(name: &str) -> Result<Self, Infallible> {
        Ok(Self::from(name))
    }
}

impl fmt::Display for ChangeType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Serialize for ChangeType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for ChangeType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::from(String::deserialize(deserializer)?.as_str()))
    }
}

#[cfg(test)]
mod tests;
