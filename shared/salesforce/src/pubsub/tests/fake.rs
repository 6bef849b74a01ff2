//! A server of one topic that does as it is told and keeps account.

mod service;

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use pubsub_proto::pub_sub_server::PubSubServer;
use pubsub_proto::{ConsumerEvent, ProducerEvent, PublishRequest, ReplayPreset};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tonic::metadata::MetadataMap;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Code, Status};

use self::service::FakeService;
use super::super::{EventSchema, ReplayId};
use super::proxy::Proxy;

pub(super) const TOPIC: &str = "/event/Note__e";
pub(super) const SCHEMA_ID: &str = "8y1L6AvVNJ-Yx_MkMe8u2Q";
pub(super) const SCHEMA: &str = r#"{"type":"record","name":"Note__e","namespace":"com.sforce.eventbus","fields":[
 {"name":"CreatedDate","type":"long"},{"name":"CreatedById","type":"string"},
 {"name":"Number__c","type":["null","long"],"default":null}]}"#;

/// What a stream does, instead of serving.
#[derive(Clone)]
pub(super) enum Script {
    Refuse(Status),
    /// Never a word.
    Mute,
}

/// A stream as it was opened.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Opening {
    pub(super) preset: ReplayPreset,
    pub(super) replay_id: Vec<u8>,
    pub(super) requested: i32,
    pub(super) token: String,
}

#[derive(Default)]
pub(super) struct Book {
    pub(super) openings: Vec<Opening>,
    pub(super) script: VecDeque<Script>,
    pub(super) log: Vec<ConsumerEvent>,
    pub(super) schemas: HashMap<String, String>,
    pub(super) schema_calls: Vec<String>,
    pub(super) topic_calls: usize,
    pub(super) published: Vec<PublishRequest>,
    pub(super) metadata: Vec<MetadataMap>,
    /// The only token that is taken, if any.
    pub(super) token: Option<String>,
    /// Failures of the next calls with one answer.
    pub(super) failures: VecDeque<Status>,
    pub(super) can_publish: bool,
    /// Correlation keys come back in reverse, and these events are refused.
    pub(super) refused: Vec<usize>,
    /// Number of the newest stream. Older ones may not know yet that they have ended, and must not spend its credit.
    pub(super) stream: u64,
    /// Asked for on the newest stream and not sent, and sent and not finished.
    pub(super) pending: i64,
    pub(super) unfinished: i64,
    pub(super) highest: i64,
    /// Later requests of a stream.
    pub(super) top_ups: Vec<i32>,
    pub(super) committed: Vec<Vec<u8>>,
    /// Commits that wait for their answer until there are this many.
    pub(super) coalesce: usize,
    pub(super) keepalive: Option<Duration>,
    /// Replay id that a keepalive names instead of the last event's.
    pub(super) latest: Option<Vec<u8>>,
}

#[derive(Clone)]
pub(super) struct Fake {
    book: Arc<Mutex<Book>>,
    changed: watch::Sender<u64>,
    breaks: watch::Sender<Option<Status>>,
    proxy: Proxy,
    _server: Arc<Abort>,
}

struct Abort(JoinHandle<()>);

impl Drop for Abort {
    fn drop(&mut self) {
        self.0.abort();
    }
}

pub(super) fn replay_id(number: u64) -> Vec<u8> {
    [number.to_be_bytes().as_slice(), &[0, 1]].concat()
}

/// A status with the trailers of the service.
pub(super) fn status(code: Code, error_code: &str) -> Status {
    let mut metadata = MetadataMap::new();
    metadata.insert("error-code", format!("sfdc.platform.eventbus.grpc.{error_code}").parse().unwrap());
    metadata.insert("rpc-id", "1f8c".parse().unwrap());
    Status::with_metadata(code, "as told", metadata)
}

impl Fake {
    pub(super) async fn start() -> Self {
        Self::with(Server::builder()).await
    }

    pub(super) async fn with(server: Server) -> Self {
        let book = Book { can_publish: true, coalesce: 1, ..Book::default() };
        let book = Arc::new(Mutex::new(book));
        book.lock().unwrap().schemas.insert(SCHEMA_ID.to_owned(), SCHEMA.to_owned());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (changed, breaks) = (watch::Sender::new(0), watch::Sender::new(None));
        let service = FakeService { book: Arc::clone(&book), changed: changed.clone(), breaks: breaks.clone() };
        let service = PubSubServer::new(service);
        let server = tokio::spawn(async move {
            server.serve_with_incoming(service, TcpIncoming::from(listener).with_nodelay(Some(true))).await.unwrap();
        });
        Self { book, changed, breaks, proxy: Proxy::start(address).await, _server: Arc::new(Abort(server)) }
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.proxy.address)
    }

    pub(super) fn port(&self) -> u16 {
        self.proxy.address.port()
    }

    pub(super) fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap()
    }

    pub(super) fn openings(&self) -> Vec<Opening> {
        self.book().openings.clone()
    }

    pub(super) fn script(&self, script: Script) {
        self.book().script.push_back(script);
    }

    /// Adds events with the next `count` numbers, from 1.
    pub(super) fn add(&self, count: u64) {
        let schema = EventSchema::parse(SCHEMA_ID, SCHEMA).unwrap();
        for _ in 0..count {
            let number = self.book().log.len() as u64 + 1;
            let fields = json!({ "CreatedDate": 1, "CreatedById": "005", "Number__c": number });
            self.add_payload(SCHEMA_ID, schema.encode(fields.as_object().unwrap()).unwrap());
        }
    }

    pub(super) fn add_payload(&self, schema_id: &str, payload: Vec<u8>) {
        let mut book = self.book();
        let number = book.log.len() as u64 + 1;
        let id = format!("event-{number}");
        let event = ProducerEvent { id, schema_id: schema_id.to_owned(), payload, headers: Vec::new() };
        book.log.push(ConsumerEvent { event: Some(event), replay_id: replay_id(number) });
        drop(book);
        self.changed.send_modify(|version| *version += 1);
    }

    /// The test is about to finish this many events.
    pub(super) fn finishing(&self, count: i64) {
        self.book().unfinished -= count;
    }

    /// Ends every stream with this status.
    pub(super) fn end_streams(&self, status: Status) {
        self.breaks.send_replace(Some(status));
        self.breaks.send_replace(None);
    }

    pub(super) fn cut(&self) {
        self.proxy.cut();
    }

    pub(super) fn go_dead(&self) {
        self.proxy.go_dead();
    }
}

pub(super) fn id(number: u64) -> ReplayId {
    ReplayId::from_bytes(replay_id(number)).unwrap()
}
