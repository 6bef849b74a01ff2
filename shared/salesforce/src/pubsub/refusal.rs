//! What a gRPC status says, sorted by what there is to do.

use std::fmt;

use thiserror::Error;
use tonic::metadata::MetadataMap;
use tonic::{Code, ConnectError, Status};

use crate::{Cleaner, ErrorKind};

/// Longest message of the service that goes into an error, in characters.
const MAX_MESSAGE_CHARS: usize = 300;

/// A call of the service. Its name appears in errors and traces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Call {
    /// A topic and its present schema.
    GetTopic,
    /// A schema by id.
    GetSchema,
    /// Events to publish.
    Publish,
    /// Events of a topic.
    Subscribe,
    /// Events of a managed subscription.
    ManagedSubscribe,
}

impl Call {
    /// Name for logs and metrics, for example `get_topic`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::GetTopic => "get_topic",
            Self::GetSchema => "get_schema",
            Self::Publish => "publish",
            Self::Subscribe => "subscribe",
            Self::ManagedSubscribe => "managed_subscribe",
        }
    }

    /// Its name in gRPC.
    pub(super) fn method(self) -> &'static str {
        match self {
            Self::GetTopic => "eventbus.v1.PubSub/GetTopic",
            Self::GetSchema => "eventbus.v1.PubSub/GetSchema",
            Self::Publish => "eventbus.v1.PubSub/Publish",
            Self::Subscribe => "eventbus.v1.PubSub/Subscribe",
            Self::ManagedSubscribe => "eventbus.v1.PubSub/ManagedSubscribe",
        }
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The service's, or the connection's, reason for a call that failed.
#[derive(Debug, Clone, Error)]
#[error("{call} failed with {code:?}{}: {message}", in_brackets(error_code.as_deref()))]
#[non_exhaustive]
pub struct Refusal {
    /// The call.
    pub call: Call,
    /// gRPC status.
    pub code: Code,
    /// Salesforce's own code, such as `sfdc.platform.eventbus.grpc.service.auth.error`.
    pub error_code: Option<String>,
    /// For people; shortened.
    pub message: String,
    /// Identifies the call in Salesforce's logs.
    pub rpc_id: Option<String>,
    /// Nothing was sent, as no connection could be made.
    pub not_sent: bool,
}

/// What a failed call asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// It may work soon.
    Transient,
    /// The service asks to come back later.
    Unavailable,
    /// Another subscriber or a used-up allocation is in the way.
    Busy,
    /// The token is not accepted.
    Unauthenticated,
    /// The replay id is too old or not one.
    ReplayIdLost,
    /// The same again will fail again.
    Fatal,
}

impl Refusal {
    pub(super) fn new(call: Call, status: &Status, cleaner: &Cleaner) -> Self {
        // Of a connection that could not be made the status says that alone, and the last error behind it why.
        let cause = std::iter::successors(std::error::Error::source(status), |error| error.source()).last();
        let message = match cause.map(ToString::to_string).filter(|cause| !status.message().contains(cause)) {
            Some(cause) => shown(&format!("{}: {cause}", status.message()), cleaner),
            None => shown(status.message(), cleaner),
        };
        Self {
            call,
            code: status.code(),
            error_code: text(status.metadata(), "error-code", cleaner),
            message,
            rpc_id: text(status.metadata(), "rpc-id", cleaner),
            not_sent: never_sent(status),
        }
    }

    /// Sorts by status; the service's own code tells a lost replay id from other bad arguments, and an overloaded
    /// service from a broken connection (Pub/Sub API, "Error Codes").
    pub(super) fn fault(&self) -> Fault {
        let says = |part: &str| self.error_code.as_ref().is_some_and(|code| code.to_ascii_lowercase().contains(part));
        match self.code {
            Code::Unauthenticated => Fault::Unauthenticated,
            Code::InvalidArgument if says("replayid") => Fault::ReplayIdLost,
            Code::AlreadyExists | Code::ResourceExhausted => Fault::Busy,
            Code::InvalidArgument
            | Code::NotFound
            | Code::PermissionDenied
            | Code::FailedPrecondition
            | Code::OutOfRange
            | Code::Unimplemented => Fault::Fatal,
            _ if says("service.unavailable") => Fault::Unavailable,
            _ => Fault::Transient,
        }
    }

    /// What the failure asks of the caller.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self.code {
            Code::Unauthenticated => ErrorKind::SessionExpired,
            Code::NotFound => ErrorKind::NotFound,
            Code::PermissionDenied => ErrorKind::Forbidden,
            Code::ResourceExhausted => ErrorKind::LimitExceeded,
            Code::InvalidArgument | Code::FailedPrecondition | Code::OutOfRange | Code::Unimplemented => {
                ErrorKind::Invalid
            }
            _ => ErrorKind::Transient,
        }
    }
}

fn in_brackets(code: Option<&str>) -> String {
    code.map(|code| format!(" ({code})")).unwrap_or_default()
}

fn text(metadata: &MetadataMap, name: &str, cleaner: &Cleaner) -> Option<String> {
    Some(shown(metadata.get(name)?.to_str().ok()?, cleaner))
}

/// Text of the service for an error: cleared before it is shortened, lest half a token be left.
pub(super) fn shown(text: &str, cleaner: &Cleaner) -> String {
    let line: String = text.chars().filter(|c| !c.is_control()).collect();
    cleaner.text(&line).chars().take(MAX_MESSAGE_CHARS).collect()
}

fn never_sent(status: &Status) -> bool {
    let mut source = std::error::Error::source(status);
    while let Some(error) = source {
        if error.is::<ConnectError>() {
            return true;
        }
        source = error.source();
    }
    false
}

#[cfg(test)]
mod tests;
