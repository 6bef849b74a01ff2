//! What can go wrong between this service and the add-on.

use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;

use salesforce::{Cleaner, ErrorKind, SalesforceId};

/// Longest explanation of the add-on that goes into an error, in characters.
const MAX_MESSAGE_CHARS: usize = 300;

/// No session of an authorized user could be had. No variant shows a token or a URL.
#[derive(Debug, Clone, Error)]
#[non_exhaustive]
pub enum AppLinkError {
    /// The developer name is empty or too long.
    #[error("`{name}` is not the developer name of an authorization")]
    InvalidName {
        /// The name, shortened.
        name: String,
    },
    /// The add-on knows no authorization of this name.
    #[error("AppLink has no authorization named `{name}`")]
    NotFound {
        /// The name.
        name: String,
    },
    /// The authorization exists but gives no access, because its user has not yet, or no longer, agreed.
    #[error("the AppLink authorization `{name}` is {status}; authorize it again")]
    NotAuthorized {
        /// The name.
        name: String,
        /// Its status, such as `disconnected`.
        status: String,
    },
    /// The authorization is for a Data Cloud org, which has an API of its own, where a Salesforce org is needed.
    #[error("`{name}` is an authorization of a Data Cloud org, which has no Salesforce REST API")]
    DataCloud {
        /// The name.
        name: String,
    },
    /// The authorization is another org's by now, and what was begun or meant for one org must not happen in another.
    #[error(
        "the AppLink authorization `{name}` is of the org {found} by now, and this is for the org {org}; nothing is done in the \
         other. Authorize {org} under this name again and retry, or start anew for {found}"
    )]
    AnotherOrg {
        /// The name.
        name: String,
        /// The org for which it was asked.
        org: SalesforceId,
        /// The org of which it is.
        found: SalesforceId,
    },
    /// Salesforce refuses the session that was given in place of an add-on.
    #[error("the session that was given in place of AppLink has ended; log in again and start with the new one")]
    SessionEnded,
    /// The add-on refused the request.
    #[error("AppLink answered with status {status}: {message}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// The add-on's explanation.
        message: String,
        /// How long the add-on asks to wait.
        retry_after: Option<Duration>,
    },
    /// The add-on could not be reached, or did not answer.
    #[error("AppLink could not be reached at {host}")]
    Unreachable {
        /// The add-on's host.
        host: String,
        /// Cause, without the URL.
        source: Arc<reqwest::Error>,
    },
    /// Something answered that is not the add-on: a page, another status, JSON of another kind.
    #[error("AppLink's answer is not one of its own: {reason}")]
    Unexpected {
        /// How it shows.
        reason: String,
    },
    /// The add-on's answer cannot be used.
    #[error("the answer of AppLink is malformed: {reason}")]
    Malformed {
        /// What is wrong with it.
        reason: String,
    },
}

impl AppLinkError {
    /// What the failure asks of the caller.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::InvalidName { .. } | Self::DataCloud { .. } | Self::AnotherOrg { .. } => ErrorKind::Invalid,
            Self::NotFound { .. } => ErrorKind::NotFound,
            Self::NotAuthorized { .. } | Self::SessionEnded => ErrorKind::SessionExpired,
            Self::Unreachable { .. } => ErrorKind::Transient,
            // The add-on's own token is wrong: that is not the session of a user.
            Self::Refused { status: 401 | 403, .. } => ErrorKind::Forbidden,
            Self::Refused { status, .. } => match salesforce::http::kind_of_bare_status(*status) {
                ErrorKind::Transient | ErrorKind::LimitExceeded => ErrorKind::Transient,
                _ => ErrorKind::Invalid,
            },
            Self::Unexpected { .. } | Self::Malformed { .. } => ErrorKind::Malformed,
        }
    }

    /// The same, without the tokens that `cleaner` knows. Every failed call passes here, so a variant with text of others
    /// must be named.
    pub(crate) fn cleared(self, cleaner: &Cleaner) -> Self {
        match self {
            Self::NotAuthorized { name, status } => Self::NotAuthorized { name, status: cleaner.text(&status) },
            Self::Refused { status, message, retry_after } => Self::Refused {
                status,
                message: cleaner.text(&message).chars().take(MAX_MESSAGE_CHARS).collect(),
                retry_after,
            },
            Self::Unexpected { reason } => Self::Unexpected { reason: cleaner.text(&reason) },
            Self::Malformed { reason } => Self::Malformed { reason: cleaner.text(&reason) },
            error @ (Self::InvalidName { .. }
            | Self::NotFound { .. }
            | Self::DataCloud { .. }
            | Self::AnotherOrg { .. }
            | Self::SessionEnded
            | Self::Unreachable { .. }) => error,
        }
    }

    /// How long the add-on asked to wait, when it did.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}

impl From<AppLinkError> for salesforce::Error {
    fn from(error: AppLinkError) -> Self {
        Self::Session { kind: error.kind(), source: Box::new(error) }
    }
}
