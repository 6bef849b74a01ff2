//! What a failed call means for the task that made it.

use crate::jobs::TaskError;
use crate::quotes::GenerateError;
use crate::salesforce::{Error, ErrorKind, told};
use std::time::Duration;

/// The task ends for good, with the error's words and those behind it: trying again is useless.
pub fn fail(error: &dyn std::error::Error) -> TaskError {
    TaskError::Fail { reason: told(error) }
}

/// The task runs again after a while.
pub fn retry(error: &dyn std::error::Error) -> TaskError {
    TaskError::Retry { reason: told(error), after: None }
}

/// Whether this is Salesforce's code for a record that somebody else has deleted meanwhile.
#[must_use]
pub fn is_gone(code: &str) -> bool {
    matches!(code, "ENTITY_IS_DELETED" | "INVALID_CROSS_REFERENCE_KEY")
}

/// `limit_pause` is how long an org rests that has reached its limit and does not say for how long.
pub(super) fn of_salesforce(error: &Error, limit_pause: Duration) -> TaskError {
    let reason = error.told();
    match error.kind() {
        ErrorKind::SessionExpired => TaskError::NeedsAuthorization { reason },
        ErrorKind::LimitExceeded => TaskError::PauseOrg { reason, wait: error.retry_after().unwrap_or(limit_pause) },
        ErrorKind::Silent => TaskError::Silent { reason: format!("the org does not answer: {reason}") },
        kind if kind.passes() => TaskError::Retry { reason, after: error.retry_after() },
        // Not found, forbidden, invalid: trying again is useless.
        _ => TaskError::Fail { reason },
    }
}

pub(super) fn of_quotes(error: &GenerateError, limit_pause: Duration) -> TaskError {
    match error {
        GenerateError::Salesforce(error) => of_salesforce(error, limit_pause),
        GenerateError::Cancelled | GenerateError::Note(_) => retry(error),
        GenerateError::Pack(_) => fail(error),
    }
}
