//! Keeps a subscription going: opens streams, one after the other, and moves what they bring to the caller.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use pubsub_proto::{CommitReplayResponse, ConsumerEvent};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, debug, info, info_span, warn};

use super::credit::Credit;
use super::delivery::{Finish, Received};
use super::failure::Failure;
use super::recovery::{Position, Recovery, Step};
use super::refusal::Fault;
use super::wire::{self, Ask, Incoming, Target};
use super::{Delivery, PubSub, PubSubError, Refusal, ReplayId, ReplayStart, ReplayStore, SubscribeSettings};
use crate::Session;

/// A replay id to be kept, and who waits for it.
pub(super) struct Commit {
    pub(super) replay_id: ReplayId,
    pub(super) done: oneshot::Sender<Result<(), PubSubError>>,
}

/// The work behind one [`Subscription`](super::Subscription).
pub(super) struct Driver {
    pubsub: PubSub,
    target: Target,
    store: Option<Arc<dyn ReplayStore>>,
    start: ReplayStart,
    fallback: ReplayStart,
    longest_wait: Duration,
    credit: Credit,
    recovery: Recovery,
    out: mpsc::Sender<Result<Delivery, PubSubError>>,
    finished: mpsc::UnboundedReceiver<()>,
    /// Handed out with every event.
    finish: mpsc::UnboundedSender<()>,
    commits: Option<mpsc::UnboundedReceiver<Commit>>,
    /// Asked for and not answered, with the id of the request, oldest first.
    committing: VecDeque<(u64, Commit)>,
    next_commit: u64,
    /// Session of the present or last stream.
    used: Option<Session>,
    /// A renewed session for the next stream; the source may still hand out the old one.
    renewed: Option<Session>,
}

/// What woke the driver up.
enum Woken {
    Incoming(Option<Result<Incoming, tonic::Status>>),
    Finished,
    Commit(Option<Commit>),
    Silence,
}

impl Driver {
    pub(super) fn new(
        pubsub: PubSub,
        target: Target,
        settings: &SubscribeSettings,
        store: Option<Arc<dyn ReplayStore>>,
        commits: Option<mpsc::UnboundedReceiver<Commit>>,
        out: mpsc::Sender<Result<Delivery, PubSubError>>,
    ) -> Self {
        let (finish, finished) = mpsc::unbounded_channel();
        let recovery = Recovery::new(pubsub.inner.config.backoff.clone(), settings.fallback, settings.unplaced);
        Self {
            pubsub,
            target,
            store,
            start: settings.start,
            fallback: settings.fallback,
            longest_wait: settings.longest_wait,
            credit: Credit::new(settings.max_outstanding),
            recovery,
            out,
            finished,
            finish,
            commits,
            committing: VecDeque::new(),
            next_commit: 0,
            used: None,
            renewed: None,
        }
    }

    /// Runs until the subscription is stopped or fails for good.
    pub(super) async fn run(mut self, stop: CancellationToken) {
        let span = info_span!("salesforce.subscription", call = self.target.call().name(), topic = self.target.name());
        let ended = stop.run_until_cancelled(Box::pin(self.drive()).instrument(span)).await;
        if let Some(error) = ended {
            // Nobody listens any more; there is nobody to tell.
            let _ = self.out.send(Err(error)).await;
        }
    }

    async fn drive(&mut self) -> PubSubError {
        loop {
            let credit = self.credit_to_open().await;
            let failure = self.stream(credit).await;
            let fault = match (failure.fault(), &self.target) {
                // No replay id was sent.
                (Fault::ReplayIdLost, Target::Managed(_)) => Fault::Fatal,
                (fault, _) => fault,
            };
            let step = self.recovery.failed(fault, rand::random());
            warn!(?fault, ?step, error = %failure, "Pub/Sub stream ended");
            match step {
                Step::GiveUp => return failure.into_error(self.target.call()),
                Step::Reopen(wait) | Step::Refresh(wait) if wait > self.longest_wait => {
                    return failure.into_error(self.target.call());
                }
                Step::Reopen(wait) => sleep(wait).await,
                Step::Refresh(wait) => {
                    sleep(wait).await;
                    if let Err(error) = self.refresh().await {
                        let failure = Failure::Call(error);
                        match self.recovery.failed(failure.fault(), rand::random()) {
                            Step::Reopen(wait) => sleep(wait).await,
                            _ => return failure.into_error(self.target.call()),
                        }
                    }
                }
                Step::FallBack { lost, wait } => {
                    let lost = Delivery::PositionLost { lost, resumed: self.fallback };
                    if self.out.send(Ok(lost)).await.is_err() {
                        return PubSubError::Ended;
                    }
                    sleep(wait).await;
                }
            }
        }
    }

    async fn refresh(&mut self) -> Result<(), PubSubError> {
        if let Some(stale) = &self.used {
            self.renewed = Some(self.pubsub.inner.source.refresh(stale).await.map_err(PubSubError::Session)?);
        }
        Ok(())
    }

    /// Waits until there is an event to ask for: a stream cannot be opened with none.
    ///
    /// The caller may wait for a commit before it finishes anything, so commits cannot wait for a stream here.
    async fn credit_to_open(&mut self) -> u32 {
        loop {
            self.take_finished();
            if let Some(credit) = self.credit.open() {
                return credit;
            }
            for (_, commit) in self.committing.drain(..) {
                let _ = commit.done.send(Err(PubSubError::Interrupted));
            }
            tokio::select! {
                Some(()) = self.finished.recv() => self.credit.finished(),
                commit = next_commit(&mut self.commits) => match commit {
                    Some(commit) => self.committing.push_back((self.next_commit, commit)),
                    None => self.commits = None,
                },
            }
        }
    }

    fn take_finished(&mut self) {
        while self.finished.try_recv().is_ok() {
            self.credit.finished();
        }
    }

    /// Opens a stream and works until it fails.
    async fn stream(&mut self, credit: u32) -> Failure {
        match self.opened(credit).await {
            Ok((span, asks, incoming)) => {
                let failure = self.serve(asks, incoming).await;
                span.ended(failure.status());
                failure
            }
            Err(failure) => failure,
        }
    }

    async fn opened(&mut self, credit: u32) -> Result<wire::Stream, Failure> {
        if let (Position::Stored, Some(store)) = (self.recovery.position(), &self.store) {
            let limit = self.pubsub.inner.config.call_timeout;
            let stored = match timeout(limit, store.load(self.target.name())).await {
                Ok(stored) => stored.map_err(Failure::Store)?,
                Err(elapsed) => return Err(Failure::Store(Box::new(elapsed))),
            };
            self.recovery.set_position(stored.map_or(Position::At(self.start), Position::After));
        }
        let call = |error| Failure::Call(PubSubError::Session(error));
        let session = match self.renewed.take() {
            Some(session) => session,
            None => self.pubsub.inner.source.session().await.map_err(call)?,
        };
        let position = self.recovery.position();
        info!(?position, credit, "opening a Pub/Sub stream");
        let stream = wire::open(&self.pubsub, &self.target, position, &session, credit).map_err(Failure::Call)?;
        self.used = Some(session);
        Ok(stream)
    }

    async fn serve(
        &mut self,
        asks: mpsc::UnboundedSender<Ask>,
        mut incoming: futures_util::stream::BoxStream<'static, Result<Incoming, tonic::Status>>,
    ) -> Failure {
        let patience = self.pubsub.inner.config.watchdog;
        let mut alive = Instant::now();
        if let Some((id, commit)) = self.committing.back() {
            // Answers all that wait: a commit stands for those before it.
            let _ = asks.send(Ask::Commit { id: id.to_string(), replay_id: commit.replay_id.clone() });
        }
        loop {
            // Without credit, silence is what was asked for.
            let owed = self.credit.is_owed();
            let woken = tokio::select! {
                message = incoming.next() => Woken::Incoming(message),
                Some(()) = self.finished.recv() => Woken::Finished,
                commit = next_commit(&mut self.commits) => Woken::Commit(commit),
                () = sleep_until(alive + patience), if owed => Woken::Silence,
            };
            match woken {
                Woken::Incoming(Some(Ok(message))) => {
                    alive = Instant::now();
                    self.recovery.alive();
                    if let Err(failure) = self.take(message).await {
                        return failure;
                    }
                }
                Woken::Incoming(Some(Err(status))) => {
                    let cleaner = self.used.as_ref().map(Session::cleaner).unwrap_or_default();
                    return Failure::Refused(Refusal::new(self.target.call(), &status, &cleaner));
                }
                Woken::Incoming(None) => return Failure::Ended,
                Woken::Silence => return Failure::Silent(patience),
                Woken::Finished => self.credit.finished(),
                Woken::Commit(Some(commit)) => {
                    let (id, replay_id) = (self.next_commit, commit.replay_id.clone());
                    self.next_commit += 1;
                    self.committing.push_back((id, commit));
                    let _ = asks.send(Ask::Commit { id: id.to_string(), replay_id });
                }
                Woken::Commit(None) => self.commits = None,
            }
            self.take_finished();
            if let Some(more) = self.credit.top_up() {
                if !owed {
                    alive = Instant::now();
                }
                // A stream that no longer listens has said why, or will.
                let _ = asks.send(Ask::More(more));
            }
        }
    }

    /// Hands over what came.
    async fn take(&mut self, message: Incoming) -> Result<(), Failure> {
        let Incoming { events, latest, committed } = message;
        let idle = events.is_empty() && committed.is_none();
        for event in events {
            self.hand_over(event).await?;
        }
        if let Some(answer) = committed {
            self.committed(&answer);
        }
        if let Some(latest) = latest.filter(|_| idle) {
            self.recovery.set_position(Position::After(latest.clone()));
            // Leaving one out does no harm: the next one says more.
            let _ = self.out.try_send(Ok(Delivery::Idle(latest)));
        }
        Ok(())
    }

    async fn hand_over(&mut self, event: ConsumerEvent) -> Result<(), Failure> {
        let replay_id = ReplayId::from_bytes(event.replay_id.clone()).map_err(|_| Failure::NoReplayId)?;
        let event = self.pubsub.read(event, replay_id.clone()).await.map_err(Failure::Call)?;
        if let Err(error) = &event.content {
            warn!(%replay_id, schema_id = event.schema_id, %error, "an event cannot be read");
        }
        self.credit.received();
        let received = Received::new(event, Finish::new(self.finish.clone()));
        self.out.send(Ok(Delivery::Event(received))).await.map_err(|_| Failure::Abandoned)?;
        self.recovery.set_position(Position::After(replay_id));
        Ok(())
    }

    fn committed(&mut self, answer: &CommitReplayResponse) {
        let Ok(last) = answer.commit_request_id.parse::<u64>() else {
            debug!("the answer to a commit names none of this subscription");
            return;
        };
        while self.committing.front().is_some_and(|(id, _)| *id <= last) {
            let Some((_, commit)) = self.committing.pop_front() else { return };
            let result = match &answer.error {
                None => Ok(()),
                Some(error) => Err(PubSubError::Commit(error.msg.chars().take(300).collect())),
            };
            // The one who asked may have stopped waiting.
            let _ = commit.done.send(result);
        }
    }
}

/// The next commit; never when there are none, or no more.
async fn next_commit(commits: &mut Option<mpsc::UnboundedReceiver<Commit>>) -> Option<Commit> {
    match commits {
        Some(commits) => commits.recv().await,
        None => std::future::pending().await,
    }
}
