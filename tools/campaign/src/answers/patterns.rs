//! The patterns as processes, and what they say against what the org has.

mod api_access;
mod common;
mod eventing;
mod org_action;
mod org_job;

use anyhow::{Context, Result};
use test_support::{FaultAction, LocalOrg};

use self::api_access::ApiAccess;
use self::eventing::Eventing;
use self::org_action::OrgAction;
use self::org_job::OrgJob;
use super::call::{Flow, Group};
use super::odd::receiver_reply;
use super::report::Verdict;

/// One group of processes.
pub(super) enum Pattern {
    OrgJob(OrgJob),
    OrgAction(OrgAction),
    ApiAccess(ApiAccess),
    Eventing(Eventing),
}

impl Pattern {
    pub(super) async fn start(group: Group) -> Result<Self> {
        Ok(match group {
            Group::OrgJob => Self::OrgJob(OrgJob::start().await?),
            Group::OrgAction => Self::OrgAction(OrgAction::start().await?),
            Group::ApiAccess => Self::ApiAccess(ApiAccess::start().await?),
            Group::Eventing => Self::Eventing(Eventing::start().await?),
        })
    }

    pub(super) fn org(&self) -> &LocalOrg {
        match self {
            Self::OrgJob(pattern) => &pattern.org,
            Self::OrgAction(pattern) => &pattern.org,
            Self::ApiAccess(pattern) => &pattern.org,
            Self::Eventing(pattern) => &pattern.org,
        }
    }

    /// Brings the org to where the flow begins.
    pub(super) async fn prepare(&mut self, flow: Flow) -> Result<()> {
        match self {
            Self::OrgJob(pattern) => pattern.prepare(flow).await,
            Self::OrgAction(_) => Ok(()),
            Self::ApiAccess(pattern) => pattern.prepare(flow).await,
            Self::Eventing(pattern) => pattern.prepare().await,
        }
    }

    pub(super) async fn run(&mut self, flow: Flow) -> Result<Verdict> {
        match self {
            Self::OrgJob(pattern) => pattern.run(flow).await,
            Self::OrgAction(pattern) => pattern.run(flow).await,
            Self::ApiAccess(pattern) => pattern.run(flow).await,
            Self::Eventing(pattern) => pattern.run().await,
        }
    }

    /// The receiver of callbacks answers the next one so.
    pub(super) fn answer_callback(&self, action: &FaultAction) -> Result<()> {
        let reply = receiver_reply(action).context("the receiver cannot answer so")?;
        if let Self::OrgAction(pattern) = self {
            pattern.receiver.reply([reply]);
        }
        Ok(())
    }
}
