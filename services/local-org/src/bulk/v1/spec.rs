//! What a job is to do (Bulk API Developer Guide, "JobInfo").

use std::str::FromStr;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::chunks::Chunking;
use crate::bulk::refused;
use crate::bulk::spec::{self, IngestSpec, Report};
use crate::error::ApiError;
use crate::schema::Schema;

/// How contents and results are written. XML is the default.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum ContentType {
    Csv,
    Json,
    #[default]
    Xml,
}

/// Whether batches are processed side by side. Some clients write the number of the mode.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub(crate) enum Concurrency {
    #[default]
    Parallel,
    Serial,
}

/// What the batches of a job do.
#[derive(Debug)]
pub(crate) enum Task {
    Load(IngestSpec),
    Query {
        /// API name in the schema's casing.
        object: String,
        /// Whether records in the recycle bin are found too.
        deleted: bool,
    },
}

/// A job's task.
#[derive(Debug)]
pub(crate) struct Spec {
    pub(crate) task: Task,
    pub(crate) content_type: ContentType,
    pub(crate) concurrency: Concurrency,
    /// How queries are divided, if they are.
    pub(crate) chunking: Option<Chunking>,
}

/// What a caller makes of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(crate) enum Change {
    Closed,
    Aborted,
}

impl ContentType {
    /// As a job names it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Csv => "CSV",
            Self::Json => "JSON",
            Self::Xml => "XML",
        }
    }

    /// Media type of contents and results.
    pub(crate) fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv",
            Self::Json => "application/json",
            Self::Xml => "application/xml",
        }
    }
}

impl Spec {
    /// Reads and checks the members of a request, and its header for PK chunking.
    ///
    /// # Errors
    /// 400 that names the member at fault.
    pub(crate) fn read(
        mut members: Map<String, Value>,
        chunking: Option<&str>,
        schema: &Schema,
    ) -> Result<Self, ApiError> {
        if let Some(mode @ Value::Number(_)) = members.get_mut("concurrencyMode") {
            let modes = [(0, "Parallel"), (1, "Serial")];
            let named = modes.into_iter().find(|(number, _)| *mode == json!(number));
            *mode = json!(named.map_or("", |(_, name)| name));
        }
        let concurrency = spec::choice(&members, "concurrencyMode")?.unwrap_or_default();
        let content_type = content_type(&members)?;
        let task = match spec::text(&members, "operation")?.as_deref() {
            Some(operation @ ("query" | "queryAll")) => {
                Task::Query { object: queried(&members, schema)?, deleted: operation == "queryAll" }
            }
            _ => Task::Load(IngestSpec { report: Report::InOrder, ..IngestSpec::of(&members, schema)? }),
        };
        let chunking = match &task {
            Task::Query { .. } => chunking.map(Chunking::from_str).transpose()?.filter(|chunking| chunking.size > 0),
            Task::Load(_) => None,
        };
        Ok(Self { task, content_type, concurrency, chunking })
    }
}

impl Change {
    /// Reads a request.
    ///
    /// # Errors
    /// 400 when the state is none that a caller may set.
    pub(crate) fn read(members: &Map<String, Value>) -> Result<Self, ApiError> {
        spec::choice(members, "state")?.ok_or_else(|| refused("INVALIDJOBSTATE", "state is required"))
    }
}

fn content_type(members: &Map<String, Value>) -> Result<ContentType, ApiError> {
    match spec::text(members, "contentType")?.as_deref() {
        Some(zipped @ ("ZIP_CSV" | "ZIP_XML" | "ZIP_JSON")) => {
            Err(refused("UNSUPPORTEDCONTENTTYPE", format!("{zipped} is not supported by a local org")))
        }
        _ => Ok(spec::choice(members, "contentType")?.unwrap_or_default()),
    }
}

fn queried(members: &Map<String, Value>, schema: &Schema) -> Result<String, ApiError> {
    let name = spec::text(members, "object")?.ok_or_else(|| refused("INVALIDJOB", "object is required"))?;
    let object = schema.object(&name);
    let object =
        object.ok_or_else(|| refused("INVALIDENTITY", format!("Entity '{name}' is not supported by the Bulk API.")))?;
    Ok(object.name.clone())
}
