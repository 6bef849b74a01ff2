//! What can go wrong, sorted by what a caller can do about it.

mod api_error;
mod bulk_job;
mod kind;

use std::time::Duration;

use thiserror::Error;

pub use self::api_error::ApiError;
pub(crate) use self::api_error::Told;
pub(super) use self::api_error::kind as kind_of;
pub use self::api_error::kind_of_bare_status;
pub use self::bulk_job::JobState;
pub use self::kind::ErrorKind;
use super::{Cleaner, Operation, SalesforceId};

/// Why the id of a bulk job could not be kept, from whoever keeps it.
pub type NoteError = Box<dyn std::error::Error + Send + Sync>;

/// A failed call. No variant shows a token or a URL; where nobody answered with words of their own, the text names the org's
/// host, and [`told`](Error::told) the cause too.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// Salesforce answered with errors of its own.
    #[error("Salesforce refused {operation} (status {status}): {}", api_error::list(errors))]
    Api {
        /// The call.
        operation: Operation,
        /// HTTP status.
        status: u16,
        /// At least one error.
        errors: Vec<ApiError>,
        /// How long the server asks to wait.
        retry_after: Option<Duration>,
    },
    /// The status is not a success, and the body is not Salesforce's (a proxy's page, or nothing).
    #[error("{host} answered with status {status} and no error of Salesforce's own ({operation})")]
    Status {
        /// The call.
        operation: Operation,
        /// The org's host, with its port where that is not the usual one.
        host: String,
        /// HTTP status.
        status: u16,
        /// How long the server asks to wait.
        retry_after: Option<Duration>,
    },
    /// No connection could be made, so nothing was sent.
    #[error("Salesforce could not be reached at {host} ({operation})")]
    NotSent {
        /// The call.
        operation: Operation,
        /// The org's host, with its port where that is not the usual one.
        host: String,
        /// Cause, without the URL.
        source: reqwest::Error,
    },
    /// The request was, or may have been, sent; no whole answer came back.
    #[error("the connection to {host} broke off before the answer was there ({operation})")]
    NoAnswer {
        /// The call.
        operation: Operation,
        /// The org's host, with its port where that is not the usual one.
        host: String,
        /// Cause, without the URL.
        source: reqwest::Error,
    },
    /// The request was sent; the answer did not begin, or did not go on, in time.
    #[error("{host} did not answer in time ({operation})")]
    TimedOut {
        /// The call.
        operation: Operation,
        /// The org's host, with its port where that is not the usual one.
        host: String,
    },
    /// The request was, or may have been, sent; neither it nor the simplest of requests was answered.
    #[error("{host} did not answer {operation}, nor anything else")]
    Silent {
        /// The call.
        operation: Operation,
        /// The org's host, with its port where that is not the usual one.
        host: String,
    },
    /// A bulk job ended without processing all its rows. What it had processed stays, and its results tell what that is.
    #[error("bulk job {id} ended as {state}{}", message.as_deref().map(|text| format!(": {text}")).unwrap_or_default())]
    BulkJob {
        /// The job.
        id: SalesforceId,
        /// How it ended: failed or aborted.
        state: JobState,
        /// Salesforce's reason, `Code : text`, when it gave one.
        message: Option<String>,
    },
    /// A bulk job that was closed, or stopped, still waits for its rows: nothing will ever become of it.
    #[error("bulk job {id} still waits for its rows, so it will not end")]
    BulkJobOpen {
        /// The job.
        id: SalesforceId,
    },
    /// A bulk job is complete, but not all its rows were processed.
    #[error("bulk job {id} processed {processed} of {sent} rows")]
    BulkRowsMissing {
        /// The job.
        id: SalesforceId,
        /// Rows sent.
        sent: u64,
        /// Rows that Salesforce says it dealt with.
        processed: u64,
    },
    /// Whoever keeps the ids of bulk jobs for the caller failed; no rows were sent. It says nothing about Salesforce.
    #[error("the id of a bulk job could not be kept or looked up")]
    Note(#[source] NoteError),
    /// The caller cancelled.
    #[error("cancelled")]
    Cancelled,
    /// The answer cannot be understood.
    #[error("the answer to {operation} is malformed: {reason}")]
    Malformed {
        /// The call.
        operation: Operation,
        /// What is wrong with it.
        reason: String,
    },
    /// The session is not accepted any more and cannot be renewed.
    #[error("the Salesforce session has expired")]
    SessionExpired,
    /// The source of sessions failed.
    #[error("no Salesforce session could be obtained")]
    Session {
        /// What it asks of the caller.
        kind: ErrorKind,
        /// Cause.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The query does not fit a request; nothing was sent.
    #[error("the query needs a URL of {bytes} bytes, more than the {limit} that fit a request")]
    QueryTooLong {
        /// Length of the URL that would be needed, in bytes.
        bytes: usize,
        /// Longest URL that is sent, in bytes.
        limit: usize,
    },
    /// The request cannot be made from what the caller gave; nothing was sent.
    #[error("the request cannot be sent: {reason}")]
    InvalidRequest {
        /// What is wrong with it.
        reason: String,
    },
}

impl Error {
    pub(crate) fn invalid_request(reason: impl Into<String>) -> Self {
        Self::InvalidRequest { reason: reason.into() }
    }

    pub(crate) fn malformed(operation: Operation, reason: impl Into<String>) -> Self {
        // The reason may name what stood in the answer.
        Self::Malformed { operation, reason: Cleaner::default().text(&reason.into()) }
    }

    /// The same, without the tokens that `cleaner` knows. Every failed call passes here, so a variant with text of others
    /// must be named.
    pub(crate) fn cleared(self, cleaner: &Cleaner) -> Self {
        match self {
            Self::Api { operation, status, errors, retry_after } => {
                let errors = errors.into_iter().map(|error| error.cleared(cleaner)).collect();
                Self::Api { operation, status, errors, retry_after }
            }
            Self::BulkJob { id, state, message } => {
                Self::BulkJob { id, state, message: message.map(|message| cleaner.text(&message)) }
            }
            Self::Malformed { operation, reason } => Self::Malformed { operation, reason: cleaner.text(&reason) },
            Self::InvalidRequest { reason } => Self::InvalidRequest { reason: cleaner.text(&reason) },
            // No text of others.
            error @ (Self::Status { .. }
            | Self::NotSent { .. }
            | Self::NoAnswer { .. }
            | Self::TimedOut { .. }
            | Self::Silent { .. }
            | Self::BulkJobOpen { .. }
            | Self::BulkRowsMissing { .. }
            | Self::Note(_)
            | Self::Cancelled
            | Self::SessionExpired
            | Self::Session { .. }
            | Self::QueryTooLong { .. }) => error,
        }
    }

    /// What the failure asks of the caller.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Api { status, errors, .. } => api_error::kind(*status, errors),
            Self::Status { status, .. } => kind_of_bare_status(*status),
            Self::Silent { .. } => ErrorKind::Silent,
            // A request that cannot be made says nothing about the org.
            Self::NotSent { source, .. } if !source.is_builder() => ErrorKind::Silent,
            Self::NotSent { .. }
            | Self::NoAnswer { .. }
            | Self::TimedOut { .. }
            | Self::BulkJobOpen { .. }
            | Self::BulkRowsMissing { .. }
            | Self::Note(_)
            | Self::Cancelled => ErrorKind::Transient,
            Self::BulkJob { message, .. } => bulk_job::kind_of_failure(message.as_deref()),
            Self::Malformed { .. } => ErrorKind::Malformed,
            Self::SessionExpired => ErrorKind::SessionExpired,
            Self::Session { kind, .. } => *kind,
            Self::QueryTooLong { .. } | Self::InvalidRequest { .. } => ErrorKind::Invalid,
        }
    }

    /// Whether the org may have changed although the call failed. True only for calls that write; when true, look
    /// before doing it again.
    ///
    /// An error of Salesforce's own below status 500 means that the transaction was rolled back. So does a 401 or 429
    /// from anyone: those are given before a request is looked at.
    #[must_use]
    pub fn may_have_committed(&self) -> bool {
        match self {
            Self::Api { operation, status, .. } => operation.writes() && *status >= 500,
            Self::Status { operation, status, .. } => operation.writes() && !matches!(status, 401 | 429),
            Self::NoAnswer { operation, .. }
            | Self::TimedOut { operation, .. }
            | Self::Silent { operation, .. }
            | Self::Malformed { operation, .. } => operation.writes(),
            Self::BulkJob { .. } | Self::BulkJobOpen { .. } | Self::BulkRowsMissing { .. } => true,
            Self::NotSent { .. }
            | Self::Note(_)
            | Self::Cancelled
            | Self::SessionExpired
            | Self::Session { .. }
            | Self::QueryTooLong { .. }
            | Self::InvalidRequest { .. } => false,
        }
    }

    /// The error in words with what is behind it, for a log or for whoever waits for the call: of a failure of the network what
    /// the system said, such as `Connection refused`. Like the error itself it shows no token and no URL.
    #[must_use]
    pub fn told(&self) -> String {
        told(self)
    }

    /// How long the server asked to wait, when it did.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Api { retry_after, .. } | Self::Status { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// Salesforce's own errors; empty when it gave none.
    #[must_use]
    pub fn api_errors(&self) -> &[ApiError] {
        match self {
            Self::Api { errors, .. } => errors,
            _ => &[],
        }
    }

    pub(super) fn status(&self) -> Option<u16> {
        match self {
            Self::Api { status, .. } | Self::Status { status, .. } => Some(*status),
            _ => None,
        }
    }
}

/// An error in words, followed by those behind it. Of the layers of the HTTP client only the last is told, which has what the
/// system said; so no URL is, since only the first of them knows one.
#[must_use]
pub fn told(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut add = |behind: &dyn std::error::Error| {
        let more = behind.to_string();
        if !words.contains(&more) {
            words.push_str(": ");
            words.push_str(&more);
        }
    };
    let mut source = error.source();
    while let Some(behind) = source {
        if behind.is::<reqwest::Error>() {
            if let Some(last) = std::iter::successors(behind.source(), |error| error.source()).last() {
                add(last);
            }
            break;
        }
        add(behind);
        source = behind.source();
    }
    words
}

/// Makes an error out of an answer whose status is not the expected one.
pub(super) fn from_answer(
    operation: Operation,
    host: &str,
    status: u16,
    body: &[u8],
    retry_after: Option<Duration>,
    cleaner: &Cleaner,
) -> Error {
    if status == 300 {
        // The body lists the records' URLs ("Insert or Update (Upsert) a Record Using an External ID").
        let message = "more than one record has this external id".to_owned();
        let error = ApiError { error_code: "MULTIPLE_CHOICES".to_owned(), message, fields: Vec::new() };
        return Error::Api { operation, status, errors: vec![error], retry_after };
    }
    match ApiError::from_body(body, cleaner) {
        Some(errors) => Error::Api { operation, status, errors, retry_after },
        None => Error::Status { operation, host: host.to_owned(), status, retry_after },
    }
}

#[cfg(test)]
mod tests;
