//! The client: calls with one answer, and their common front.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use pubsub_proto::pub_sub_client::PubSubClient;
use pubsub_proto::{ConsumerEvent, SchemaRequest, TopicInfo, TopicRequest};
use secrecy::ExposeSecret;
use tonic::codec::CompressionEncoding;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::Channel;
use tonic::{Code, Request, Response, Status};
use tracing::{debug, warn};

use super::endpoint::Connector;
use super::schema_cache::SchemaCache;
use super::topics::Topics;
use super::{Call, Content, DecodeError, Event, EventSchema, PubSubConfig, PubSubError, Refusal, ReplayId};
use crate::trace::CallSpan;
use crate::{AllowedHosts, ErrorKind, Failure, Session, SessionSource};

/// Longest message that is read, in bytes. Salesforce keeps its own below 4 MB.
const MAX_MESSAGE_BYTES: usize = 16 * 1024 * 1024;

/// Client of the Pub/Sub API for one org and user. Cheap to clone; clones share connection and schemas.
///
/// Calls that fail are repeated when that cannot do harm, as [`RetryPolicy`](crate::RetryPolicy) says. A
/// token that is not accepted is renewed once per call.
#[derive(Clone)]
pub struct PubSub {
    pub(super) inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub(super) config: PubSubConfig,
    pub(super) connector: Connector,
    pub(super) source: Arc<dyn SessionSource>,
    pub(super) topics: Topics,
    schemas: SchemaCache,
    /// For calls with one answer; each subscription has a connection of its own.
    channel: Channel,
}

impl fmt::Debug for PubSub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PubSub").field("config", &self.inner.config).finish_non_exhaustive()
    }
}

/// A topic: a channel of change events, or a platform event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topic {
    /// Name, such as `/data/OpportunityChangeEvent`.
    pub name: String,
    /// Schema that events published now must be written with.
    pub schema_id: String,
    /// Whether the user may publish.
    pub can_publish: bool,
    /// Whether the user may subscribe.
    pub can_subscribe: bool,
}

impl PubSub {
    /// A client of the configured endpoint with sessions of `source`. Must be called within a Tokio runtime; connects
    /// with the first call.
    ///
    /// # Errors
    /// [`PubSubError::Endpoint`] when `hosts` does not allow the endpoint, [`PubSubError::Certificate`] or
    /// [`PubSubError::Transport`] when the certificates cannot be used.
    pub fn connect(
        config: PubSubConfig,
        hosts: &AllowedHosts,
        source: Arc<dyn SessionSource>,
    ) -> Result<Self, PubSubError> {
        let connector = Connector::new(&config, hosts)?;
        let channel = connector.channel();
        let schemas = SchemaCache::new(config.max_schemas);
        Ok(Self { inner: Arc::new(Inner { config, connector, source, topics: Topics::default(), schemas, channel }) })
    }

    /// A topic.
    ///
    /// # Errors
    /// [`PubSubError::Refused`] when the topic is unknown or the user may not see it, otherwise as any call.
    pub async fn topic(&self, name: &str) -> Result<Topic, PubSubError> {
        let request = TopicRequest { topic_name: name.to_owned() };
        let topic: TopicInfo =
            self.call(Call::GetTopic, &request, async |mut client, request| client.get_topic(request).await).await?;
        Ok(Topic {
            name: topic.topic_name,
            schema_id: topic.schema_id,
            can_publish: topic.can_publish,
            can_subscribe: topic.can_subscribe,
        })
    }

    /// The schema with an id, from memory if it was asked for before.
    ///
    /// # Errors
    /// [`PubSubError::Malformed`] when it is not an Avro schema of an event, otherwise as any call.
    pub async fn schema(&self, id: &str) -> Result<Arc<EventSchema>, PubSubError> {
        self.parsed_schema(id).await?.map_err(|error| PubSubError::malformed(Call::GetSchema, error.to_string()))
    }

    async fn parsed_schema(&self, id: &str) -> Result<super::schema_cache::Parsed, PubSubError> {
        let fetch = async || {
            let request = SchemaRequest { schema_id: id.to_owned() };
            let schema = self
                .call(Call::GetSchema, &request, async |mut client, request| client.get_schema(request).await)
                .await?;
            Ok(EventSchema::parse(id, &schema.schema_json).map(Arc::new))
        };
        self.inner.schemas.get(id, fetch).await
    }

    /// Reads an event as it came.
    ///
    /// # Errors
    /// When the schema cannot be fetched now. An event that will never be readable is not an error: it says so in its
    /// content.
    pub(super) async fn read(&self, event: ConsumerEvent, replay_id: ReplayId) -> Result<Event, PubSubError> {
        let producer = event.event.unwrap_or_default();
        let content = match self.parsed_schema(&producer.schema_id).await {
            Ok(Ok(schema)) => Content::read(&schema, &producer.payload),
            Ok(Err(error)) => Err(error),
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Invalid) => {
                Err(DecodeError::NoSchema(super::schema::short(&error)))
            }
            Err(error) => return Err(error),
        };
        Ok(Event { id: producer.id, replay_id, schema_id: producer.schema_id, content })
    }

    /// Begins the span of a call or a stream, if it is made within one, and tells the service of it.
    pub(super) fn spanned<T>(&self, call: Call, session: &Session, request: &mut Request<T>) -> CallSpan {
        let span = CallSpan::grpc(call.method(), &self.inner.config.endpoint);
        span.of_org(session.org_id);
        if let Some(parent) = span.traceparent().and_then(|parent| MetadataValue::try_from(parent).ok()) {
            request.metadata_mut().insert("traceparent", parent);
        }
        span
    }

    /// Makes a call, with as many tries as are safe and allowed.
    pub(super) async fn call<T: Clone, U>(
        &self,
        call: Call,
        message: &T,
        make: impl AsyncFn(PubSubClient<Channel>, Request<T>) -> Result<Response<U>, Status>,
    ) -> Result<U, PubSubError> {
        let Inner { config, source, channel, .. } = &*self.inner;
        let started = Instant::now();
        let mut session = source.session().await.map_err(PubSubError::Session)?;
        let mut renewed = false;
        let mut attempt = 1;
        loop {
            let mut request = with_session(message.clone(), &session).map_err(PubSubError::Session)?;
            let span = self.spanned(call, &session, &mut request);
            let remaining = config.retry.total.saturating_sub(started.elapsed());
            let timeout = config.call_timeout.min(remaining);
            let error = match tokio::time::timeout(timeout, make(client(channel.clone()), request)).await {
                Ok(Ok(response)) => {
                    span.ended_with(Code::Ok);
                    return Ok(response.into_inner());
                }
                Ok(Err(status)) => {
                    span.ended_with(status.code());
                    PubSubError::Refused(Refusal::new(call, &status, &session.cleaner()))
                }
                Err(_) => {
                    span.ended_with(Code::DeadlineExceeded);
                    PubSubError::NoAnswer(call)
                }
            };
            span.failed(error.kind().name());
            drop(span);
            if !renewed && matches!(&error, PubSubError::Refused(refusal) if refusal.code == Code::Unauthenticated) {
                debug!(call = call.name(), "session not accepted, asking for another");
                session = source.refresh(&session).await.map_err(PubSubError::Session)?;
                renewed = true;
                continue;
            }
            let failure = Failure {
                attempt,
                elapsed: started.elapsed(),
                kind: error.kind(),
                may_have_committed: error.may_have_published(),
                retry_after: None,
            };
            let Some(wait) = config.retry.decide(&failure, rand::random()) else { return Err(error) };
            warn!(call = call.name(), attempt, wait_ms = wait.as_millis(), %error, "Pub/Sub call failed, trying again");
            tokio::time::sleep(wait).await;
            attempt += 1;
        }
    }
}

pub(super) fn client(channel: Channel) -> PubSubClient<Channel> {
    PubSubClient::new(channel)
        .max_decoding_message_size(MAX_MESSAGE_BYTES)
        .max_encoding_message_size(MAX_MESSAGE_BYTES)
        .accept_compressed(CompressionEncoding::Gzip)
}

/// Adds who calls: token, the org's address with its port, and the org's id in its long form.
pub(super) fn with_session<T>(message: T, session: &Session) -> Result<Request<T>, crate::Error> {
    let value = |text: &str| {
        MetadataValue::<Ascii>::try_from(text)
            .map_err(|_| crate::Error::invalid_request("the session cannot be sent as metadata"))
    };
    let mut token = value(session.access_token.expose_secret())?;
    token.set_sensitive(true);
    let mut request = Request::new(message);
    let metadata = request.metadata_mut();
    metadata.insert("accesstoken", token);
    metadata.insert("instanceurl", value(&session.instance_url.origin().ascii_serialization())?);
    metadata.insert("tenantid", value(session.org_id.as_str())?);
    Ok(request)
}
