//! Salesforce's failures as answers to the caller whose request needed Salesforce.

use super::error::ApiError;
use shared::salesforce::{Error, ErrorKind};
use std::time::Duration;

/// When to come back after the org's API limit, if Salesforce does not say.
const LIMIT_WAIT: Duration = Duration::from_secs(60);
/// When to come back after a passing fault, if Salesforce does not say.
const FAULT_WAIT: Duration = Duration::from_secs(5);

/// How a failed Salesforce call is answered:
/// - 401 `session_expired` when the caller's session is no longer accepted;
/// - 422 with Salesforce's `errorCode` and words when the data, or the user's permissions, are at fault;
/// - 503 with `Retry-After` when the org is out of API calls (code `REQUEST_LIMIT_EXCEEDED`) or Salesforce is not
///   available;
/// - 502 when the answer makes no sense.
pub fn salesforce_error(error: Error) -> ApiError {
    let wait = |default| error.retry_after().unwrap_or(default);
    let refusal = error.api_errors().first().cloned();
    let answer = match (error.kind(), refusal) {
        (ErrorKind::SessionExpired, _) => {
            ApiError::unauthorized("The Salesforce session has expired.").with_code("session_expired")
        }
        (ErrorKind::LimitExceeded, refusal) => {
            let code = refusal.map_or("REQUEST_LIMIT_EXCEEDED".to_owned(), |refusal| refusal.error_code);
            ApiError::service_unavailable("The org has used up its API calls; try again later.", wait(LIMIT_WAIT))
                .with_code(code)
        }
        (ErrorKind::Transient | ErrorKind::RowLocked | ErrorKind::Silent, _) => {
            ApiError::service_unavailable("Salesforce is not available; try again.", wait(FAULT_WAIT))
        }
        (ErrorKind::NotFound | ErrorKind::Invalid | ErrorKind::Forbidden, Some(refusal)) => {
            ApiError::unprocessable(refusal.error_code, refusal.message)
        }
        _ => ApiError::bad_gateway("Salesforce's answer makes no sense."),
    };
    answer.caused_by(error)
}
