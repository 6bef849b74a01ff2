//! Errors of the Bulk API, whose codes are those of Bulk API v1 in upper case without underscores.

use std::io;

use crate::error::ApiError;

/// Why a job fails as a whole: its `errorMessage`.
pub(crate) type Failure = String;

/// 400 with one of those codes, such as `INVALIDJOBSTATE`.
pub(crate) fn refused(code: &str, message: impl Into<String>) -> ApiError {
    ApiError::new(400, code, message)
}

/// A temporary file cannot be read or written (500). The cause is logged, not told.
pub(crate) fn disk(error: &io::Error) -> ApiError {
    tracing::error!(error = error as &dyn std::error::Error, "a temporary file cannot be used");
    ApiError::new(500, "UNKNOWN_EXCEPTION", "An unexpected error occurred")
}
