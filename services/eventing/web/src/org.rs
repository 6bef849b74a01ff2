//! Of which org the authorization is, for what comes by HTTP and does not say.

use shared::applink::AuthorizedUser;
use shared::salesforce::SalesforceId;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::time::timeout;

/// How old the add-on's word may be.
const CURRENT: Duration = Duration::from_secs(10);

/// Longest wait for it: a sender of events waits as long.
const PATIENCE: Duration = Duration::from_secs(2);

/// For so long the add-on is not asked again that did not tell.
const REST: Duration = Duration::from_secs(10);

/// Asks the add-on, where the process has one.
pub(crate) struct CurrentOrg {
    user: Option<AuthorizedUser>,
    /// When it did not tell.
    failed: Mutex<Option<Instant>>,
}

impl CurrentOrg {
    pub(crate) fn new(user: Option<AuthorizedUser>) -> Self {
        Self { user, failed: Mutex::default() }
    }

    /// The org that a job is meant for which is asked for now. `None` when that cannot be told: then it is that of the
    /// authorization when the job's first task begins.
    pub(crate) async fn get(&self) -> Option<SalesforceId> {
        let user = self.user.as_ref()?;
        if self.failed.lock().unwrap_or_else(PoisonError::into_inner).is_some_and(|at| at.elapsed() < REST) {
            return None;
        }
        let why = match timeout(PATIENCE, user.current_org(CURRENT)).await {
            Ok(Ok(org)) => return Some(org),
            Ok(Err(error)) => error.to_string(),
            Err(elapsed) => elapsed.to_string(),
        };
        tracing::warn!(authorization = user.name(), why, "of which org the authorization is cannot be told");
        *self.failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        None
    }
}
