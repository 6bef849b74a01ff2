//! Pub/Sub API.

mod faults;
mod managed;
mod publish;
mod subscribe;
mod topics;
mod volume;

use std::time::Duration;

use apache_avro::Schema;
use apache_avro::types::Value as Avro;
use pubsub_proto::pub_sub_client::PubSubClient;
use pubsub_proto::{ConsumerEvent, FetchRequest, FetchResponse, ProducerEvent, PublishRequest, ReplayPreset};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::Channel;
use tonic::{Code, Request, Status, Streaming};

use crate::support::{TestOrg, until};

pub(super) const CHANGES: &str = "/data/OpportunityChangeEvent";
pub(super) const DONE: &str = "/event/Done__e";

/// Longer than anything of these tests takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A request with a session's token, and the odd rest of the metadata that clients are known to send.
fn with_token<T>(message: T, token: &str) -> Request<T> {
    let mut request = Request::new(message);
    for (name, value) in [("accesstoken", token), ("instanceurl", "http://127.0.0.1"), ("tenantid", "127")] {
        request.metadata_mut().insert(name, value.parse().expect("a metadata value"));
    }
    request
}

/// What a status tells besides its code: error code without prefix, and whether message and trailers name the call.
fn error_code(status: &Status, rpc: &str) -> String {
    let trailer = |name: &str| {
        status.metadata().get(name).unwrap_or_else(|| panic!("{name} in {status:?}")).to_str().expect("a text")
    };
    assert_eq!(trailer("type"), rpc);
    assert!(status.message().ends_with(&format!("rpcId: {}", trailer("rpc-id"))), "{}", status.message());
    let code = trailer("error-code").strip_prefix("sfdc.platform.eventbus.grpc.").expect("the prefix");
    code.to_owned()
}

fn fetch(topic: &str, preset: ReplayPreset, requested: i32) -> FetchRequest {
    FetchRequest {
        topic_name: topic.to_owned(),
        replay_preset: preset.into(),
        num_requested: requested,
        ..FetchRequest::default()
    }
}

/// An open `Subscribe`.
struct Subscriber {
    requests: mpsc::Sender<FetchRequest>,
    responses: Streaming<FetchResponse>,
}

impl Subscriber {
    async fn request(&self, request: FetchRequest) {
        self.requests.send(request).await.expect("the stream is open");
    }

    async fn more(&self, requested: i32) {
        self.request(FetchRequest { num_requested: requested, ..FetchRequest::default() }).await;
    }

    /// The next response, or what ended the stream.
    async fn try_next(&mut self) -> Result<Option<FetchResponse>, Status> {
        timeout(PATIENCE, self.responses.message()).await.expect("a response in time")
    }

    async fn next(&mut self) -> FetchResponse {
        self.try_next().await.expect("no error").expect("a response")
    }

    async fn error(&mut self) -> (Code, String) {
        let status = self.try_next().await.expect_err("an error");
        (status.code(), error_code(&status, "Subscribe"))
    }

    /// That many events, in however many responses.
    async fn events(&mut self, count: usize) -> Vec<ConsumerEvent> {
        let mut events = Vec::new();
        while events.len() < count {
            events.extend(self.next().await.events);
        }
        events
    }
}

impl TestOrg {
    async fn client(&self) -> PubSubClient<Channel> {
        PubSubClient::connect(self.pubsub.clone()).await.expect("a connection")
    }

    async fn subscribe(&self, first: FetchRequest) -> Subscriber {
        self.subscribe_as(&self.token, first).await
    }

    async fn subscribe_as(&self, token: &str, first: FetchRequest) -> Subscriber {
        let (requests, receiver) = mpsc::channel(16);
        requests.send(first).await.expect("the channel is open");
        let request = with_token(ReceiverStream::new(receiver), token);
        let responses = self.client().await.subscribe(request).await.expect("a stream").into_inner();
        Subscriber { requests, responses }
    }

    /// Subscribes to what is published from now on.
    async fn subscribe_latest(&self, topic: &str, requested: i32) -> Subscriber {
        let open = self.streams().await.len();
        let subscriber = self.subscribe(fetch(topic, ReplayPreset::Latest, requested)).await;
        // The position is taken when the first request was read.
        until(|| async {
            let streams = self.streams().await;
            streams.len() > open && streams.iter().all(|stream| !stream["topic"].is_null())
        })
        .await;
        subscriber
    }

    async fn streams(&self) -> Vec<Value> {
        let reply = self.control(Method::GET, "/local/orgs/my-org/pubsub/streams", Value::Null).await;
        reply.body["streams"].as_array().expect("streams").clone()
    }

    async fn pubsub_settings(&self, settings: Value) {
        let reply = self.control(Method::PUT, "/local/orgs/my-org/pubsub/settings", settings).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
    }

    async fn schema_of(&self, topic: &str) -> (String, Schema) {
        let mut client = self.client().await;
        let request = pubsub_proto::TopicRequest { topic_name: topic.to_owned() };
        let topic = client.get_topic(with_token(request, &self.token)).await.expect("the topic").into_inner();
        let request = pubsub_proto::SchemaRequest { schema_id: topic.schema_id.clone() };
        let schema = client.get_schema(with_token(request, &self.token)).await.expect("the schema").into_inner();
        assert_eq!(schema.schema_id, topic.schema_id);
        (topic.schema_id, Schema::parse_str(&schema.schema_json).expect("an Avro schema"))
    }

    /// Publishes events `Done__e` with these statuses through REST.
    async fn publish_done(&self, statuses: &[&str]) {
        for status in statuses {
            let reply = self.post("/sobjects/Done__e", json!({"Status__c": status})).await;
            assert_eq!(reply.status, 201, "{}", reply.text);
        }
    }
}

/// Writes a `Done__e` in its schema.
fn done(schema: &Schema, status: &str) -> Vec<u8> {
    let event = Avro::Record(vec![
        ("CreatedDate".to_owned(), Avro::Long(1_700_000_000_000)),
        ("CreatedById".to_owned(), Avro::String("005LO0000000001".to_owned())),
        ("Status__c".to_owned(), Avro::Union(1, Box::new(Avro::String(status.to_owned())))),
        ("UserId__c".to_owned(), Avro::Union(0, Box::new(Avro::Null))),
    ]);
    apache_avro::writer::datum::GenericDatumWriter::builder(schema)
        .build()
        .and_then(|writer| writer.write_value_to_vec(event))
        .expect("the event fits")
}

fn batch(topic: &str, schema_id: &str, payloads: &[(&str, Vec<u8>)]) -> PublishRequest {
    let event = |(id, payload): &(&str, Vec<u8>)| ProducerEvent {
        id: (*id).to_owned(),
        schema_id: schema_id.to_owned(),
        payload: payload.clone(),
        headers: Vec::new(),
    };
    PublishRequest {
        topic_name: topic.to_owned(),
        events: payloads.iter().map(event).collect(),
        ..PublishRequest::default()
    }
}

/// The fields of an event.
fn read(schema: &Schema, event: &ConsumerEvent) -> Vec<(String, Avro)> {
    let payload = &event.event.as_ref().expect("an event").payload;
    let reader = apache_avro::reader::datum::GenericDatumReader::builder(schema).build().expect("a reader");
    match reader.read_value(&mut payload.as_slice()).expect("the event is in its schema") {
        Avro::Record(fields) => fields,
        other => panic!("{other:?} is no event"),
    }
}

/// A text field of an event.
fn text(schema: &Schema, event: &ConsumerEvent, field: &str) -> String {
    let fields = read(schema, event);
    let (_, value) = fields.iter().find(|(name, _)| name == field).expect("the field");
    match value {
        Avro::Union(_, value) => match &**value {
            Avro::String(text) => text.clone(),
            other => panic!("{field} is {other:?}"),
        },
        other => panic!("{field} is {other:?}"),
    }
}
