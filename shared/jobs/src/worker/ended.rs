//! How runs of tasks end.

use crate::tasks::Failed;

/// How a run ended, as metrics tell it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Ended {
    /// Its result is stored.
    Acked,
    /// It runs again after a while.
    Retried,
    /// It was given up.
    Dead,
    /// It was given back, or its job was cancelled.
    Released,
    /// It was given back, and its org rests.
    Paused,
    /// As before, because the org did not answer.
    Silent,
    /// It was given back, and its job waits for a session.
    Held,
    /// Another worker has the task, or Redis does not take the result.
    Lost,
}

impl Ended {
    /// Whether the run failed, rather than ended or only waits for something.
    pub(super) fn is_failure(self) -> bool {
        matches!(self, Self::Retried | Self::Dead | Self::Silent | Self::Lost)
    }

    /// The value of the label `how`.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Acked => "acked",
            Self::Retried => "retried",
            Self::Dead => "dead",
            Self::Released => "released",
            Self::Paused => "paused",
            Self::Silent => "silent",
            Self::Held => "held",
            Self::Lost => "lost",
        }
    }
}

impl From<Failed> for Ended {
    fn from(failed: Failed) -> Self {
        match failed {
            Failed::Retried => Self::Retried,
            Failed::Dead => Self::Dead,
            Failed::Dropped => Self::Released,
            Failed::Lost => Self::Lost,
        }
    }
}
