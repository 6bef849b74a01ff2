//! `Subscribe`: a stream whose client keeps track of its position itself.

use std::sync::Arc;

use pubsub_proto::{FetchRequest, FetchResponse, ReplayPreset};
use tonic::{Code, Streaming};

use super::call::Call;
use super::credit::{self, Credit};
use super::delivery::{Batch, Delivery, Protocol, Responses};
use super::failure::Failure;
use super::topics;
use crate::bus::Start;
use crate::events::ReplayId;
use crate::streams::Stream;

/// Serves one stream.
pub(super) async fn run(
    call: Call,
    stream: Stream,
    mut requests: Streaming<FetchRequest>,
    responses: Responses<FetchResponse>,
) {
    let first = match requests.message().await {
        Ok(Some(first)) => first,
        // The client went away, or ended the stream, without a request.
        Ok(None) | Err(_) => return,
    };
    match open(call, stream, first).await {
        Ok(delivery) => delivery.run(requests, responses).await,
        Err((call, failure)) => {
            let _ = responses.send(Err(call.status(&failure))).await;
        }
    }
}

async fn open(call: Call, stream: Stream, first: FetchRequest) -> Result<Delivery<Subscribe>, (Call, Failure)> {
    let begin = async {
        let topic = topics::to_subscribe(&call, &first.topic_name).await?;
        let mut credit = Credit::default();
        credit.add(credit::requested(first.num_requested)?)?;
        let position = call.org.store.bus().start(start(&first)?)?;
        Ok((topic, credit, position))
    };
    match begin.await {
        Ok((topic, credit, position)) => {
            let protocol = Subscribe { topic: Arc::clone(&topic.name) };
            Ok(Delivery { call, stream, protocol, topic, position, credit })
        }
        Err(failure) => Err((call, failure)),
    }
}

/// Where a stream begins.
fn start(request: &FetchRequest) -> Result<Start<'_>, Failure> {
    match ReplayPreset::try_from(request.replay_preset) {
        Ok(ReplayPreset::Latest) | Err(_) => Ok(Start::Latest),
        Ok(ReplayPreset::Earliest) => Ok(Start::Earliest),
        Ok(ReplayPreset::Custom) if request.replay_id.is_empty() => {
            let message = "The replay preset is CUSTOM, but no replay ID was provided.";
            Err(Failure::new(Code::InvalidArgument, "subscription.fetch.replayid.validation.failed", message))
        }
        Ok(ReplayPreset::Custom) => Ok(Start::After(&request.replay_id)),
    }
}

struct Subscribe {
    topic: Arc<str>,
}

impl Protocol for Subscribe {
    type Request = FetchRequest;
    type Response = FetchResponse;

    /// Replay options of later requests are ignored, as the proto file says.
    async fn more(&mut self, request: FetchRequest, _: ReplayId) -> Result<u32, Failure> {
        if !request.topic_name.is_empty() && request.topic_name != *self.topic {
            let message = "The topic name cannot change in later fetch requests of the same stream.";
            return Err(Failure::new(Code::InvalidArgument, "subscription.fetch.topic.mismatch", message));
        }
        credit::requested(request.num_requested)
    }

    fn check(&self) -> Result<(), Failure> {
        Ok(())
    }

    fn has_answer(&self) -> bool {
        false
    }

    fn response(&mut self, batch: Batch) -> FetchResponse {
        let Batch { events, latest_replay_id, rpc_id, pending_num_requested } = batch;
        FetchResponse { events, latest_replay_id, rpc_id, pending_num_requested }
    }
}
