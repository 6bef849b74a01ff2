//! Why a stream ended.

use std::time::Duration;

use thiserror::Error;
use tonic::Code;

use super::refusal::Fault;
use super::{PubSubError, Refusal, StoreError};
use crate::ErrorKind;

/// The end of one stream; the subscription may go on.
#[derive(Debug, Error)]
pub(super) enum Failure {
    #[error(transparent)]
    Refused(Refusal),
    #[error("the service ended the stream")]
    Ended,
    #[error("the service was silent for {} seconds", .0.as_secs_f32())]
    Silent(Duration),
    #[error("an event came without a replay id")]
    NoReplayId,
    #[error("the stored replay id could not be loaded: {0}")]
    Store(StoreError),
    /// A call that the stream needs: a session or a schema.
    #[error(transparent)]
    Call(PubSubError),
    /// The caller has dropped the subscription.
    #[error("nobody listens any more")]
    Abandoned,
}

impl Failure {
    pub(super) fn fault(&self) -> Fault {
        match self {
            Self::Refused(refusal) => refusal.fault(),
            Self::Ended | Self::Silent(_) | Self::NoReplayId | Self::Store(_) => Fault::Transient,
            Self::Call(error) => match error.kind() {
                ErrorKind::Transient | ErrorKind::RowLocked | ErrorKind::Silent => Fault::Transient,
                ErrorKind::LimitExceeded => Fault::Busy,
                _ => Fault::Fatal,
            },
            Self::Abandoned => Fault::Fatal,
        }
    }

    /// The status with which a stream ended. Silence is a deadline that passed; one that this side left was cancelled.
    pub(super) fn status(&self) -> Code {
        match self {
            Self::Refused(refusal) => refusal.code,
            Self::Silent(_) => Code::DeadlineExceeded,
            Self::Ended => Code::Ok,
            Self::NoReplayId | Self::Store(_) | Self::Call(_) | Self::Abandoned => Code::Cancelled,
        }
    }

    /// The error that ends the subscription, when it does.
    pub(super) fn into_error(self, call: super::Call) -> PubSubError {
        match self {
            Self::Refused(refusal) => PubSubError::Refused(refusal),
            Self::Call(error) => error,
            Self::Abandoned => PubSubError::Ended,
            Self::Silent(_) => PubSubError::NoAnswer(call),
            other => PubSubError::malformed(call, other.to_string()),
        }
    }
}
