//! What an object looks like in the org, to the user.

use serde::Deserialize;

use super::path::{api_name, resource};
use super::{Client, Error, Operation};

/// Description of an object: the part of the answer that integrations use.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ObjectDescribe {
    /// API name.
    pub name: String,
    /// Name for people.
    pub label: String,
    /// First three characters of its records' ids; `None` for objects whose ids have no prefix of their own.
    #[serde(default)]
    pub key_prefix: Option<String>,
    /// The fields that the user may see.
    pub fields: Vec<FieldDescribe>,
}

/// Description of a field.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FieldDescribe {
    /// API name.
    pub name: String,
    /// Name for people.
    pub label: String,
    /// Type, for example `string`, `currency`, `picklist`, `reference`.
    #[serde(rename = "type")]
    pub field_type: String,
    /// Longest text, in characters; 0 for other types.
    #[serde(default)]
    pub length: u32,
    /// It may be null.
    #[serde(default)]
    pub nillable: bool,
    /// It may be set on create.
    #[serde(default)]
    pub createable: bool,
    /// It may be set on update.
    #[serde(default)]
    pub updateable: bool,
    /// Salesforce fills it in when it is left out on create.
    #[serde(default)]
    pub defaulted_on_create: bool,
    /// Records can be upserted by it.
    #[serde(default)]
    pub external_id: bool,
    /// No two records have the same value.
    #[serde(default)]
    pub unique: bool,
    /// Objects that a reference may point to.
    #[serde(default)]
    pub reference_to: Vec<String>,
    /// What a reference is called in a query (`Account` in `Account.Name`); `None` for other types.
    #[serde(default)]
    pub relationship_name: Option<String>,
    /// Values of a picklist.
    #[serde(default)]
    pub picklist_values: Vec<PicklistValue>,
}

/// A value of a picklist.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct PicklistValue {
    /// The value, as stored.
    pub value: String,
    /// It may be chosen for new records.
    pub active: bool,
}

impl FieldDescribe {
    /// Whether a create must name it.
    #[must_use]
    pub fn is_required(&self) -> bool {
        self.createable && !self.nillable && !self.defaulted_on_create
    }
}

impl Client {
    /// Describes an object.
    ///
    /// # Errors
    /// Any [`Error`]; kind `NotFound` when the user cannot see such an object.
    pub async fn describe(&self, object: &str) -> Result<ObjectDescribe, Error> {
        let path = resource(&["sobjects", api_name(object, false)?, "describe"])?;
        self.get(Operation::Describe, &path).await
    }
}

#[cfg(test)]
mod tests;
