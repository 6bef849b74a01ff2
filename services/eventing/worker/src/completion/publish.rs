//! Publishes the event exactly once, though Salesforce does not know a repeated publication from a new one.
//!
//! The job notes that it is about to publish, publishes, and notes that it has. Who finds the first note without the second
//! does not know whether there is an event, and reads the event bus before it publishes. While the bus cannot be read to its
//! end, the step waits, for as long as Salesforce would keep the event.

use super::lookup::{Found, Lookup, LookupError};
use super::{Completion, EVENT};
use chrono::{DateTime, TimeDelta, Utc};
use shared::jobs::{TaskContext, TaskError};
use shared::salesforce::pubsub::{PubSubConfig, PubSubError, ReplayId};
use shared::salesforce::{ErrorKind, told};
use shared::work::{OrgWork, Orgs};
use std::time::Duration;

/// Start of the name under which a job keeps how far it is with the event; its run follows.
const NOTE: &str = "completion";
/// Start of the name under which a job keeps how far it has read the event bus; its run follows.
const PLACE: &str = "completionRead";

/// The event may be published; the time follows, in ms since 1970.
const BEGUN: &str = "begun";
/// Salesforce has said that it did not take it.
const REFUSED: &str = "refused";
/// It is published.
const PUBLISHED: &str = "published";

/// Salesforce keeps events for 72 hours. Who looks later finds nothing, whether there was an event or not.
const KEPT: TimeDelta = TimeDelta::hours(71);

/// Why a job ends then without an event, perhaps.
const TOO_LATE: &str =
    "whether the event was published cannot be found out any more, as Salesforce keeps events for 72 hours";

/// Longest wait between two looks at the event bus.
const LONGEST_WAIT: Duration = Duration::from_secs(5 * 60);

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
        completion: &Completion,
    ) -> Result<(), TaskError> {
        let note = format!("{NOTE}{}", cx.run);
        match cx.recall(&note).await?.as_deref().map(Stage::read) {
            Some(Stage::Published) => return Ok(()),
            Some(Stage::Begun(begun)) => {
                if begun.is_some_and(|begun| Utc::now() - begun > KEPT) {
                    return Err(TaskError::Fail { reason: TOO_LATE.to_owned() });
                }
                tracing::warn!("whether the event was published is not known; looking for it");
                if self.is_published(cx, orgs, org, completion).await? {
                    return Ok(cx.remember(&note, PUBLISHED).await?);
                }
            }
            Some(Stage::Refused) | None => {}
        }
        cx.remember(&note, &format!("{BEGUN} {}", Utc::now().timestamp_millis())).await?;
        match org.client().create(EVENT, completion).await {
            Ok(_) => {
                tracing::info!(status = ?completion.status, quotes = completion.quotes, failed = completion.failed, "published");
                Ok(cx.remember(&note, PUBLISHED).await?)
            }
            Err(error) if error.may_have_committed() => {
                Err(TaskError::Retry { reason: error.told(), after: Some(SETTLING) })
            }
            Err(error) => {
                cx.remember(&note, REFUSED).await?;
                Err(orgs.task_error(&error))
            }
        }
    }

    /// Whether the event stands on the event bus. A read that does not come to an end goes on with the next run of the step.
    async fn is_published(
        &self,
        cx: &TaskContext,
        orgs: &Orgs,
        org: &OrgWork,
        completion: &Completion,
    ) -> Result<bool, TaskError> {
        let place = format!("{PLACE}{}", cx.run);
        let after: Option<ReplayId> = cx.recall(&place).await?.and_then(|text| text.parse().ok());
        let lookup = Lookup { config: &self.pubsub, hosts: orgs.hosts(), sessions: org.sessions(), after };
        match lookup.job(&completion.job, &cx.cancelled).await {
            Ok(Found::Yes) => {
                tracing::info!("the event of an earlier run was published");
                Ok(true)
            }
            Ok(Found::No) => Ok(false),
            Ok(Found::NotYet(read)) => {
                if let Some(read) = read {
                    cx.remember(&place, &read.to_string()).await?;
                }
                Err(later(
                    cx.delivery,
                    "no stream of the event bus has said yet that it was read to its end".to_owned(),
                ))
            }
            Err(LookupError::PubSub(error)) if error.kind() == ErrorKind::SessionExpired => {
                Err(TaskError::NeedsAuthorization { reason: told(&error) })
            }
            // Such as that of another org: no later session is one of this.
            Err(LookupError::PubSub(PubSubError::Session(error))) if error.kind() == ErrorKind::Invalid => {
                Err(orgs.task_error(&error))
            }
            Err(error) => Err(later(cx.delivery, told(&error))),
        }
    }
}

/// How far a job is with its event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// It may be published, since that time.
    Begun(Option<DateTime<Utc>>),
    /// It is not.
    Refused,
    /// It is.
    Published,
}

impl Stage {
    /// Reads a note. Whatever it says otherwise, the event may be published.
    fn read(note: &str) -> Self {
        match note {
            PUBLISHED => Self::Published,
            REFUSED => Self::Refused,
            begun => {
                let ms = begun.strip_prefix(BEGUN).and_then(|ms| ms.trim_start().parse().ok());
                Self::Begun(ms.and_then(DateTime::from_timestamp_millis))
            }
        }
    }
}

/// Publishing without knowing could tell a user twice, so the step waits for the Pub/Sub API, longer each time.
fn later(delivery: u32, reason: String) -> TaskError {
    let wait = Duration::from_secs(1 << delivery.saturating_sub(1).min(16)).min(LONGEST_WAIT);
    tracing::warn!(reason, wait_seconds = wait.as_secs(), "nothing is published until it is known");
    TaskError::Later { reason, wait }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_are_read_back_and_an_unknown_one_means_perhaps() {
        let at = DateTime::from_timestamp_millis(1_700_000_000_123);
        for (note, stage) in [
            ("begun 1700000000123", Stage::Begun(at)),
            ("begun", Stage::Begun(None)),
            ("begun x", Stage::Begun(None)),
            ("?", Stage::Begun(None)),
            (REFUSED, Stage::Refused),
            (PUBLISHED, Stage::Published),
        ] {
            assert_eq!(Stage::read(note), stage, "{note}");
        }
    }

    #[test]
    fn waits_grow_up_to_minutes() {
        for (delivery, seconds) in [(0, 1), (1, 1), (2, 2), (5, 16), (9, 256), (10, 300), (u32::MAX, 300)] {
            let TaskError::Later { wait, .. } = later(delivery, String::new()) else { panic!("{delivery}") };
            assert_eq!(wait.as_secs(), seconds, "{delivery}");
        }
    }
}
