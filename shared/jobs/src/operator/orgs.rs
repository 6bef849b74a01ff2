//! Where an org stands.

use chrono::{DateTime, Utc};
use serde::Serialize;

/// Tasks by where they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tasks {
    /// Wait for a worker.
    pub ready: u64,
    /// Wait for their time.
    pub delayed: u64,
    /// Have a worker.
    pub leased: u64,
}

/// Where an org stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OrgStanding {
    /// Its id.
    pub org: String,
    /// Its open jobs.
    pub open_jobs: u64,
    /// Their tasks.
    pub tasks: Tasks,
    /// Its tasks that run, and calls that these make beside their first one, at most.
    pub limit: u32,
    /// It has as many of these as it may, and more tasks wait.
    pub at_limit: bool,
    /// It rests.
    pub paused: Option<OrgPause>,
    /// It did not answer.
    pub silent: Option<OrgSilence>,
}

/// The rest of an org.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OrgPause {
    /// Since when; absent when a process of the version before began it.
    pub since: Option<DateTime<Utc>>,
    /// Until when.
    pub until: DateTime<Utc>,
    /// Why.
    pub reason: String,
}

/// An org that does not answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OrgSilence {
    /// Since when.
    pub since: DateTime<Utc>,
    /// How often it was tried in vain.
    pub times: u64,
    /// What the last try came to: host and cause.
    pub reason: String,
}
