//! What a job is to do, read from the request that creates it (Bulk API 2.0 Developer Guide, "Create a Job"). Members
//! that are not known are ignored.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::dialect::Dialect;
use super::refused;
use crate::error::ApiError;
use crate::schema::Schema;

/// What an ingest job does with each row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Operation {
    Insert,
    Update,
    Upsert,
    Delete,
    HardDelete,
}

impl Operation {
    /// As a job names it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Insert => "insert",
            Self::Update => "update",
            Self::Upsert => "upsert",
            Self::Delete => "delete",
            Self::HardDelete => "hardDelete",
        }
    }

    /// Whether rows hold nothing but ids.
    pub(crate) fn is_delete(self) -> bool {
        matches!(self, Self::Delete | Self::HardDelete)
    }
}

/// An ingest job's task.
#[derive(Debug, Clone)]
pub(crate) struct IngestSpec {
    /// API name in the schema's casing.
    pub(crate) object: String,
    pub(crate) operation: Operation,
    /// The field by which an upsert finds records, in the schema's casing.
    pub(crate) external_id: Option<String>,
    pub(crate) assignment_rule_id: Option<String>,
    pub(crate) dialect: Dialect,
    pub(crate) report: Report,
}

/// How a load tells what became of its rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Report {
    /// In three files: saved, not saved, not processed (Bulk API 2.0).
    #[default]
    Parts,
    /// In one list, in the order of the rows (Bulk API).
    InOrder,
}

/// A query job's task.
#[derive(Debug, Clone)]
pub(crate) struct QuerySpec {
    pub(crate) soql: String,
    /// Whether records in the recycle bin are found too.
    pub(crate) deleted: bool,
    pub(crate) dialect: Dialect,
    pub(crate) form: Form,
}

/// What the result of a query is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Form {
    /// Rows of CSV.
    #[default]
    Rows,
    /// Records as the REST API gives them.
    Records,
}

/// What a `PATCH` makes of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(crate) enum Change {
    UploadComplete,
    Aborted,
}

impl IngestSpec {
    /// Reads and checks a request.
    ///
    /// # Errors
    /// 400 that names the member at fault.
    pub(crate) fn read(body: &[u8], schema: &Schema) -> Result<Self, ApiError> {
        let body = members(body)?;
        let dialect = dialect(&body)?;
        Ok(Self { dialect, ..Self::of(&body, schema)? })
    }

    /// Reads and checks the members of a request, but for how the contents are written.
    ///
    /// # Errors
    /// 400 that names the member at fault.
    pub(super) fn of(body: &Map<String, Value>, schema: &Schema) -> Result<Self, ApiError> {
        let name = text(body, "object")?.ok_or_else(|| refused("INVALIDJOB", "object is required"))?;
        let object = schema
            .object(&name)
            .filter(|object| object.writable)
            .ok_or_else(|| refused("INVALIDENTITY", format!("Entity '{name}' is not supported by the Bulk API.")))?;
        let operation: Operation =
            choice(body, "operation")?.ok_or_else(|| refused("INVALIDJOB", "operation is required"))?;
        let external_id = match (operation, text(body, "externalIdFieldName")?) {
            (Operation::Upsert, None) => {
                let message =
                    format!("External ID was blank for {}. An External ID must be specified for upsert.", object.name);
                return Err(refused("INVALIDJOB", message));
            }
            (Operation::Upsert, Some(name)) => {
                let field = object.field(&name).filter(|field| field.is_id_lookup()).ok_or_else(|| {
                    let object = &object.name;
                    let message = format!(
                        "Field name provided, {name} does not match an External ID, Salesforce Id, or indexed field for \
                         {object}"
                    );
                    refused("INVALIDJOB", message)
                })?;
                Some(field.name.clone())
            }
            (_, None) => None,
            (_, Some(_)) => {
                return Err(refused("INVALIDJOB", "externalIdFieldName is only for upsert"));
            }
        };
        Ok(Self {
            object: object.name.clone(),
            operation,
            external_id,
            assignment_rule_id: text(body, "assignmentRuleId")?,
            dialect: Dialect::default(),
            report: Report::default(),
        })
    }
}

impl QuerySpec {
    /// Reads a request; the query itself is not looked at.
    ///
    /// # Errors
    /// 400 that names the member at fault.
    pub(crate) fn read(body: &[u8]) -> Result<Self, ApiError> {
        let body = members(body)?;
        let deleted = match text(&body, "operation")?.as_deref() {
            Some("query") => false,
            Some("queryAll") => true,
            other => return Err(unknown("operation", other.unwrap_or_default())),
        };
        let soql = text(&body, "query")?.filter(|soql| !soql.trim().is_empty());
        let soql = soql.ok_or_else(|| refused("INVALIDJOB", "query is required"))?;
        Ok(Self { soql, deleted, dialect: dialect(&body)?, form: Form::default() })
    }
}

impl Change {
    /// Reads a request.
    ///
    /// # Errors
    /// 400 when the state is none that a caller may set.
    pub(crate) fn read(body: &[u8]) -> Result<Self, ApiError> {
        choice(&members(body)?, "state")?.ok_or_else(|| refused("INVALIDJOBSTATE", "state is required"))
    }
}

pub(super) fn members(body: &[u8]) -> Result<Map<String, Value>, ApiError> {
    serde_json::from_slice(body).map_err(|error| refused("JSON_PARSER_ERROR", error.to_string()))
}

fn dialect(body: &Map<String, Value>) -> Result<Dialect, ApiError> {
    match text(body, "contentType")? {
        Some(kind) if kind != "CSV" => return Err(unknown("contentType", &kind)),
        _ => {}
    }
    Ok(Dialect {
        delimiter: choice(body, "columnDelimiter")?.unwrap_or_default(),
        ending: choice(body, "lineEnding")?.unwrap_or_default(),
    })
}

pub(super) fn text(body: &Map<String, Value>, name: &str) -> Result<Option<String>, ApiError> {
    match body.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.is_empty() => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(other) => Err(unknown(name, &other.to_string())),
    }
}

/// A member that has one of a few values.
pub(super) fn choice<T: DeserializeOwned>(body: &Map<String, Value>, name: &str) -> Result<Option<T>, ApiError> {
    match body.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => {
            let shown = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            T::deserialize(value.clone()).map(Some).map_err(|_| unknown(name, &shown))
        }
    }
}

pub(super) fn unknown(name: &str, value: &str) -> ApiError {
    refused("JSON_PARSER_ERROR", format!("'{value}' is not a valid value for {name}"))
}
