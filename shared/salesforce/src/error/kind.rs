//! What a failure asks of the caller.

/// What a failure asks of the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// It may work later: the connection failed or Salesforce is busy.
    Transient,
    /// Another transaction holds the record; it will work soon.
    RowLocked,
    /// The org cannot be reached, or answers nothing at all. Nothing of this org will work before it does.
    Silent,
    /// The org has used up its calls, or too many long ones run at once. Nothing of this org will work for a while.
    LimitExceeded,
    /// The access token is not accepted, and there is no new one.
    SessionExpired,
    /// The record, object or resource does not exist.
    NotFound,
    /// The data or the request is refused; the same again will be refused again.
    Invalid,
    /// The user lacks a permission.
    Forbidden,
    /// The answer is not what the API describes.
    Malformed,
}

impl ErrorKind {
    /// Name for metrics, for example `row_locked`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Transient => "transient",
            Self::RowLocked => "row_locked",
            Self::Silent => "silent",
            Self::LimitExceeded => "limit_exceeded",
            Self::SessionExpired => "session_expired",
            Self::NotFound => "not_found",
            Self::Invalid => "invalid",
            Self::Forbidden => "forbidden",
            Self::Malformed => "malformed",
        }
    }

    /// Whether the same call may go well a little later, as nothing is known to be wrong with it: the connection failed,
    /// Salesforce is busy, a record is held, or the answer came from something that is not the API.
    ///
    /// This, with the codes and statuses behind [`ApiError::kind`](super::ApiError::kind), is the one list of what passes by itself.
    #[must_use]
    pub fn passes(self) -> bool {
        matches!(self, Self::Transient | Self::RowLocked | Self::Malformed)
    }
}
