//! How a bulk job ends, which is part of an error.

use std::fmt;

use serde::Deserialize;

use super::kind::ErrorKind;

/// Where a bulk job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Deserialize)]
pub enum JobState {
    /// It waits for its rows.
    Open,
    /// It waits to be processed.
    UploadComplete,
    /// It is being processed.
    InProgress,
    /// All rows were processed; single ones may have failed.
    JobComplete,
    /// Salesforce gave up. What was processed stays.
    Failed,
    /// It was stopped. What was processed stays.
    Aborted,
    /// A state that this client does not know, or none was told.
    #[default]
    #[serde(other)]
    Unknown,
}

impl JobState {
    /// Nothing more will happen to the job.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self, Self::JobComplete | Self::Failed | Self::Aborted)
    }
}

impl fmt::Display for JobState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// What a job's failure asks of the caller, by the code before ` : `. An unknown reason, or none, may pass.
pub(super) fn kind_of_failure(message: Option<&str>) -> ErrorKind {
    let code = message.and_then(|text| text.split(':').next()).map(str::trim).unwrap_or_default();
    match code {
        "InvalidBatch" | "InvalidJob" | "InvalidOperation" | "InvalidEntity" | "ClientInputError" | "InvalidUser" => {
            ErrorKind::Invalid
        }
        "FeatureNotEnabled" => ErrorKind::Forbidden,
        "ExceededQuota" | "API_ERROR_EXCEEDED_QUOTA" => ErrorKind::LimitExceeded,
        "TooManyLockFailure" => ErrorKind::RowLocked,
        _ => ErrorKind::Transient,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_sorted_by_their_code() {
        assert_eq!(kind_of_failure(Some("TooManyLockFailure : x")), ErrorKind::RowLocked);
        assert_eq!(kind_of_failure(Some("InternalServerError : x")), ErrorKind::Transient);
        assert_eq!(kind_of_failure(None), ErrorKind::Transient);
    }
}
