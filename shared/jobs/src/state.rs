//! Where a job stands.

use serde::{Deserialize, Serialize};

/// Where a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub enum JobState {
    /// No worker has taken anything of it yet.
    Queued,
    /// Being planned or run.
    Running,
    /// Stopped until [`Jobs::resume`](super::Jobs::resume) brings a valid session.
    NeedsAuthorization,
    /// Cancelled; tasks that had started are ending.
    Cancelling,
    /// All chunks have ended; the kind's last step is due.
    Finishing,
    /// Ended. Single records or chunks may have failed, the counts say so.
    Completed,
    /// Ended by [`Jobs::cancel`](super::Jobs::cancel).
    Cancelled,
    /// Ended because it could not be planned to the end.
    Failed,
}

impl JobState {
    /// True when nothing more happens to the job by itself.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self, Self::Completed | Self::Cancelled | Self::Failed)
    }

    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Queued,
        Self::Running,
        Self::NeedsAuthorization,
        Self::Cancelling,
        Self::Finishing,
        Self::Completed,
        Self::Cancelled,
        Self::Failed,
    ];

    /// Its name, as an answer of an API has it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::NeedsAuthorization => "needsAuthorization",
            other => other.in_redis(),
        }
    }

    /// The state of this [`name`](Self::name).
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    pub(super) fn in_redis(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::NeedsAuthorization => "needs_authorization",
            Self::Cancelling => "cancelling",
            Self::Finishing => "finishing",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
        }
    }

    /// The state's name in Redis, and the kind of the event that reports it.
    pub(super) fn from_redis(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.in_redis() == text)
    }
}
