//! What an ingest job does: the operation, the object, and the columns that they need.

use std::fmt;

use serde::Serialize;

use super::super::Error;
use super::super::path::api_name;
use super::cell::Columns;

/// What an ingest job does with its rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IngestOperation {
    /// New records.
    Insert,
    /// Fields of the records that column `Id` names.
    Update,
    /// New or existing records, told apart by an external id.
    Upsert {
        /// API name of the external id, one of the columns.
        external_id: String,
    },
    /// Records that column `Id` names go to the recycle bin.
    Delete,
    /// Records that column `Id` names are gone for good. Needs the permission "Bulk API Hard Delete".
    HardDelete,
}

impl IngestOperation {
    fn name(&self) -> &'static str {
        match self {
            Self::Insert => "insert",
            Self::Update => "update",
            Self::Upsert { .. } => "upsert",
            Self::Delete => "delete",
            Self::HardDelete => "hardDelete",
        }
    }
}

impl fmt::Display for IngestOperation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What to make of rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IngestSpec {
    /// API name of the object.
    pub object: String,
    /// What to do.
    pub operation: IngestOperation,
    /// Assignment rule for new Leads and Cases.
    pub assignment_rule_id: Option<super::super::SalesforceId>,
}

impl IngestSpec {
    /// `operation` on records of `object`.
    #[must_use]
    pub fn new(object: impl Into<String>, operation: IngestOperation) -> Self {
        Self { object: object.into(), operation, assignment_rule_id: None }
    }

    /// The body of the request that creates the job.
    pub(super) fn body(&self) -> impl Serialize + '_ {
        let external_id_field_name = match &self.operation {
            IngestOperation::Upsert { external_id } => Some(external_id.as_str()),
            _ => None,
        };
        Body {
            object: &self.object,
            operation: self.operation.name(),
            content_type: "CSV",
            line_ending: "LF",
            column_delimiter: "COMMA",
            external_id_field_name,
            assignment_rule_id: self.assignment_rule_id,
        }
    }

    /// Checks what Salesforce would refuse for all rows alike, before anything is sent.
    pub(super) fn check(&self, columns: &Columns) -> Result<(), Error> {
        api_name(&self.object, false)?;
        let needed = match &self.operation {
            IngestOperation::Insert => return Ok(()),
            IngestOperation::Update => "Id",
            IngestOperation::Upsert { external_id } => api_name(external_id, false)?,
            IngestOperation::Delete | IngestOperation::HardDelete => {
                let only_id = columns.len() == 1 && columns.position("Id").is_some();
                let reason = "rows of a delete have the column `Id` and no other";
                return if only_id { Ok(()) } else { Err(Error::invalid_request(reason)) };
            }
        };
        match columns.position(needed) {
            Some(_) => Ok(()),
            None => Err(Error::invalid_request(format!("rows of an {} need the column `{needed}`", self.operation))),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    object: &'a str,
    operation: &'static str,
    content_type: &'static str,
    line_ending: &'static str,
    column_delimiter: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_id_field_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    assignment_rule_id: Option<super::super::SalesforceId>,
}
