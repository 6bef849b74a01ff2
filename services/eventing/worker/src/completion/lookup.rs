//! Looks for the event of a job on the event bus.

use super::EVENT;
use futures_util::future::BoxFuture;
use serde_json::Value;
use shared::applink::AuthorizedUser;
use shared::salesforce::AllowedHosts;
use shared::salesforce::pubsub::{
    Content, Delivery, Event, PubSub, PubSubConfig, PubSubError, ReplayId, ReplayStart, ReplayStore, StoreError,
    SubscribeSettings,
};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

/// Events that are there come at once, so a stream that is silent for so long has been read to its end.
const QUIET: Duration = Duration::from_secs(10);
/// Longest time for one look.
const LONGEST: Duration = Duration::from_secs(120);

/// A look at the events that Salesforce keeps (72 hours).
pub(super) struct Lookup<'a> {
    pub(super) config: &'a PubSubConfig,
    pub(super) hosts: &'a AllowedHosts,
    pub(super) user: &'a AuthorizedUser,
    /// Read behind this one; from the oldest event without it.
    pub(super) after: Option<ReplayId>,
}

/// What a look has brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found {
    /// The event is there.
    Yes,
    /// It is not.
    No,
    /// It was not among the events up to this one, and there are more.
    NotYet(ReplayId),
}

/// The event bus cannot be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum LookupError {
    /// The Pub/Sub API fails.
    #[error("whether the event was published cannot be found out: {0}")]
    PubSub(#[from] PubSubError),
    /// The user lacks the permission.
    #[error("whether the event was published cannot be found out: the user may not subscribe to {EVENT}")]
    Forbidden,
}

/// Where to start.
struct From(Option<ReplayId>);

impl ReplayStore for From {
    fn load<'a>(&'a self, _topic: &'a str) -> BoxFuture<'a, Result<Option<ReplayId>, StoreError>> {
        Box::pin(async { Ok(self.0.clone()) })
    }
}

impl Lookup<'_> {
    /// Whether there is an event with this `JobId__c`.
    pub(super) async fn job(self, job: &str, cancelled: &CancellationToken) -> Result<Found, LookupError> {
        let topic = format!("/event/{EVENT}");
        let pubsub = PubSub::connect(self.config.clone(), self.hosts, Arc::new(self.user.clone()))?;
        // A subscription waits out what this call tells at once.
        if !pubsub.topic(&topic).await?.can_subscribe {
            return Err(LookupError::Forbidden);
        }
        let settings = SubscribeSettings {
            start: ReplayStart::Earliest,
            fallback: ReplayStart::Earliest,
            ..SubscribeSettings::default()
        };
        let mut events = pubsub.subscribe(&topic, settings, Arc::new(From(self.after)), cancelled);
        let end = Instant::now() + LONGEST;
        let mut read = None;
        loop {
            match timeout(QUIET, events.next()).await {
                Ok(Some(Ok(Delivery::Event(received)))) => {
                    if is_of(job, &received.event) {
                        return Ok(Found::Yes);
                    }
                    read = Some(received.event.replay_id.clone());
                    received.finish();
                }
                Ok(Some(Ok(Delivery::Idle(_)))) => return Ok(Found::No),
                // `PositionLost`: the read begins anew.
                Ok(Some(Ok(_))) => {}
                Ok(Some(Err(error))) => return Err(error.into()),
                Ok(None) => return Err(PubSubError::Ended.into()),
                Err(_) => {
                    // Silence means something only while the service is there.
                    pubsub.topic(&topic).await?;
                    return Ok(Found::No);
                }
            }
            if let Some(read) = read.take_if(|_| Instant::now() >= end) {
                return Ok(Found::NotYet(read));
            }
        }
    }
}

fn is_of(job: &str, event: &Event) -> bool {
    match &event.content {
        Ok(Content::Platform(fields)) => fields.get("JobId__c").and_then(Value::as_str) == Some(job),
        Ok(Content::Change(_)) => false,
        Err(error) => {
            tracing::warn!(%error, event = event.id, "an event cannot be read");
            false
        }
    }
}
