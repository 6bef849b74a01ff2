//! How a job ended: its Quote, or why there is none. Tasks of a job share nothing but its flags, so the chunk notes it
//! there and the last step reads it.

use shared::contracts::org_action::{QuoteError, QuoteResult};
use shared::jobs::{JobState, JobView, JobsError, TaskContext, TaskError};
use shared::salesforce::SalesforceId;
use shared::work::fail;

/// Flag: Id of the Quote.
const QUOTE: &str = "quote";
/// Flag: the last error, as JSON.
const ERROR: &str = "error";

/// How a job ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum End {
    /// With a Quote.
    Quote(String),
    /// Without.
    Error(QuoteError),
}

impl End {
    /// Notes the Quote of the job.
    pub(crate) async fn note_quote(cx: &TaskContext, quote: &SalesforceId) -> Result<(), JobsError> {
        cx.remember(QUOTE, quote.as_str()).await
    }

    /// Notes an error, which is the job's if it is the last one.
    pub(crate) async fn note_error(cx: &TaskContext, error: &QuoteError) -> Result<(), TaskError> {
        let text = serde_json::to_string(error).map_err(|error| fail(&error))?;
        Ok(cx.remember(ERROR, &text).await?)
    }

    /// Reads how `job`, all of whose tasks have ended, ended.
    pub(crate) async fn of(cx: &TaskContext, job: &JobView) -> Result<Self, TaskError> {
        if job.succeeded > 0
            && let Some(quote) = cx.recall(QUOTE).await?
        {
            return Ok(Self::Quote(quote));
        }
        if job.failed == 0 && job.skipped == 0 {
            return Ok(Self::Error(not_run(job)));
        }
        if let Some(text) = cx.recall(ERROR).await? {
            return serde_json::from_str(&text).map(Self::Error).map_err(|error| fail(&error));
        }
        // No run of the task came to an end: it panicked, or the workers died with it.
        let letter = cx.dead_letters().await?.into_iter().next();
        Ok(Self::Error(job_failed(letter.map(|letter| letter.reason))))
    }

    /// What is posted to the callback URL.
    pub(crate) fn into_result(self, job_id: String) -> QuoteResult {
        match self {
            Self::Quote(quote) => QuoteResult { job_id, quote_id: Some(quote), error: None },
            Self::Error(error) => QuoteResult { job_id, quote_id: None, error: Some(error) },
        }
    }
}

/// The Opportunity was not dealt with: the job was cancelled, or could not even be planned.
fn not_run(job: &JobView) -> QuoteError {
    match job.outcome {
        Some(JobState::Cancelled) => {
            QuoteError { code: "cancelled".to_owned(), message: "The job was cancelled.".to_owned() }
        }
        _ => job_failed(job.reason.clone()),
    }
}

fn job_failed(reason: Option<String>) -> QuoteError {
    let message = reason.unwrap_or_else(|| "The job failed.".to_owned());
    QuoteError { code: "job_failed".to_owned(), message }
}
