//! A call as the console shows it: how it went, without what was sent.

use chrono::{DateTime, Utc};

use super::{Invocation, Invocations, State};

/// How a call went so far.
#[derive(Debug, Clone)]
pub(crate) struct CallOverview {
    pub(crate) client_name: String,
    pub(crate) operation_id: String,
    pub(crate) username: String,
    pub(crate) state: State,
    pub(crate) started_at: DateTime<Utc>,
    pub(crate) ended_at: Option<DateTime<Utc>>,
    /// HTTP status of the app's answer, if there was one.
    pub(crate) status: Option<u16>,
    pub(crate) error: Option<String>,
    /// Whether a callback is or was waited for, and whether it came.
    pub(crate) called_back: Option<bool>,
}

impl Invocations {
    /// Up to `limit` calls, the newest first, and how many are remembered.
    pub(crate) fn newest(&self, limit: usize) -> (Vec<CallOverview>, usize) {
        let all = self.all();
        (all.iter().rev().take(limit).map(Invocation::overview).collect(), all.len())
    }
}

impl Invocation {
    fn overview(&self) -> CallOverview {
        CallOverview {
            client_name: self.client_name.clone(),
            operation_id: self.operation_id.clone(),
            username: self.username.clone(),
            state: self.outcome.state,
            started_at: self.started_at,
            ended_at: self.outcome.ended_at,
            status: self.outcome.status,
            error: self.outcome.error.clone(),
            called_back: self.callback.as_ref().map(|callback| callback.taken.is_some()),
        }
    }
}
