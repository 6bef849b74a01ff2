//! `Publish` and `PublishStream`.

use std::sync::Arc;

use pubsub_proto::{Error, ErrorCode, ProducerEvent, PublishRequest, PublishResponse, PublishResult};
use tokio::time::{Instant, sleep_until};
use tonic::{Code, Streaming};
use uuid::Uuid;

use super::call::{self, Call, blocking};
use super::delivery::Responses;
use super::failure::Failure;
use super::topics;
use crate::bus::Topic;
use crate::events::Draft;
use crate::events::platform::PlatformEvent;
use crate::host::{OrgHost, Session};
use crate::schema::ObjectDef;
use crate::streams::{Ending, Order, Stream};

/// Bytes of an event at most (Pub/Sub API Developer Guide, "Pub/Sub API Allocations").
const MAX_BYTES: usize = 1_000_000;

/// Answers `Publish`.
pub(super) async fn once(call: &Call, request: PublishRequest) -> Result<PublishResponse, Failure> {
    let topic = open(call, &request).await?;
    publish(call, &topic, request.events).await
}

/// Serves one `PublishStream`.
pub(super) async fn run(
    call: Call,
    stream: Stream,
    mut requests: Streaming<PublishRequest>,
    responses: Responses<PublishResponse>,
) {
    match serve(&call, &stream, &mut requests, &responses).await {
        Ok(()) => {}
        Err(failure) => {
            let _ = responses.send(Err(call.status(&failure))).await;
        }
    }
}

async fn serve(
    call: &Call,
    stream: &Stream,
    requests: &mut Streaming<PublishRequest>,
    responses: &Responses<PublishResponse>,
) -> Result<(), Failure> {
    let mut orders = stream.orders();
    let mut settings = call.org.pubsub.settings.subscribe();
    let mut topic: Option<Arc<Topic>> = None;
    let mut last = Instant::now();
    loop {
        let order = *orders.borrow_and_update();
        match order {
            Order::End(Ending::Reset) => {
                stream.reset();
                return Ok(());
            }
            Order::End(ending) => return Err(call::ended(ending)),
            Order::Work | Order::Silence => {}
        }
        let deadline = last + settings.borrow_and_update().publish_timeout();
        tokio::select! {
            request = requests.message(), if order == Order::Work => {
                let Ok(Some(request)) = request else { return Ok(()) };
                let topic = match &topic {
                    None => topic.insert(open(call, &request).await?),
                    Some(topic) if request.topic_name.is_empty() || request.topic_name == *topic.name => topic,
                    Some(_) => {
                        let message = "The topic name cannot change in later requests of the same stream.";
                        return Err(Failure::new(Code::InvalidArgument, "publish.topic.mismatch", message));
                    }
                };
                let topic = Arc::clone(topic);
                let response = publish(call, &topic, request.events).await?;
                last = Instant::now();
                stream.tell(|progress| {
                    progress.topic = Some(topic.name.to_string());
                    progress.events += response.results.iter().filter(|result| result.error.is_none()).count() as u64;
                    progress.responses += 1;
                });
                if responses.send(Ok(response)).await.is_err() {
                    return Ok(());
                }
            }
            _ = orders.changed() => {}
            _ = settings.changed() => {}
            () = sleep_until(deadline), if order == Order::Work => {
                let message = "No publish request was sent in time. Open a new stream to publish.";
                return Err(Failure::new(Code::Aborted, "publish.stream.sweeper.timeout", message));
            }
            () = responses.closed() => return Ok(()),
        }
    }
}

/// The topic of a first request, to which the caller may publish.
async fn open(call: &Call, request: &PublishRequest) -> Result<Arc<Topic>, Failure> {
    if request.topic_name.is_empty() {
        let message = "The topic name is blank. Provide a topic name.";
        return Err(Failure::new(Code::InvalidArgument, "publish.topic.validation.empty", message));
    }
    let topic = topics::find(call, &request.topic_name)?;
    let access = call.access().await?;
    if topics::may_publish(call, &access, &topic) {
        return Ok(topic);
    }
    Err(Failure::no_permission("topic.meta.permission", &call.tenant(), &request.topic_name))
}

/// Publishes what is valid of a batch. The events go out as they came: not a byte of them is changed.
async fn publish(call: &Call, topic: &Arc<Topic>, events: Vec<ProducerEvent>) -> Result<PublishResponse, Failure> {
    if events.is_empty() {
        let message = "The publish request has no events. Provide at least one.";
        return Err(Failure::new(Code::InvalidArgument, "publish.event.count.invalid", message));
    }
    let schema_id = topic.schema.as_ref().map(|schema| schema.id().to_owned()).unwrap_or_default();
    let (org, session, topic) = (Arc::clone(&call.org), call.session.clone(), Arc::clone(topic));
    let results = blocking(move || write(&org, &session, &topic, events)).await?;
    Ok(PublishResponse { results, schema_id, rpc_id: call.rpc_id.clone() })
}

fn write(
    org: &OrgHost,
    session: &Session,
    topic: &Topic,
    events: Vec<ProducerEvent>,
) -> Result<Vec<PublishResult>, Failure> {
    let (schema, topics) = (org.store.schema(), org.store.bus().topics());
    let object = topics::object_of(&schema, &topic.name).ok_or_else(Failure::internal)?;
    let event = topics.platform_event(&object.name).ok_or_else(Failure::internal)?;
    let checked = org.store.transaction(&session.actor(), |tx| {
        let check = |given: &ProducerEvent| {
            let (draft, fields) = draft(org, event, object, given)?;
            tx.check_event(&object.name, &fields).map_err(|error| error.message)?;
            Ok(draft)
        };
        Ok(events.iter().map(check).collect::<Vec<Result<Draft, String>>>())
    })?;
    let drafts = checked.iter().filter_map(|checked| checked.as_ref().ok().cloned()).collect();
    let mut replay_ids = org.store.publish(drafts)?.into_iter();
    let result = |(given, checked): (ProducerEvent, Result<Draft, String>)| {
        let mut result = PublishResult { correlation_key: given.id, ..PublishResult::default() };
        match checked {
            Ok(_) => result.replay_id = replay_ids.next().map(|id| id.to_bytes()).unwrap_or_default(),
            Err(msg) => result.error = Some(Error { code: ErrorCode::Publish.into(), msg }),
        }
        result
    };
    Ok(events.into_iter().zip(checked).map(result).collect())
}

/// An event as it is to be published, and its fields as the REST API would take them.
fn draft(
    org: &OrgHost,
    event: &PlatformEvent,
    object: &ObjectDef,
    given: &ProducerEvent,
) -> Result<(Draft, serde_json::Map<String, serde_json::Value>), String> {
    if given.payload.len() > MAX_BYTES {
        return Err(format!("The event has {} bytes; at most {MAX_BYTES} are allowed.", given.payload.len()));
    }
    let schema = org.store.bus().topics().schema(&given.schema_id);
    let schema = schema.filter(|schema| schema.name() == event.schema.name()).ok_or_else(|| {
        format!("The schema {:?} is not one of {}. Get the topic's schema.", given.schema_id, object.name)
    })?;
    let value = schema.read(&given.payload).map_err(|error| {
        tracing::debug!(%error, "an event cannot be published");
        format!("The payload does not fit the schema {}: {error}", given.schema_id)
    })?;
    let id = if given.id.is_empty() { Uuid::new_v4().to_string() } else { given.id.clone() };
    let fields = PlatformEvent::fields(object, &value);
    let draft = Draft { id, topic: Arc::clone(&event.topic), schema, payload: given.payload.clone() };
    Ok((draft, fields))
}
