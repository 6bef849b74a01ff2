//! Subscriptions, as the caller sees them.

use std::sync::Arc;

use opentelemetry::context::FutureExt as _;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::driver::{Commit, Driver};
use super::wire::{ManagedName, Target};
use super::{Delivery, PubSub, PubSubError, ReplayId, ReplayStore, SubscribeSettings};

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
        // What is read for a task belongs to its trace.
        tokio::spawn(driver.run(stop.clone()).with_current_context());
        Subscription { deliveries, _stop: stop.drop_guard() }
    }
}
