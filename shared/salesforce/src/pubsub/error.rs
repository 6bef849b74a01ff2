//! What can go wrong, sorted by what a caller can do about it.

use std::path::PathBuf;

use thiserror::Error;

use super::{Call, EncodeError, Refusal};
use crate::{ErrorKind, HostError};

/// A failed call, or the end of a subscription. No variant shows a token.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PubSubError {
    /// A token may not go to the configured address.
    #[error("the endpoint of the Pub/Sub API is not allowed")]
    Endpoint(#[source] HostError),
    /// The certificate file cannot be read.
    #[error("the certificates in {} cannot be read", path.display())]
    Certificate {
        /// The file.
        path: PathBuf,
        /// The system's answer.
        source: std::io::Error,
    },
    /// The address or the certificates cannot be used.
    #[error("connections to the Pub/Sub API cannot be set up")]
    Transport(#[source] tonic::transport::Error),
    /// No session, or one that cannot be sent.
    #[error("there is no Salesforce session for the Pub/Sub API")]
    Session(#[source] crate::Error),
    /// The service, or the connection, failed the call.
    #[error(transparent)]
    Refused(Refusal),
    /// No answer in time.
    #[error("{0} got no answer in time")]
    NoAnswer(Call),
    /// The answer cannot be understood.
    #[error("the answer to {call} is malformed: {reason}")]
    Malformed {
        /// The call.
        call: Call,
        /// What is wrong with it.
        reason: String,
    },
    /// The user may not publish to the topic.
    #[error("the user may not publish to {0}")]
    NotPublishable(String),
    /// An event does not fit its schema, or the limits; nothing was published.
    #[error("event {index} cannot be published")]
    Event {
        /// Place in the list, from 0.
        index: usize,
        /// What is wrong with it.
        source: EncodeError,
    },
    /// More than one request takes; nothing was published.
    #[error("{0}")]
    TooMuch(String),
    /// Salesforce did not keep a replay id, and will not if asked again.
    #[error("the replay id was not committed: {0}")]
    Commit(String),
    /// The connection was lost before Salesforce kept a replay id, and cannot be made again before the caller finishes
    /// events.
    #[error("the replay id was not committed, as the connection was lost")]
    Interrupted,
    /// The subscription has ended.
    #[error("the subscription has ended")]
    Ended,
}

impl PubSubError {
    pub(super) fn malformed(call: Call, reason: impl Into<String>) -> Self {
        // The reason may name what stood in the answer.
        Self::Malformed { call, reason: crate::Cleaner::default().text(&reason.into()) }
    }

    /// What the failure asks of the caller.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Session(error) => error.kind(),
            Self::Refused(refusal) => refusal.kind(),
            Self::NoAnswer(_) | Self::Interrupted | Self::Ended => ErrorKind::Transient,
            Self::Malformed { .. } => ErrorKind::Malformed,
            Self::NotPublishable(_) => ErrorKind::Forbidden,
            Self::Endpoint(_)
            | Self::Certificate { .. }
            | Self::Transport(_)
            | Self::Event { .. }
            | Self::TooMuch(_)
            | Self::Commit(_) => ErrorKind::Invalid,
        }
    }

    /// Whether events may have been published although the call failed.
    #[must_use]
    pub fn may_have_published(&self) -> bool {
        match self {
            Self::Refused(refusal) => {
                let sure = refusal.not_sent
                    || matches!(
                        refusal.kind(),
                        ErrorKind::SessionExpired
                            | ErrorKind::NotFound
                            | ErrorKind::Forbidden
                            | ErrorKind::LimitExceeded
                            | ErrorKind::Invalid
                    );
                refusal.call == Call::Publish && !sure
            }
            Self::NoAnswer(call) | Self::Malformed { call, .. } => *call == Call::Publish,
            _ => false,
        }
    }
}
