//! The patterns as processes, and what they say against what the org has.

mod api_access;
mod eventing;
mod org_action;
mod org_job;

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde_json::Value;
use test_support::{FaultAction, FaultBody, LocalOrg, Reply, ServiceSpec, TestRedis};

use self::api_access::ApiAccess;
use self::eventing::Eventing;
use self::org_action::OrgAction;
use self::org_job::OrgJob;
use super::call::{Flow, Group};
use super::report::Verdict;

/// The org in which all work.
const ORG: &str = "my-org";
/// 32 bytes for campaigns only.
const SECRET: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
/// Longest time for a flow, all its repetitions included. What takes longer hangs.
const LIMIT: Duration = Duration::from_secs(120);
/// How often is looked.
const POLL: Duration = Duration::from_millis(50);

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

/// What a receiver of callbacks does for an odd answer; `None` for one that it cannot give.
pub(super) fn receiver_reply(action: &FaultAction) -> Option<Reply> {
    match action {
        FaultAction::Answer { executed: false, status: Some(status), body: FaultBody::Html } => {
            Some(Reply::Page(*status))
        }
        FaultAction::Answer { executed: false, status: Some(status), body: FaultBody::Empty } => {
            Some(Reply::Status(*status))
        }
        _ => None,
    }
}

/// Settings that all processes share.
fn spec(binary: &str, redis: &TestRedis, hosts: &str) -> Result<ServiceSpec> {
    Ok(ServiceSpec::new(binary)?
        .env("REDIS_URL", redis.url())
        .env("JOB_SECRET_KEY", SECRET)
        .env("ALLOWED_ORG_HOSTS", hosts)
        .env("BIND_ADDRESS", "127.0.0.1")
        .env("WORKER_CONCURRENCY", 1)
        .env("LEASE_SECONDS", 5)
        .env("API_LIMIT_PAUSE_SECONDS", 1)
        .env("LOG_LEVEL", "warn,web::server=info,shared::work=info"))
}

/// Asks until there is something, for as long as a flow may take; `None` when there was nothing.
async fn soon<T>(mut look: impl AsyncFnMut() -> Result<Option<T>>) -> Result<Option<T>> {
    let started = Instant::now();
    loop {
        if let Some(found) = look().await? {
            return Ok(Some(found));
        }
        if started.elapsed() > LIMIT {
            return Ok(None);
        }
        tokio::time::sleep(POLL).await;
    }
}

/// A number of a JSON answer; 0 where there is none.
fn number(of: &Value, name: &str) -> u64 {
    of[name].as_u64().unwrap_or_default()
}

/// One line, not too long.
fn short(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(160).collect()
}
