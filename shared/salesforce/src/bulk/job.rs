//! What a bulk job is: its name, what it does, and what Salesforce says of it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::super::{Cleaner, Error, SalesforceId};
use super::JobState;

/// Salesforce's form of a date and time, `2023-01-17T14:20:03.000+0000`.
const DATE_TIME: &str = "%Y-%m-%dT%H:%M:%S%.f%z";

/// Which of the two kinds of bulk job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JobType {
    /// Writes records.
    Ingest,
    /// Reads records.
    Query,
}

impl JobType {
    /// The part of the URL after `jobs/`.
    pub(super) fn segment(self) -> &'static str {
        match self {
            Self::Ingest => "ingest",
            Self::Query => "query",
        }
    }
}

/// A bulk job, known by its id. Keep the id before rows are uploaded, and a crash leaves no unknown job behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct JobRef {
    /// Its kind.
    pub job_type: JobType,
    /// Its id, `750…`.
    pub id: SalesforceId,
}

impl JobRef {
    /// An ingest job.
    #[must_use]
    pub fn ingest(id: SalesforceId) -> Self {
        Self { job_type: JobType::Ingest, id }
    }

    /// A query job.
    #[must_use]
    pub fn query(id: SalesforceId) -> Self {
        Self { job_type: JobType::Query, id }
    }
}

/// What Salesforce says of a job. Only the id is always there.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JobInfo {
    /// Its id.
    pub id: SalesforceId,
    /// Where it stands.
    #[serde(default)]
    pub state: JobState,
    /// API name of the object.
    #[serde(default)]
    pub object: Option<String>,
    /// `insert`, `upsert`, `query`, …
    #[serde(default)]
    pub operation: Option<String>,
    /// Who made it.
    #[serde(default)]
    pub created_by_id: Option<SalesforceId>,
    /// When it was made.
    #[serde(default, deserialize_with = "date_time")]
    pub created_date: Option<DateTime<Utc>>,
    /// Version of the API that it was made with, for example `62.0`. Results are to be read with the same.
    #[serde(default, deserialize_with = "version")]
    pub api_version: Option<String>,
    /// Rows dealt with, those that failed included.
    #[serde(default, deserialize_with = "count")]
    pub number_records_processed: u64,
    /// Rows that failed.
    #[serde(default, deserialize_with = "count")]
    pub number_records_failed: u64,
    /// Times that Salesforce tried again because of locked records.
    #[serde(default, deserialize_with = "count")]
    pub retries: u64,
    /// Milliseconds that Salesforce spent on it.
    #[serde(default, deserialize_with = "count")]
    pub total_processing_time: u64,
    /// Why it failed, `Code : text`. Query jobs may fail without.
    #[serde(default)]
    pub error_message: Option<String>,
}

impl JobInfo {
    /// The same, with a reason that does not repeat the token.
    pub(super) fn cleared(self, cleaner: &Cleaner) -> Self {
        Self { error_message: self.error_message.map(|message| cleaner.text(&message)), ..self }
    }

    /// Makes an error of a job that did not process all its rows.
    ///
    /// # Errors
    /// [`Error::BulkJob`] when it failed or was aborted.
    pub fn completed(self) -> Result<Self, Error> {
        match self.state {
            state @ (JobState::Failed | JobState::Aborted) => {
                Err(Error::BulkJob { id: self.id, state, message: self.error_message })
            }
            _ => Ok(self),
        }
    }

    /// The same, for a job whose number of rows is known.
    ///
    /// # Errors
    /// [`Error::BulkJob`]; [`Error::BulkRowsMissing`] when it says that it has dealt with another number of rows.
    pub fn completed_all(self, sent: u64) -> Result<Self, Error> {
        let info = self.completed()?;
        let processed = info.number_records_processed;
        if processed == sent { Ok(info) } else { Err(Error::BulkRowsMissing { id: info.id, sent, processed }) }
    }
}

/// A count, as number or as text.
fn count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Number(number) => number.as_u64().ok_or_else(|| serde::de::Error::custom("expected a count")),
        Value::String(text) => text.trim().parse().map_err(serde::de::Error::custom),
        Value::Null => Ok(0),
        _ => Err(serde::de::Error::custom("expected a count")),
    }
}

/// A version: `66.0`, `66`, or one of them as text.
fn version<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text = match Value::deserialize(deserializer)? {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text,
        _ => return Ok(None),
    };
    let text = text.trim().trim_start_matches('v');
    Ok(Some(if text.contains('.') { text.to_owned() } else { format!("{text}.0") }))
}

fn date_time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<DateTime<Utc>>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    Ok(text.and_then(|text| DateTime::parse_from_str(&text, DATE_TIME).ok()).map(|date| date.with_timezone(&Utc)))
}
