//! `QuoteGenerationComplete__e`: how a job ended, as the event in `salesforce/` has it and its Flow tells the user.

mod lookup;
mod publish;
#[cfg(test)]
mod tests;

pub(crate) use publish::Publisher;

use serde::Serialize;
use shared::contracts::QUOTES;
use shared::jobs::{DeadLetter, JobState, JobView, JobsError, RecordError, TaskContext};
use shared::salesforce::SalesforceId;

/// API name of the event.
const EVENT: &str = "QuoteGenerationComplete__e";

/// Length of `Message__c`, which Salesforce counts in UTF-16 units.
const MESSAGE_UNITS: usize = 255;

/// Fields of the event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Completion {
    #[serde(rename = "JobId__c")]
    job: String,
    #[serde(rename = "Status__c")]
    status: Status,
    /// Quotes, not their lines.
    #[serde(rename = "Quotes__c")]
    quotes: u64,
    #[serde(rename = "Skipped__c")]
    skipped: u64,
    #[serde(rename = "Failed__c")]
    failed: u64,
    /// One sentence for the user, when not all went well.
    #[serde(rename = "Message__c", skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    /// Whom to notify; without it the user who publishes the event.
    #[serde(rename = "UserId__c", skip_serializing_if = "Option::is_none")]
    user: Option<SalesforceId>,
}

/// How a job ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Status {
    /// Every Opportunity was dealt with. Single ones may have failed; the counts and the message say so.
    Completed,
    /// It was cancelled, also when all of it had begun by then.
    Cancelled,
    /// It could not be planned, or a part of it was given up, or no Opportunity got a Quote for an error.
    Failed,
}

impl Completion {
    /// What is to be told of a job whose tasks have ended.
    pub(crate) async fn of(cx: &TaskContext, job: &JobView, user: Option<SalesforceId>) -> Result<Self, JobsError> {
        let letters = cx.dead_letters().await?;
        let errors = if job.errors > 0 { cx.record_errors(1).await? } else { Vec::new() };
        Ok(Self::new(job, &letters, errors.first(), user))
    }

    fn new(job: &JobView, letters: &[DeadLetter], error: Option<&RecordError>, user: Option<SalesforceId>) -> Self {
        let given_up = letters.first().map(|letter| letter.reason.as_str());
        let refused = error.map(|error| format!("{}: {}", error.code, error.message));
        let (status, reason) = if job.outcome == Some(JobState::Cancelled) {
            (Status::Cancelled, Some(job.reason.clone().unwrap_or_else(|| "The job was cancelled.".to_owned())))
        } else if given_up.is_some() {
            (Status::Failed, given_up.map(str::to_owned))
        } else if job.failed > 0 && job.failed == job.processed {
            (Status::Failed, refused)
        } else {
            (Status::Completed, refused)
        };
        Self {
            // The last step runs again after a retry of the job, which has other counts to tell.
            job: if job.run > 1 { format!("{}-{}", job.id.hyphenated(), job.run) } else { job.id.hyphenated() },
            status,
            quotes: job.counters.get(QUOTES).copied().unwrap_or_default(),
            skipped: job.skipped,
            failed: job.failed,
            message: reason.map(|reason| shortened(&reason, MESSAGE_UNITS)),
            user,
        }
    }
}

/// The beginning of a text, of at most this many UTF-16 units, and never half a character.
fn shortened(text: &str, units: usize) -> String {
    let mut left = units;
    let fits = |c: &char| {
        let rest = left.checked_sub(c.len_utf16());
        left = rest.unwrap_or_default();
        rest.is_some()
    };
    text.chars().take_while(fits).collect()
}
