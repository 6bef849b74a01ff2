//! Subscriptions, as the caller sees them.

use std::fmt;
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::driver::{Commit, Driver};
use super::wire::Target;
use super::{Event, PubSub, PubSubError, ReplayId, ReplayStart, ReplayStore, SubscribeSettings};

/// Room for what is not an event and needs no credit.
const SPARE: usize = 16;

/// A subscription. It goes on behind the caller's back until it is dropped, its token is cancelled, or it fails for
/// good.
#[derive(Debug)]
pub struct Subscription {
    deliveries: mpsc::Receiver<Result<Delivery, PubSubError>>,
    _stop: DropGuard,
}

impl Subscription {
    /// What comes next, in the order of the topic. An error is the last thing that comes; after it, and after the token
    /// was cancelled, comes `None`. Safe to drop half-way, as in `select!`.
    ///
    /// Failures that pass by themselves are not told: the subscription waits and goes on behind the last event that was
    /// received, which is in the caller's hands.
    pub async fn next(&mut self) -> Option<Result<Delivery, PubSubError>> {
        self.deliveries.recv().await
    }
}

/// What a subscription hands over.
#[derive(Debug)]
#[non_exhaustive]
pub enum Delivery {
    /// An event.
    Event(Received),
    /// There was nothing up to this place. Store it once all events before it are safe, lest the stored replay id grow
    /// too old in a quiet topic.
    Idle(ReplayId),
    /// Salesforce does not know the replay id (any more). With `Earliest`, events come again; with `Latest`, some never
    /// come.
    PositionLost {
        /// The replay id.
        lost: ReplayId,
        /// Where the subscription goes on.
        resumed: ReplayStart,
    },
}

/// An event that counts against the limit until it is finished.
#[derive(Debug)]
#[must_use = "dropping it finishes the event"]
pub struct Received {
    /// The event.
    pub event: Event,
    finish: Finish,
}

impl Received {
    pub(super) fn new(event: Event, finish: Finish) -> Self {
        Self { event, finish }
    }

    /// The caller is done with the event; another may come. To go on behind it after a restart, store its replay id
    /// first.
    pub fn finish(self) {
        drop(self);
    }

    /// The event, and what finishes it.
    pub fn into_parts(self) -> (Event, Finish) {
        (self.event, self.finish)
    }
}

/// Finishes an event when dropped, as a permit would be given back.
#[must_use = "dropping it finishes the event"]
pub struct Finish(mpsc::UnboundedSender<()>);

impl Finish {
    pub(super) fn new(finished: mpsc::UnboundedSender<()>) -> Self {
        Self(finished)
    }
}

impl Drop for Finish {
    fn drop(&mut self) {
        // Nobody counts any more when the subscription has ended.
        let _ = self.0.send(());
    }
}

impl fmt::Debug for Finish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Finish")
    }
}

/// Names a `ManagedEventSubscription` of the org.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ManagedName {
    /// Its id, `18x…`.
    Id(String),
    /// Its developer name.
    DeveloperName(String),
}

/// Tells Salesforce how far a managed subscription has come. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Committer(mpsc::UnboundedSender<Commit>);

impl Committer {
    /// Has `replay_id` kept as the place where the next subscription starts. Survives lost connections: of several that
    /// wait, the last one is asked for again.
    ///
    /// # Errors
    /// [`PubSubError::Commit`] when Salesforce refuses, [`PubSubError::Interrupted`] when the connection is lost and
    /// the caller must finish events before there can be another, [`PubSubError::Ended`] when the subscription ended
    /// first.
    pub async fn commit(&self, replay_id: ReplayId) -> Result<(), PubSubError> {
        let (done, answer) = oneshot::channel();
        self.0.send(Commit { replay_id, done }).map_err(|_| PubSubError::Ended)?;
        answer.await.unwrap_or(Err(PubSubError::Ended))
    }
}

impl PubSub {
    /// Subscribes to `topic`, such as `/data/OpportunityChangeEvent`, behind the replay id that `store` holds.
    ///
    /// The subscription never holds more than `settings.max_outstanding` events that were asked for and not finished,
    /// and asks for more as the caller finishes them. It ends when `stop` is cancelled.
    #[must_use]
    pub fn subscribe(
        &self,
        topic: &str,
        settings: SubscribeSettings,
        store: Arc<dyn ReplayStore>,
        stop: &CancellationToken,
    ) -> Subscription {
        self.start(Target::Topic(topic.to_owned()), &settings, Some(store), None, stop)
    }

    /// Subscribes to a managed subscription: Salesforce keeps the replay id that the [`Committer`] names last, and
    /// starts there. Events that were received and not committed come again after a lost connection.
    ///
    /// While another subscriber holds the subscription, this one waits. Salesforce calls the feature a beta.
    #[must_use]
    pub fn subscribe_managed(
        &self,
        name: ManagedName,
        max_outstanding: u32,
        stop: &CancellationToken,
    ) -> (Subscription, Committer) {
        let (commits, requests) = mpsc::unbounded_channel();
        let settings = SubscribeSettings { max_outstanding, ..SubscribeSettings::default() };
        let subscription = self.start(Target::Managed(name), &settings, None, Some(requests), stop);
        (subscription, Committer(commits))
    }

    fn start(
        &self,
        target: Target,
        settings: &SubscribeSettings,
        store: Option<Arc<dyn ReplayStore>>,
        commits: Option<mpsc::UnboundedReceiver<Commit>>,
        stop: &CancellationToken,
    ) -> Subscription {
        let stop = stop.child_token();
        let (out, deliveries) = mpsc::channel(super::MAX_REQUESTED as usize + SPARE);
        let driver = Driver::new(self.clone(), target, settings, store, commits, out);
        tokio::spawn(driver.run(stop.clone()));
        Subscription { deliveries, _stop: stop.drop_guard() }
    }
}
