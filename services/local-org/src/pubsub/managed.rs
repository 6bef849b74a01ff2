//! `ManagedSubscribe`: a stream that begins where its client committed last.

use std::sync::Arc;

use chrono::Utc;
use pubsub_proto::{
    CommitReplayRequest, CommitReplayResponse, Error, ErrorCode, ManagedFetchRequest, ManagedFetchResponse,
};
use tonic::{Code, Streaming};

use super::call::{self, Call};
use super::credit::Credit;
use super::delivery::{Batch, Delivery, Protocol, Responses};
use super::failure::Failure;
use super::topics;
use crate::bus::{Bus, ReplayError, Start};
use crate::events::ReplayId;
use crate::host::OrgHost;
use crate::id;
use crate::streams::{Active, Definition, KEY_PREFIX, RunState, Stream};

/// Serves one stream.
pub(super) async fn run(
    call: Call,
    stream: Stream,
    mut requests: Streaming<ManagedFetchRequest>,
    responses: Responses<ManagedFetchResponse>,
) {
    let first = match requests.message().await {
        Ok(Some(first)) => first,
        // The client went away, or ended the stream, without a request.
        Ok(None) | Err(_) => return,
    };
    match open(call, stream, &first).await {
        Ok(delivery) => delivery.run(requests, responses).await,
        Err((call, failure)) => {
            let _ = responses.send(Err(call.status(&failure))).await;
        }
    }
}

async fn open(call: Call, stream: Stream, first: &ManagedFetchRequest) -> Result<Delivery<Managed>, (Call, Failure)> {
    let begin = async {
        if first.commit_replay_id_request.is_some() {
            let message = "A commit request is not allowed in the first fetch request.";
            let code = "managed.subscription.fetch.request.commit.request.restricted";
            return Err(Failure::new(Code::InvalidArgument, code, message));
        }
        let found = find(&call.org, first)?;
        let topic = topics::to_subscribe(&call, &found.metadata.topic_name).await?;
        let mut credit = Credit::default();
        credit.add(requested(first.num_requested)?)?;
        let active = call.org.pubsub.subscriptions.activate(&found.id).ok_or_else(|| in_use(&found.id))?;
        // Another client may have committed until now.
        let definition = running(&call.org, &active.id)?;
        let position = start(call.org.store.bus(), &definition)?;
        Ok((active, topic, credit, position))
    };
    match begin.await {
        Ok((active, topic, credit, position)) => {
            let protocol = Managed { org: Arc::clone(&call.org), active, answer: None };
            Ok(Delivery { call, stream, protocol, topic, position, credit })
        }
        Err(failure) => Err((call, failure)),
    }
}

/// The subscription that a first request names, by id or by developer name.
fn find(org: &OrgHost, first: &ManagedFetchRequest) -> Result<Definition, Failure> {
    let subscriptions = &org.pubsub.subscriptions;
    let not_found = |code, what: &str, name: &str| {
        Failure::new(Code::NotFound, code, format!("A managed subscription with {what} {name} was not found."))
    };
    match (first.subscription_id.as_str(), first.developer_name.as_str()) {
        (id, "") if !id.is_empty() => {
            if id::normalise(id).is_none_or(|id| id::prefix(&id) != KEY_PREFIX) {
                let message = format!("The subscription ID {id} is invalid.");
                return Err(Failure::new(
                    Code::InvalidArgument,
                    "managed.subscription.subscription.id.invalid",
                    message,
                ));
            }
            let code = "managed.subscription.subscription.id.not.found";
            subscriptions.get(id).ok_or_else(|| not_found(code, "ID", id))
        }
        ("", name) if !name.is_empty() => {
            let code = "managed.subscription.developer.name.not.found";
            subscriptions.named(name).ok_or_else(|| not_found(code, "developer name", name))
        }
        _ => {
            let message = "Provide either a subscription ID or a developer name.";
            let code = "managed.subscription.id.or.developer.name.empty";
            Err(Failure::new(Code::InvalidArgument, code, message))
        }
    }
}

/// Another client has it.
fn in_use(id: &str) -> Failure {
    let message = format!("An active subscription with ID {id} already exists. Try again later.");
    Failure::new(Code::AlreadyExists, "managed.subscription.already.active", message)
}

/// The definition of a subscription that clients may use.
fn running(org: &OrgHost, id: &str) -> Result<Definition, Failure> {
    let definition = org.pubsub.subscriptions.get(id).ok_or_else(|| {
        let message = format!("The configuration of the managed subscription {id} was deleted.");
        Failure::new(Code::NotFound, "managed.subscription.config.deleted", message)
    })?;
    match definition.metadata.state {
        RunState::Run => Ok(definition),
        RunState::Stop => {
            let message = format!("The managed subscription {} is stopped.", definition.developer_name);
            Err(Failure::new(Code::FailedPrecondition, "managed.subscription.config.stopped", message))
        }
    }
}

fn start(bus: &Bus, definition: &Definition) -> Result<ReplayId, ReplayError> {
    let metadata = &definition.metadata;
    match definition.committed {
        None => bus.start(metadata.default_replay.start()),
        Some(committed) => bus
            .start(Start::After(&committed.to_bytes()))
            .or_else(|_| bus.start(metadata.error_recovery_replay.start())),
    }
}

/// What a request asks for; none at all when it is there for its commit.
fn requested(number: i32) -> Result<u32, Failure> {
    u32::try_from(number).map_err(|_| {
        let message = "The requested number of events in a fetch request must not be negative";
        Failure::new(Code::InvalidArgument, "managed.subscription.fetch.request.events.invalid", message)
    })
}

struct Managed {
    org: Arc<OrgHost>,
    active: Active,
    /// What became of the last commit, until the client is told.
    answer: Option<CommitReplayResponse>,
}

impl Managed {
    /// Commits a position. What is wrong with it is told in the response and does not end the stream.
    async fn commit(&mut self, request: CommitReplayRequest, delivered: ReplayId) -> Result<(), Failure> {
        let process_time = Utc::now().timestamp_millis();
        let CommitReplayRequest { commit_request_id, replay_id } = request;
        let committed = running(&self.org, &self.active.id)?.committed;
        let error = match check(self.org.store.bus(), &replay_id, delivered, committed) {
            Ok(position) => {
                let (org, id) = (Arc::clone(&self.org), self.active.id.clone());
                let write = move || Ok(org.pubsub.subscriptions.commit(&org.store, &id, position)?);
                call::blocking(write).await.err().map(|_| "The replay ID could not be committed.")
            }
            Err(problem) => Some(problem),
        };
        let error = error.map(|problem| Error { code: ErrorCode::Commit.into(), msg: problem.to_owned() });
        self.answer = Some(CommitReplayResponse { commit_request_id, replay_id, error, process_time });
        Ok(())
    }
}

/// The position to commit.
fn check(
    bus: &Bus,
    replay_id: &[u8],
    delivered: ReplayId,
    committed: Option<ReplayId>,
) -> Result<ReplayId, &'static str> {
    if replay_id.is_empty() {
        return Err("The commit request has no replay ID.");
    }
    let position = bus
        .start(Start::After(replay_id))
        .map_err(|_| "The replay ID is invalid or outside of the retention window.")?;
    if position > delivered {
        return Err("The replay ID cannot be committed before its event was delivered.");
    }
    if committed.is_some_and(|committed| position < committed) {
        return Err("The replay ID is older than the one that is committed.");
    }
    Ok(position)
}

impl Protocol for Managed {
    type Request = ManagedFetchRequest;
    type Response = ManagedFetchResponse;

    async fn more(&mut self, request: ManagedFetchRequest, position: ReplayId) -> Result<u32, Failure> {
        let requested = requested(request.num_requested)?;
        match request.commit_replay_id_request {
            Some(commit) => self.commit(commit, position).await?,
            None if requested == 0 => {
                let message = "A fetch request must request events or a commit.";
                let code = "managed.subscription.fetch.request.invalid";
                return Err(Failure::new(Code::InvalidArgument, code, message));
            }
            None => {}
        }
        Ok(requested)
    }

    fn check(&self) -> Result<(), Failure> {
        running(&self.org, &self.active.id).map(drop)
    }

    fn has_answer(&self) -> bool {
        self.answer.is_some()
    }

    fn response(&mut self, batch: Batch) -> ManagedFetchResponse {
        let Batch { events, latest_replay_id, rpc_id, pending_num_requested } = batch;
        let commit_response = self.answer.take();
        ManagedFetchResponse { events, latest_replay_id, rpc_id, pending_num_requested, commit_response }
    }
}
