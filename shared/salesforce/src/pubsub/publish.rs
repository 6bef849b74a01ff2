//! Publishing platform events.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::Utc;
use pubsub_proto::{ProducerEvent, PublishRequest, PublishResponse};
use serde_json::{Map, Value};
use thiserror::Error;
use uuid::Uuid;

use super::refusal::shown;
use super::{Call, EncodeError, EventSchema, PubSub, PubSubError, ReplayId};
use crate::{Cleaner, ErrorKind, Session};

/// Most events in one request (Pub/Sub API, "Publish Event Limits").
const MAX_EVENTS: usize = 200;

/// Most bytes of one event.
const MAX_EVENT_BYTES: usize = 1024 * 1024;

/// Most bytes of the events of one request; Salesforce recommends 3 MB and refuses 4.
const MAX_REQUEST_BYTES: usize = 3 * 1024 * 1024;

/// An event that Salesforce has taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// The event's id, a UUID; subscribers see it as [`Event::id`](super::Event::id).
    pub id: String,
    /// Its place in the topic, when Salesforce tells.
    pub replay_id: Option<ReplayId>,
}

/// An event that Salesforce has not taken, while it may have taken others of the same call.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("Salesforce did not take the event: {message}")]
pub struct EventRefused {
    /// For people.
    pub message: String,
}

impl PubSub {
    /// Publishes events, given as objects of their fields. `CreatedDate` and `CreatedById` are filled where they are
    /// left out, other fields with null where that is allowed. The result has one entry for each event, in the same
    /// order.
    ///
    /// Publishing is not idempotent: the call is repeated only when nothing was published for certain. After an error,
    /// [`PubSubError::may_have_published`] tells whether subscribers may see the events.
    ///
    /// # Errors
    /// [`PubSubError::Event`] naming the event and field that does not fit, [`PubSubError::TooMuch`] for more than 200
    /// events or 3 MB, [`PubSubError::NotPublishable`] without the permission, otherwise as any call. In none of the
    /// three anything was published.
    pub async fn publish(
        &self,
        topic: &str,
        events: &[Map<String, Value>],
    ) -> Result<Vec<Result<Published, EventRefused>>, PubSubError> {
        if events.is_empty() {
            return Ok(Vec::new());
        }
        if events.len() > MAX_EVENTS {
            let problem = format!("{} events are more than the {MAX_EVENTS} of one call", events.len());
            return Err(PubSubError::TooMuch(problem));
        }
        let events = self.written(topic, events).await?;
        let request = PublishRequest { topic_name: topic.to_owned(), events, auth_refresh: String::new() };
        let publish =
            async |mut client: pubsub_proto::pub_sub_client::PubSubClient<_>, request| client.publish(request).await;
        match self.call(Call::Publish, &request, publish).await {
            Ok(response) => {
                let session = self.inner.source.session().await.map_err(PubSubError::Session);
                let cleaner = session.as_ref().map(Session::cleaner).unwrap_or_default();
                results(&request.events, response, &cleaner)
            }
            Err(error) => {
                if matches!(error.kind(), ErrorKind::Invalid | ErrorKind::NotFound) {
                    // Perhaps the event has been changed or made anew.
                    self.inner.topics.forget(topic);
                }
                Err(error)
            }
        }
    }

    /// The events as Avro. What does not fit a remembered schema may fit the present one.
    async fn written(&self, topic: &str, events: &[Map<String, Value>]) -> Result<Vec<ProducerEvent>, PubSubError> {
        let user = self.inner.source.session().await.map_err(PubSubError::Session)?.user_id;
        if let Some(id) = self.inner.topics.get(topic) {
            let schema = self.schema(&id).await?;
            if let Ok(events) = write(&schema, events, user.as_str()) {
                return Ok(events);
            }
        }
        let info = self.topic(topic).await?;
        if !info.can_publish {
            return Err(PubSubError::NotPublishable(topic.to_owned()));
        }
        let schema: Arc<EventSchema> = self.schema(&info.schema_id).await?;
        self.inner.topics.put(topic, schema.id());
        write(&schema, events, user.as_str())
    }
}

fn write(schema: &EventSchema, events: &[Map<String, Value>], user: &str) -> Result<Vec<ProducerEvent>, PubSubError> {
    let now = Utc::now().timestamp_millis();
    let mut total = 0;
    let mut written = Vec::with_capacity(events.len());
    for (index, fields) in events.iter().enumerate() {
        let wrong = |source| PubSubError::Event { index, source };
        let payload = schema.encode_platform_event(fields, now, user).map_err(wrong)?;
        if payload.len() > MAX_EVENT_BYTES {
            let problem = format!("{} bytes are more than the {MAX_EVENT_BYTES} of an event", payload.len());
            return Err(wrong(EncodeError::new("", problem)));
        }
        total += payload.len();
        let (id, schema_id) = (Uuid::new_v4().to_string(), schema.id().to_owned());
        written.push(ProducerEvent { id, schema_id, payload, headers: Vec::new() });
    }
    if total > MAX_REQUEST_BYTES {
        return Err(PubSubError::TooMuch(format!("{total} bytes are more than the {MAX_REQUEST_BYTES} of one call")));
    }
    Ok(written)
}

/// Brings the results into the order of the events: by the event's id, or as they stand when the service tells none.
fn results(
    events: &[ProducerEvent],
    response: PublishResponse,
    cleaner: &Cleaner,
) -> Result<Vec<Result<Published, EventRefused>>, PubSubError> {
    if response.results.len() != events.len() {
        let reason = format!("{} results for {} events", response.results.len(), events.len());
        return Err(PubSubError::malformed(Call::Publish, reason));
    }
    let by_id = response.results.iter().map(|result| (result.correlation_key.as_str(), result));
    let by_id: HashMap<_, _> = by_id.collect();
    let results = events.iter().zip(&response.results).map(|(event, in_place)| {
        let result = by_id.get(event.id.as_str()).copied().unwrap_or(in_place);
        match &result.error {
            Some(error) => Err(EventRefused { message: shown(&error.msg, cleaner) }),
            None => {
                Ok(Published { id: event.id.clone(), replay_id: ReplayId::from_bytes(result.replay_id.clone()).ok() })
            }
        }
    });
    Ok(results.collect())
}
