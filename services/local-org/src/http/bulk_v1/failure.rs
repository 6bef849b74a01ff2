//! Errors of the Bulk API (v1): a code and a message, in XML or JSON, always with status 400, also for a session that is
//! none (Bulk API Developer Guide, "Errors").

use serde_json::{Value, json};

use crate::error::ApiError;

/// An error.
#[derive(Debug)]
pub(super) struct Failure {
    code: String,
    message: String,
}

/// Codes as 2.0 writes them, and as v1 does.
const CODES: [(&str, &str); 8] = [
    ("FEATURENOTENABLED", "FeatureNotEnabled"),
    ("INVALIDBATCH", "InvalidBatch"),
    ("INVALIDENTITY", "InvalidEntity"),
    ("INVALIDJOB", "InvalidJob"),
    ("INVALIDJOBSTATE", "InvalidJobState"),
    ("INVALID_SESSION_ID", "InvalidSessionId"),
    ("JSON_PARSER_ERROR", "InvalidJob"),
    ("UNSUPPORTEDCONTENTTYPE", "UnsupportedContentType"),
];

impl Failure {
    pub(super) fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into() }
    }

    /// No session is named.
    pub(super) fn no_session() -> Self {
        Self::new("InvalidSessionId", "Unable to find session id")
    }

    /// The session that is named does not exist.
    pub(super) fn session() -> Self {
        Self::new("InvalidSessionId", "Invalid session id")
    }

    /// A defect of this program.
    pub(super) fn unexpected(error: &dyn std::error::Error) -> Self {
        tracing::error!(error = %error, "a call of the Bulk API did not come back");
        Self::new("Unknown", "An unexpected error occurred")
    }

    /// As it is told.
    pub(super) fn told(&self) -> Value {
        json!({"exceptionCode": self.code, "exceptionMessage": self.message})
    }
}

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        let code = CODES.iter().find(|(code, _)| *code == error.code).map(|(_, own)| *own);
        let other = if error.status >= 500 { "Unknown" } else { "ClientInputError" };
        Self::new(code.unwrap_or(other), error.message)
    }
}
