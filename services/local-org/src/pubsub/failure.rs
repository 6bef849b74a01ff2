//! Errors as the Pub/Sub API gives them: a gRPC status, and in the trailers `error-code`, `rpc-id` and `type` (Pub/Sub
//! API Developer Guide, "Handle Errors").
//!
//! The guide lists the codes, but neither their gRPC status nor their texts; what is not known from a real org's answer
//! is as near as its description allows.

use tonic::metadata::{AsciiMetadataValue, MetadataMap};
use tonic::{Code, Status};

use crate::bus::ReplayError;
use crate::error::ApiError;

/// What all error codes begin with.
const PREFIX: &str = "sfdc.platform.eventbus.grpc.";

/// Why a call fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) code: Code,
    /// The error code without [`PREFIX`].
    pub(super) error_code: &'static str,
    /// Text for people, to which the id of the call is added.
    pub(super) message: String,
}

impl Failure {
    pub(super) fn new(code: Code, error_code: &'static str, message: impl Into<String>) -> Self {
        Self { code, error_code, message: message.into() }
    }

    /// The caller has no live session.
    pub(super) fn unauthenticated() -> Self {
        let message = "An authentication exception occurred. Provide valid authentication via metadata headers.";
        Self::new(Code::Unauthenticated, "service.auth.error", message)
    }

    /// The service cannot be used for a while.
    pub(super) fn unavailable() -> Self {
        Self::new(Code::Unavailable, "service.unavailable", "The service is unavailable. Try again later.")
    }

    /// The org itself failed; the cause is in its log.
    pub(super) fn internal() -> Self {
        Self::new(Code::Internal, "subscription.internal.error", "An internal error occurred.")
    }

    /// There is no such topic.
    pub(super) fn topic_not_found(tenant: &str, topic: &str) -> Self {
        let message = format!(
            "The topic information for org {tenant} and topic {topic} not found. Ensure the topic name is correct and \
             that the topic exists."
        );
        Self::new(Code::NotFound, "topic.not.found", message)
    }

    /// The caller may not do that with the topic.
    pub(super) fn no_permission(error_code: &'static str, tenant: &str, topic: &str) -> Self {
        let message = format!(
            "An error occurred while getting the metadata for org {tenant} and topic {topic}. Ensure the credentials \
             and topic name are correct."
        );
        Self::new(Code::PermissionDenied, error_code, message)
    }

    /// The org delivered as many events in 24 hours as it may.
    pub(super) fn delivery_limit() -> Self {
        let message = "You have exceeded the event delivery limit for your org.";
        Self::new(Code::ResourceExhausted, "subscription.limit.exceeded", message)
    }

    /// The status that ends a call.
    pub(super) fn status(&self, rpc: &'static str, rpc_id: &str) -> Status {
        let mut trailers = MetadataMap::new();
        let error_code = format!("{PREFIX}{}", self.error_code);
        for (name, value) in [("error-code", error_code.as_str()), ("rpc-id", rpc_id), ("type", rpc)] {
            if let Ok(value) = AsciiMetadataValue::try_from(value) {
                trailers.insert(name, value);
            }
        }
        Status::with_metadata(self.code, format!("{} rpcId: {rpc_id}", self.message), trailers)
    }
}

impl From<ReplayError> for Failure {
    fn from(_: ReplayError) -> Self {
        let message = "The replay ID validation failed. Ensure that the replay ID is valid and within the retention \
                       window.";
        Self::new(Code::InvalidArgument, "subscription.fetch.replayid.corrupted", message)
    }
}

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        match error.status {
            500.. => Self::internal(),
            _ => Self::new(Code::InvalidArgument, "topic.meta.permission", error.message),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Failure;

    #[test]
    fn a_status_tells_code_and_call() {
        let status = Failure::unavailable().status("Subscribe", "45b0e87b-e00f-48c5-94cf-34a043854962");
        let trailer = |name: &str| status.metadata().get(name).and_then(|value| value.to_str().ok());
        assert_eq!(trailer("error-code"), Some("sfdc.platform.eventbus.grpc.service.unavailable"));
        assert_eq!(trailer("rpc-id"), Some("45b0e87b-e00f-48c5-94cf-34a043854962"));
        assert_eq!(trailer("type"), Some("Subscribe"));
        let text = "The service is unavailable. Try again later. rpcId: 45b0e87b-e00f-48c5-94cf-34a043854962";
        assert_eq!(status.message(), text);
    }
}
