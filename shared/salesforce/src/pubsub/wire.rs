//! A stream of the service, plain or managed, in one form.

use futures_util::future::ready;
use futures_util::stream::{self, BoxStream};
use futures_util::{StreamExt, TryStreamExt};
use pubsub_proto::{
    CommitReplayRequest, CommitReplayResponse, ConsumerEvent, FetchRequest, FetchResponse, ManagedFetchRequest,
    ManagedFetchResponse, ReplayPreset,
};
use tokio::sync::mpsc;
use tokio_stream::wrappers::UnboundedReceiverStream;
use tonic::{Code, Response, Status};

use super::client::{client, with_session};
use super::recovery::Position;
use super::{Call, PubSub, PubSubError, ReplayId, ReplayStart};
use crate::Session;
use crate::trace::CallSpan;

/// Names a `ManagedEventSubscription` of the org.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ManagedName {
    /// Its id, `18x…`.
    Id(String),
    /// Its developer name.
    DeveloperName(String),
}

/// What to subscribe to.
#[derive(Debug, Clone)]
pub(super) enum Target {
    Topic(String),
    Managed(ManagedName),
}

impl Target {
    pub(super) fn call(&self) -> Call {
        match self {
            Self::Topic(_) => Call::Subscribe,
            Self::Managed(_) => Call::ManagedSubscribe,
        }
    }

    /// Name for logs.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Topic(name) | Self::Managed(ManagedName::Id(name) | ManagedName::DeveloperName(name)) => name,
        }
    }
}

/// What a subscriber says on an open stream.
#[derive(Debug)]
pub(super) enum Ask {
    /// This many more events are welcome.
    More(u32),
    /// A managed subscription shall keep this replay id.
    Commit { id: String, replay_id: ReplayId },
}

/// What the service says.
#[derive(Debug, Default)]
pub(super) struct Incoming {
    pub(super) events: Vec<ConsumerEvent>,
    pub(super) latest: Option<ReplayId>,
    pub(super) committed: Option<CommitReplayResponse>,
}

/// An open stream: its span, the calling side, and what comes back. Opening is part of what comes back, as a server may send
/// nothing at all, not even headers, before its first event.
pub(super) type Stream = (StreamSpan, mpsc::UnboundedSender<Ask>, BoxStream<'static, Result<Incoming, Status>>);

/// The span of a stream. One that is dropped before the stream has ended tells that this side left it.
pub(super) struct StreamSpan {
    span: CallSpan,
    status: Code,
}

impl StreamSpan {
    pub(super) fn ended(mut self, status: Code) {
        self.status = status;
        if !matches!(status, Code::Ok | Code::Cancelled) {
            self.span.failed("stream_ended");
        }
    }
}

impl Drop for StreamSpan {
    fn drop(&mut self) {
        self.span.ended_with(self.status);
    }
}

/// Opens a stream over a connection of its own: the last one may be the reason why the last stream failed.
pub(super) fn open(
    pubsub: &PubSub,
    target: &Target,
    position: &Position,
    session: &Session,
    credit: u32,
) -> Result<Stream, PubSubError> {
    let mut client = client(pubsub.inner.connector.channel());
    let (asks, asked) = mpsc::unbounded_channel();
    let asked = UnboundedReceiverStream::new(asked);
    let (span, incoming) = match target {
        Target::Topic(topic) => {
            let first = first_fetch(topic, position, credit);
            let requests = stream::iter([first]).chain(asked.filter_map(|ask| ready(fetch(ask))));
            let mut request = with_session(requests, session).map_err(PubSubError::Session)?;
            let span = pubsub.spanned(target.call(), session, &mut request);
            let opening = async move { client.subscribe(request).await.map(Response::into_inner) };
            (span, stream::once(opening).try_flatten().map_ok(Incoming::from).boxed())
        }
        Target::Managed(name) => {
            let requests = stream::iter([first_managed(name, credit)]).chain(asked.map(managed));
            let mut request = with_session(requests, session).map_err(PubSubError::Session)?;
            let span = pubsub.spanned(target.call(), session, &mut request);
            let opening = async move { client.managed_subscribe(request).await.map(Response::into_inner) };
            (span, stream::once(opening).try_flatten().map_ok(Incoming::from).boxed())
        }
    };
    Ok((StreamSpan { span, status: Code::Cancelled }, asks, incoming))
}

fn first_fetch(topic: &str, position: &Position, credit: u32) -> FetchRequest {
    let (preset, replay_id) = match position {
        Position::After(id) => (ReplayPreset::Custom, id.as_bytes().to_vec()),
        Position::At(ReplayStart::Earliest) => (ReplayPreset::Earliest, Vec::new()),
        Position::At(ReplayStart::Latest) | Position::Stored => (ReplayPreset::Latest, Vec::new()),
    };
    FetchRequest {
        topic_name: topic.to_owned(),
        replay_preset: preset.into(),
        replay_id,
        num_requested: number(credit),
        auth_refresh: String::new(),
    }
}

fn fetch(ask: Ask) -> Option<FetchRequest> {
    match ask {
        Ask::More(credit) => Some(FetchRequest { num_requested: number(credit), ..FetchRequest::default() }),
        // The service keeps nothing for a plain subscription, and no `Committer` is made for one.
        Ask::Commit { .. } => None,
    }
}

fn first_managed(name: &ManagedName, credit: u32) -> ManagedFetchRequest {
    let (subscription_id, developer_name) = match name {
        ManagedName::Id(id) => (id.clone(), String::new()),
        ManagedName::DeveloperName(name) => (String::new(), name.clone()),
    };
    let num_requested = number(credit);
    ManagedFetchRequest { subscription_id, developer_name, num_requested, ..ManagedFetchRequest::default() }
}

fn managed(ask: Ask) -> ManagedFetchRequest {
    match ask {
        Ask::More(credit) => ManagedFetchRequest { num_requested: number(credit), ..ManagedFetchRequest::default() },
        Ask::Commit { id, replay_id } => ManagedFetchRequest {
            commit_replay_id_request: Some(CommitReplayRequest {
                commit_request_id: id,
                replay_id: replay_id.as_bytes().to_vec(),
            }),
            ..ManagedFetchRequest::default()
        },
    }
}

fn number(credit: u32) -> i32 {
    i32::try_from(credit).unwrap_or(i32::MAX)
}

impl From<FetchResponse> for Incoming {
    fn from(response: FetchResponse) -> Self {
        let latest = ReplayId::from_bytes(response.latest_replay_id).ok();
        Self { events: response.events, latest, committed: None }
    }
}

impl From<ManagedFetchResponse> for Incoming {
    fn from(response: ManagedFetchResponse) -> Self {
        let latest = ReplayId::from_bytes(response.latest_replay_id).ok();
        Self { events: response.events, latest, committed: response.commit_response }
    }
}
