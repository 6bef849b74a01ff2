//! Why OAuth refuses something (RFC 6749, section 5.2).

use actix_web::HttpResponse;
use serde_json::json;

use crate::http::answer::Answer;

/// A refusal: a code for programs and a text. The texts are those that public reports quote, but where it says
/// "unverified".
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) error: &'static str,
    pub(super) description: String,
}

impl Failure {
    pub(super) fn new(error: &'static str, description: impl Into<String>) -> Self {
        Self { error, description: description.into() }
    }

    /// A wrong user, password or client.
    pub(super) fn authentication() -> Self {
        Self::new("invalid_grant", "authentication failure")
    }

    /// An app that nobody knows.
    pub(super) fn client_id() -> Self {
        Self::new("invalid_client_id", "client identifier invalid")
    }

    /// A wrong secret of an app.
    pub(super) fn client_secret() -> Self {
        Self::new("invalid_client", "invalid client credentials")
    }

    /// A parameter that has to be there. The text is unverified.
    pub(super) fn missing(parameter: &str) -> Self {
        Self::new("invalid_request", format!("must provide {parameter} parameter"))
    }
}

impl From<Failure> for HttpResponse {
    fn from(failure: Failure) -> Self {
        let body = json!({"error": failure.error, "error_description": failure.description});
        Answer::json(400, body).into_response()
    }
}
