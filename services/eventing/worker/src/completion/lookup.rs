//! Looks for the event of a job on the event bus.

use super::EVENT;
use futures_util::future::BoxFuture;
use serde_json::Value;
use shared::salesforce::pubsub::{
    Content, Delivery, Event, PubSub, PubSubConfig, PubSubError, ReplayId, ReplayStart, ReplayStore, StoreError,
    SubscribeSettings,
};
use shared::salesforce::{AllowedHosts, SessionSource};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;

/// Longest time for one look. An open stream that has delivered everything says so within 270 seconds.
const LONGEST: Duration = Duration::from_secs(300);

/// While Salesforce refuses streams for longer than this, the look is given up, so that the worker can do other work meanwhile.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// A look at the events that Salesforce keeps.
pub(super) struct Lookup<'a> {
    pub(super) config: &'a PubSubConfig,
    pub(super) hosts: &'a AllowedHosts,
    /// Of the org in which the event was published, if it was.
    pub(super) sessions: Arc<dyn SessionSource>,
    /// Read behind this one; from the oldest event without it.
    pub(super) after: Option<ReplayId>,
}

/// What a look has brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found {
    /// The event is there.
    Yes,
    /// It is not: an open stream has delivered everything that there is.
    No,
    /// Nobody knows. It was not among the events up to this one, but no stream said that those are all: it was refused,
    /// silent, or has more.
    NotYet(Option<ReplayId>),
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
    /// The event may be among those that cannot be read.
    #[error("whether the event was published cannot be found out: {0} events of the topic cannot be read")]
    Unreadable(u32),
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
    ///
    /// Silence proves nothing, also while the API answers other calls: the subscription hides streams that are refused or
    /// fail, and opens others. Only the sign of life of an open stream, an answer without events, tells that nothing is
    /// left to be delivered.
    pub(super) async fn job(self, job: &str, cancelled: &CancellationToken) -> Result<Found, LookupError> {
        let topic = format!("/event/{EVENT}");
        let pubsub = PubSub::connect(self.config.clone(), self.hosts, Arc::clone(&self.sessions))?;
        // A subscription waits out what this call tells at once.
        if !pubsub.topic(&topic).await?.can_subscribe {
            return Err(LookupError::Forbidden);
        }
        let settings = SubscribeSettings {
            start: ReplayStart::Earliest,
            fallback: ReplayStart::Earliest,
            longest_wait: LONGEST_WAIT,
            ..SubscribeSettings::default()
        };
        let mut read = self.after.clone();
        let mut events = pubsub.subscribe(&topic, settings, Arc::new(From(self.after)), cancelled);
        let end = Instant::now() + LONGEST;
        let mut unreadable = 0;
        while Instant::now() < end {
            match timeout_at(end, events.next()).await {
                Ok(Some(Ok(Delivery::Event(received)))) => {
                    match job_of(&received.event) {
                        Ok(Some(found)) if is_same(found, job) => return Ok(Found::Yes),
                        Ok(_) => {}
                        Err(Unreadable) => unreadable += 1,
                    }
                    // The next look comes by what could not be read again.
                    if unreadable == 0 {
                        read = Some(received.event.replay_id.clone());
                    }
                    received.finish();
                }
                Ok(Some(Ok(Delivery::Idle(_)))) if unreadable > 0 => return Err(LookupError::Unreadable(unreadable)),
                Ok(Some(Ok(Delivery::Idle(_)))) => return Ok(Found::No),
                // `PositionLost`: the read begins anew.
                Ok(Some(Ok(_))) => read = None,
                Ok(Some(Err(error))) => return Err(error.into()),
                Ok(None) => return Err(PubSubError::Ended.into()),
                Err(_) => break,
            }
        }
        Ok(Found::NotYet(read))
    }
}

/// Nobody knows what the event says.
#[derive(Debug, PartialEq, Eq)]
struct Unreadable;

/// The job whose end an event tells; `None` when it names none.
fn job_of(event: &Event) -> Result<Option<&str>, Unreadable> {
    match &event.content {
        Ok(Content::Platform(fields)) => Ok(fields.get("JobId__c").and_then(Value::as_str)),
        Ok(Content::Change(_)) => Ok(None),
        Err(error) => {
            tracing::warn!(%error, event = event.id, "an event cannot be read");
            Err(Unreadable)
        }
    }
}

/// Whether two texts of `JobId__c` mean the same job and run: an event of a version that wrote ids without hyphens does, too.
fn is_same(one: &str, other: &str) -> bool {
    one.chars().filter(|c| *c != '-').eq(other.chars().filter(|c| *c != '-'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use shared::salesforce::pubsub::DecodeError;

    fn event(content: Result<Content, DecodeError>) -> Event {
        Event { id: String::new(), replay_id: ReplayId::from_bytes([1]).unwrap(), schema_id: String::new(), content }
    }

    #[test]
    fn what_cannot_be_read_is_not_another_jobs_event() {
        let platform = |fields: Value| event(Ok(Content::Platform(fields.as_object().cloned().unwrap())));
        assert_eq!(job_of(&platform(json!({ "JobId__c": "0193" }))), Ok(Some("0193")));
        assert_eq!(job_of(&platform(json!({ "JobId__c": null }))), Ok(None));
        assert_eq!(job_of(&event(Err(DecodeError::NoSchema("gone".to_owned())))), Err(Unreadable));
    }

    #[test]
    fn an_event_of_the_version_before_is_the_same_jobs() {
        let now = "0193a5b0-c1d2-7e3f-8a4b-5c6d7e8f9a0b";
        assert!(is_same("0193a5b0c1d27e3f8a4b5c6d7e8f9a0b", now) && is_same(now, now));
        assert!(is_same("0193a5b0c1d27e3f8a4b5c6d7e8f9a0b-2", &format!("{now}-2")));
        for other in [format!("{now}-2"), now.replace("0b", "0c"), String::new()] {
            assert!(!is_same("0193a5b0c1d27e3f8a4b5c6d7e8f9a0b", &other), "{other}");
        }
    }
}
