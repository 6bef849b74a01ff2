//! Publishes the event exactly once, though Salesforce does not know a repeated publication from a new one.
//!
//! The job notes that it is about to publish, publishes, and notes that it has. Who finds the first note without the second
//! does not know whether there is an event, and reads the event bus before it publishes.

use super::lookup::{Found, Lookup, LookupError};
use super::{Completion, EVENT};
use shared::applink::AuthorizedUser;
use shared::jobs::{TaskContext, TaskError};
use shared::salesforce::ErrorKind;
use shared::salesforce::pubsub::{PubSubConfig, ReplayId};
use shared::work::{OrgWork, Orgs, retry};
use std::time::Duration;

/// Start of the name under which a job keeps how far it is with the event; its run follows.
const NOTE: &str = "completion";
/// Start of the name under which a job keeps how far it has read the event bus; its run follows.
const PLACE: &str = "completionRead";

/// The event may be published.
const BEGUN: &str = "begun";
/// Salesforce has said that it did not take it.
const REFUSED: &str = "refused";
/// It is published.
const PUBLISHED: &str = "published";

/// After a lost answer: by then the request has been carried out, or never will be.
const SETTLING: Duration = Duration::from_secs(5);

/// Publishes how jobs ended.
pub(crate) struct Publisher {
    pub(crate) pubsub: PubSubConfig,
}

impl Publisher {
    /// Publishes the event, if no earlier run of this step has.
    ///
    /// Two events are possible only when a worker stands still between its note and its request, for longer than its lease
    /// and the next worker's look at the event bus together.
    pub(crate) async fn publish_once(
        &self,
        cx: &TaskContext,
        orgs: &Orgs,
        org: &OrgWork,
        user: &AuthorizedUser,
        completion: &Completion,
    ) -> Result<(), TaskError> {
        let note = format!("{NOTE}{}", cx.run);
        match cx.recall(&note).await?.as_deref() {
            Some(PUBLISHED) => return Ok(()),
            Some(BEGUN) => {
                tracing::warn!("whether the event was published is not known; looking for it");
                if self.is_published(cx, orgs, user, completion).await? {
                    return Ok(cx.remember(&note, PUBLISHED).await?);
                }
            }
            _ => {}
        }
        cx.remember(&note, BEGUN).await?;
        match org.client().create(EVENT, completion).await {
            Ok(_) => {
                tracing::info!(status = ?completion.status, quotes = completion.quotes, failed = completion.failed, "published");
                Ok(cx.remember(&note, PUBLISHED).await?)
            }
            Err(error) if error.may_have_committed() => {
                Err(TaskError::Retry { reason: error.to_string(), after: Some(SETTLING) })
            }
            Err(error) => {
                cx.remember(&note, REFUSED).await?;
                Err(orgs.task_error(&error))
            }
        }
    }

    /// Whether the event stands on the event bus. A read that takes too long goes on with the next run of the step.
    async fn is_published(
        &self,
        cx: &TaskContext,
        orgs: &Orgs,
        user: &AuthorizedUser,
        completion: &Completion,
    ) -> Result<bool, TaskError> {
        let place = format!("{PLACE}{}", cx.run);
        let after: Option<ReplayId> = cx.recall(&place).await?.and_then(|text| text.parse().ok());
        let lookup = Lookup { config: &self.pubsub, hosts: orgs.hosts(), user, after };
        match lookup.job(&completion.job, &cx.cancelled).await {
            Ok(Found::Yes) => {
                tracing::info!("the event of an earlier run was published");
                Ok(true)
            }
            Ok(Found::No) => Ok(false),
            Ok(Found::NotYet(read)) => {
                cx.remember(&place, &read.to_string()).await?;
                Err(TaskError::Retry { reason: "the event bus is not read to its end".to_owned(), after: None })
            }
            Err(error) => Err(task_error(&error)),
        }
    }
}

/// Publishing without knowing could tell a user twice, so the step waits for the Pub/Sub API.
fn task_error(error: &LookupError) -> TaskError {
    match error {
        LookupError::PubSub(error) if error.kind() == ErrorKind::SessionExpired => {
            TaskError::NeedsAuthorization { reason: error.to_string() }
        }
        error => retry(error),
    }
}
