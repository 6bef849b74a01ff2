//! Faults, in the form of an org's: HTTP 500 with a code that clients match on.

use actix_web::HttpResponse;

use super::answer::envelope;
use super::api::Api;
use crate::error::ApiError;
use crate::xml::Xml;

/// Why a call failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    /// Such as `INVALID_SESSION_ID`.
    code: String,
    message: String,
    /// The element that tells it to typed clients.
    detail: &'static str,
}

impl Fault {
    /// A fault; the code is put before the message, as an org does.
    pub(super) fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into(), detail: "UnexpectedErrorFault" }
    }

    /// A wrong user or password.
    pub(super) fn login() -> Self {
        let message = "Invalid username, password, security token; or user locked out.";
        Self { detail: "LoginFault", ..Self::new("INVALID_LOGIN", message) }
    }

    /// No session, or one that has ended.
    pub(super) fn session() -> Self {
        let message =
            "Invalid Session ID found in SessionHeader: Illegal Session. Session not found, missing session key";
        Self { detail: "InvalidSessionIdFault", ..Self::new("INVALID_SESSION_ID", message) }
    }

    /// A call that a local org does not take. An org knows no such fault: the text says what to do instead.
    pub(super) fn unsupported(operation: &str, instead: &str) -> Self {
        Self::new("UNSUPPORTED_OPERATION", format!("a local org does not take {operation}: {instead}"))
    }

    /// What is no SOAP request.
    pub(super) fn unreadable(why: impl Into<String>) -> Self {
        Self::new("soapenv:Client", why)
    }

    /// A defect of this program; the cause is logged, not told.
    pub(super) fn unexpected(cause: &(dyn std::error::Error + 'static)) -> Self {
        tracing::error!(error = cause, "a SOAP call failed");
        Self::new("UNKNOWN_EXCEPTION", "An unexpected error occurred")
    }

    /// The answer.
    pub(super) fn into_response(self, api: Api) -> HttpResponse {
        let is_ours = !self.code.starts_with("soapenv:");
        let (code, message) = match is_ours {
            true => (format!("sf:{}", self.code), format!("{}: {}", self.code, self.message)),
            false => (self.code.clone(), self.message.clone()),
        };
        let mut xml = Xml::default();
        xml.open("soapenv:Fault");
        xml.text("faultcode", &code).text("faultstring", &message);
        if is_ours {
            let detail = format!("sf:{}", self.detail);
            xml.open("detail").open_with(&detail, &format!("xsi:type=\"{detail}\""));
            xml.text("sf:exceptionCode", &self.code).text("sf:exceptionMessage", &self.message);
            xml.close(&detail).close("detail");
        }
        xml.close("soapenv:Fault");
        let namespaces = format!("xmlns:sf=\"{}\"", api.fault_namespace());
        HttpResponse::InternalServerError()
            .content_type("text/xml; charset=utf-8")
            .body(envelope(&namespaces, &xml.into_string()))
    }
}

impl From<ApiError> for Fault {
    fn from(error: ApiError) -> Self {
        Self::new(error.code, error.message)
    }
}
