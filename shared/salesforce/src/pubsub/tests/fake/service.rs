//! The service itself.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use pubsub_proto::pub_sub_server::PubSub as Service;
use pubsub_proto::{
    CommitReplayResponse, Error as EventError, ErrorCode, FetchRequest, FetchResponse, ManagedFetchRequest,
    ManagedFetchResponse, PublishRequest, PublishResponse, PublishResult, ReplayPreset, SchemaInfo, SchemaRequest,
    TopicInfo, TopicRequest,
};
use tokio::sync::{mpsc, watch};
use tokio_stream::wrappers::UnboundedReceiverStream;
use tonic::metadata::MetadataMap;
use tonic::{Code, Request, Response, Status, Streaming};

use super::super::PATIENCE;
use super::{Book, Opening, SCHEMA_ID, Script, TOPIC, replay_id, status};

/// Events in one answer at most: a request is answered in several.
const PAGE: usize = 7;

#[derive(Clone)]
pub(super) struct FakeService {
    pub(super) book: Arc<Mutex<Book>>,
    pub(super) changed: watch::Sender<u64>,
    pub(super) breaks: watch::Sender<Option<Status>>,
}

/// What both kinds of streams ask for.
struct Asked {
    requested: i32,
    commit: Option<(String, Vec<u8>)>,
}

impl FakeService {
    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap()
    }

    fn check(&self, metadata: &MetadataMap) -> Result<String, Status> {
        let mut book = self.book();
        book.metadata.push(metadata.clone());
        let token = metadata.get("accesstoken").and_then(|token| token.to_str().ok()).unwrap_or_default();
        match &book.token {
            Some(expected) if expected != token => Err(status(Code::Unauthenticated, "service.auth.error")),
            _ => Ok(token.to_owned()),
        }
    }

    fn one_answer(&self, metadata: &MetadataMap) -> Result<(), Status> {
        self.check(metadata)?;
        self.book().failures.pop_front().map_or(Ok(()), Err)
    }

    /// Opens a stream; its number and the place in the log where it starts, or nothing to be mute.
    fn open(&self, opening: Opening) -> Result<Option<(u64, usize)>, Status> {
        let mut book = self.book();
        book.openings.push(opening.clone());
        if opening.requested <= 0 {
            return Err(status(Code::InvalidArgument, "subscription.fetch.requestedevents.invalid"));
        }
        match book.script.pop_front() {
            Some(Script::Refuse(status)) => return Err(status),
            Some(Script::Mute) => return Ok(None),
            None => {}
        }
        book.stream += 1;
        book.pending = i64::from(opening.requested);
        book.highest = book.highest.max(book.pending + book.unfinished);
        let stream = book.stream;
        match opening.preset {
            ReplayPreset::Latest => Ok(Some((stream, book.log.len()))),
            ReplayPreset::Earliest => Ok(Some((stream, 0))),
            ReplayPreset::Custom => {
                let place = book.log.iter().position(|event| event.replay_id == opening.replay_id);
                let lost = || status(Code::InvalidArgument, "subscription.fetch.replayid.corrupted");
                place.map(|place| Some((stream, place + 1))).ok_or_else(lost)
            }
        }
    }

    /// Serves a stream: `asked` says what the client asks for, `send` sends an answer.
    async fn serve(
        self,
        (stream, start): (u64, usize),
        mut asked: mpsc::UnboundedReceiver<Asked>,
        send: impl Fn(Result<ManagedFetchResponse, Status>) -> bool,
    ) {
        let (mut changed, mut breaks) = (self.changed.subscribe(), self.breaks.subscribe());
        let mut place = start;
        let mut waiting = Vec::new();
        loop {
            let keepalive = self.book().keepalive;
            while let Some(response) = self.page(stream, &mut place) {
                if !send(Ok(response)) {
                    return;
                }
            }
            tokio::select! {
                request = asked.recv() => {
                    let Some(request) = request else { return };
                    let mut book = self.book();
                    if book.stream != stream {
                        return;
                    }
                    if request.requested > 0 {
                        book.top_ups.push(request.requested);
                        book.pending += i64::from(request.requested);
                        book.highest = book.highest.max(book.pending + book.unfinished);
                    }
                    if let Some((id, replay_id)) = request.commit {
                        book.committed.push(replay_id.clone());
                        waiting.push(id.clone());
                        if waiting.len() >= book.coalesce {
                            waiting.clear();
                            let bad = replay_id == [0];
                            let msg = "no such event".to_owned();
                            let error = bad.then(|| EventError { code: ErrorCode::Commit.into(), msg });
                            let commit_request_id = id;
                            let commit = CommitReplayResponse { commit_request_id, replay_id, error, process_time: 1 };
                            drop(book);
                            send(Ok(ManagedFetchResponse { commit_response: Some(commit), ..Default::default() }));
                        }
                    }
                }
                _ = changed.changed() => {}
                _ = breaks.changed() => {
                    let broken = breaks.borrow_and_update().clone();
                    let broken = broken.unwrap_or_else(|| Status::unavailable("broken"));
                    send(Err(broken));
                    return;
                }
                () = tokio::time::sleep(keepalive.unwrap_or(PATIENCE)) => {
                    let book = self.book();
                    let latest = book.latest.clone().or_else(|| book.log.last().map(|event| event.replay_id.clone()));
                    drop(book);
                    let latest_replay_id = latest.unwrap_or_default();
                    send(Ok(ManagedFetchResponse { latest_replay_id, ..Default::default() }));
                }
            }
        }
    }

    fn page(&self, stream: u64, place: &mut usize) -> Option<ManagedFetchResponse> {
        let mut book = self.book();
        if book.stream != stream {
            return None;
        }
        let room = usize::try_from(book.pending).unwrap().min(PAGE);
        let events: Vec<_> = book.log.iter().skip(*place).take(room).cloned().collect();
        let last = events.last()?.replay_id.clone();
        *place += events.len();
        let count = i64::try_from(events.len()).unwrap();
        book.pending -= count;
        book.unfinished += count;
        let pending_num_requested = i32::try_from(book.pending).unwrap();
        Some(ManagedFetchResponse { events, latest_replay_id: last, pending_num_requested, ..Default::default() })
    }
}

/// What a client says on a stream, in one form.
fn asked_of<T: Send + 'static>(
    mut requests: Streaming<T>,
    read: impl Fn(T) -> Asked + Send + 'static,
) -> mpsc::UnboundedReceiver<Asked> {
    let (sender, asked) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok(Some(request)) = requests.message().await {
            let _ = sender.send(read(request));
        }
    });
    asked
}

#[tonic::async_trait]
impl Service for FakeService {
    type SubscribeStream = UnboundedReceiverStream<Result<FetchResponse, Status>>;
    type PublishStreamStream = UnboundedReceiverStream<Result<PublishResponse, Status>>;
    type ManagedSubscribeStream = UnboundedReceiverStream<Result<ManagedFetchResponse, Status>>;

    async fn subscribe(
        &self,
        request: Request<Streaming<FetchRequest>>,
    ) -> Result<Response<Self::SubscribeStream>, Status> {
        let token = self.check(request.metadata())?;
        let mut requests = request.into_inner();
        let first = requests.message().await?.ok_or_else(|| Status::invalid_argument("no request"))?;
        if first.topic_name != TOPIC {
            return Err(status(Code::NotFound, "topic.not.found"));
        }
        let (preset, requested) = (first.replay_preset(), first.num_requested);
        let start = self.open(Opening { preset, replay_id: first.replay_id, requested, token })?;
        let (answers, stream) = mpsc::unbounded_channel();
        let service = self.clone();
        tokio::spawn(async move {
            let Some(start) = start else { return answers.closed().await };
            let asked = asked_of(requests, |request: FetchRequest| {
                assert!(request.topic_name.is_empty() || request.topic_name == TOPIC);
                assert!(request.num_requested > 0, "a request for nothing");
                Asked { requested: request.num_requested, commit: None }
            });
            let send = |answer: Result<ManagedFetchResponse, Status>| {
                let answer = answer.map(|answer| FetchResponse {
                    events: answer.events,
                    latest_replay_id: answer.latest_replay_id,
                    pending_num_requested: answer.pending_num_requested,
                    rpc_id: "1f8c".to_owned(),
                });
                answers.send(answer).is_ok()
            };
            service.serve(start, asked, send).await;
        });
        Ok(Response::new(UnboundedReceiverStream::new(stream)))
    }

    async fn managed_subscribe(
        &self,
        request: Request<Streaming<ManagedFetchRequest>>,
    ) -> Result<Response<Self::ManagedSubscribeStream>, Status> {
        let token = self.check(request.metadata())?;
        let mut requests = request.into_inner();
        let first = requests.message().await?.ok_or_else(|| Status::invalid_argument("no request"))?;
        if first.developer_name != "Notes" {
            return Err(status(Code::NotFound, "managed.subscription.not.found"));
        }
        // It starts behind what was committed last.
        let replay_id = self.book().committed.last().cloned().unwrap_or_default();
        let preset = if replay_id.is_empty() { ReplayPreset::Earliest } else { ReplayPreset::Custom };
        let start = self.open(Opening { preset, replay_id, requested: first.num_requested, token })?;
        let (answers, stream) = mpsc::unbounded_channel();
        let service = self.clone();
        tokio::spawn(async move {
            let Some(start) = start else { return answers.closed().await };
            let asked = asked_of(requests, |request: ManagedFetchRequest| {
                let commit = request.commit_replay_id_request;
                let commit = commit.map(|commit| (commit.commit_request_id, commit.replay_id));
                Asked { requested: request.num_requested, commit }
            });
            service.serve(start, asked, |answer| answers.send(answer).is_ok()).await;
        });
        Ok(Response::new(UnboundedReceiverStream::new(stream)))
    }

    async fn get_schema(&self, request: Request<SchemaRequest>) -> Result<Response<SchemaInfo>, Status> {
        self.one_answer(request.metadata())?;
        let schema_id = request.into_inner().schema_id;
        self.book().schema_calls.push(schema_id.clone());
        // Long enough for others to ask for the same.
        tokio::time::sleep(Duration::from_millis(20)).await;
        let schema_json = self.book().schemas.get(&schema_id).cloned();
        let schema_json = schema_json.ok_or_else(|| status(Code::NotFound, "schema.not.found"))?;
        Ok(Response::new(SchemaInfo { schema_json, schema_id, rpc_id: "1f8c".to_owned() }))
    }

    async fn get_topic(&self, request: Request<TopicRequest>) -> Result<Response<TopicInfo>, Status> {
        self.one_answer(request.metadata())?;
        let mut book = self.book();
        book.topic_calls += 1;
        let topic_name = request.into_inner().topic_name;
        if topic_name != TOPIC {
            return Err(status(Code::NotFound, "topic.not.found"));
        }
        let schema_id = SCHEMA_ID.to_owned();
        let can_publish = book.can_publish;
        Ok(Response::new(TopicInfo { topic_name, schema_id, can_publish, can_subscribe: true, ..Default::default() }))
    }

    async fn publish(&self, request: Request<PublishRequest>) -> Result<Response<PublishResponse>, Status> {
        self.one_answer(request.metadata())?;
        let request = request.into_inner();
        let mut book = self.book();
        book.published.push(request.clone());
        let results = request.events.into_iter().enumerate().map(|(index, event)| {
            let error = book.refused.contains(&index);
            PublishResult {
                replay_id: if error { Vec::new() } else { replay_id(100 + index as u64) },
                error: error
                    .then(|| EventError { code: ErrorCode::Publish.into(), msg: format!("no room for {index}") }),
                correlation_key: event.id,
            }
        });
        let results = results.rev().collect();
        Ok(Response::new(PublishResponse { results, schema_id: SCHEMA_ID.to_owned(), rpc_id: "1f8c".to_owned() }))
    }

    async fn publish_stream(
        &self,
        _request: Request<Streaming<PublishRequest>>,
    ) -> Result<Response<Self::PublishStreamStream>, Status> {
        Err(Status::unimplemented("not here"))
    }
}
