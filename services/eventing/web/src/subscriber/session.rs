//! One holder's time as the subscriber: subscriptions, one after the other, behind the position in Redis.

use super::batch::Batch;
use super::history::History;
use crate::buffer::{Advance, Beginning, Begun, Buffer, Lease, Moved, Trouble};
use crate::filter::Filter;
use crate::meters;
use chrono::{DateTime, Utc};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use shared::applink::AuthorizedUser;
use shared::jobs::{JobsError, JobsErrorKind};
use shared::salesforce::pubsub::{
    Delivery, PubSub, PubSubConfig, PubSubError, ReplayId, ReplayStart, ReplayStore, StoreError, SubscribeSettings,
    Subscription,
};
use shared::salesforce::{AllowedHosts, SalesforceId};
use shared::telemetry::Taken;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Pause after a subscription that failed for good, until events come again.
pub(super) const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// How old the add-on's word may be of which org the authorization is.
const CURRENT: Duration = Duration::from_secs(60);
/// Pauses while Redis does not take events.
const SHORTEST_WAIT: Duration = Duration::from_millis(200);
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// What is subscribed to, and where its events go.
pub(crate) struct Source {
    pub(crate) buffer: Buffer,
    pub(crate) filter: Filter,
    /// In whose name, and through which org; another one when the authorization is moved.
    pub(crate) user: AuthorizedUser,
    pub(crate) pubsub: PubSubConfig,
    pub(crate) hosts: AllowedHosts,
    pub(crate) settings: SubscribeSettings,
    pub(crate) topic: String,
}

/// Why it ended.
#[derive(Debug)]
pub(super) enum Ended {
    /// The process is to stop.
    Stopped,
    /// Another process subscribes now.
    LeaseLost,
    /// The subscription failed for good.
    Failed(PubSubError),
    /// The authorization is of another org by now.
    Moved,
}

/// Why one subscription ended.
enum Left {
    /// Redis stands elsewhere: subscribe again behind where it stands.
    Elsewhere,
    Ended(Ended),
}

pub(super) struct Session<'a> {
    source: &'a Source,
    /// Of `org` and no other.
    pubsub: PubSub,
    org: SalesforceId,
    lease: &'a Lease,
    /// Where this process was, over all of its sessions.
    history: &'a mut History,
    /// The next pause after a failure; short again once events come.
    pause: &'a mut Duration,
    version: String,
    /// What was committed before is none of the subscription's business.
    since: Option<DateTime<Utc>>,
}

impl<'a> Session<'a> {
    /// One in the org of which the authorization is now.
    ///
    /// # Errors
    /// When that is not known, or the endpoint cannot be used.
    pub(super) async fn open(
        source: &'a Source,
        lease: &'a Lease,
        history: &'a mut History,
        pause: &'a mut Duration,
    ) -> Result<Self, PubSubError> {
        let org = source.user.current_org(CURRENT).await.map_err(|error| PubSubError::Session(error.into()))?;
        let sessions = Arc::new(source.user.of_org(org));
        let pubsub = PubSub::connect(source.pubsub.clone(), &source.hosts, sessions)?;
        history.of_org(org);
        Ok(Self { source, pubsub, org, lease, history, pause, version: String::new(), since: None })
    }

    /// Returns when the authorization is of another org than `org`. A stream would not notice: it goes on with the changes of
    /// the org before for as long as the token is good that opened it.
    pub(super) async fn moves(source: &Source, org: SalesforceId) {
        loop {
            tokio::time::sleep(CURRENT).await;
            match source.user.current_org(CURRENT).await {
                Ok(now) if now != org => return,
                Ok(_) => {}
                Err(error) => tracing::debug!(%error, "of which org the authorization is could not be asked"),
            }
        }
    }

    /// Of which org.
    pub(super) fn org(&self) -> SalesforceId {
        self.org
    }

    /// Runs until it fails for good or another process subscribes.
    pub(super) async fn run(&mut self) -> Ended {
        loop {
            let Begun { position, new, moved_from } = self.begin().await;
            if let Some(before) = moved_from {
                let (authorization, org) = (self.source.user.name(), self.org);
                tracing::warn!(%authorization, %before, %org, "the authorization is of another org, where the subscription begins anew");
            }
            self.history.watch(&position);
            (self.version, self.since) = (position.version, position.since);
            let place = position.replay_id.or_else(|| self.remembered());
            if let (None, false, Some(since)) = (&place, new, self.since) {
                tracing::info!(%since, "no place is known yet; reading from the oldest event, without those before the beginning");
            }
            let stop = CancellationToken::new();
            let Source { topic, settings, .. } = self.source;
            // The latest would leave out what came since the beginning.
            let start = if new { settings.start } else { ReplayStart::Earliest };
            let settings = SubscribeSettings { start, unplaced: ReplayStart::Earliest, ..settings.clone() };
            let mut subscription = self.pubsub.subscribe(topic, settings, Arc::new(StartAt(place)), &stop);
            match self.follow(&mut subscription).await {
                Left::Elsewhere => tracing::warn!("Redis lost its last moments; subscribing behind where it stands"),
                Left::Ended(ended) => return ended,
            }
        }
    }

    fn remembered(&self) -> Option<ReplayId> {
        let replay_id = self.history.oldest().cloned();
        if let Some(replay_id) = &replay_id {
            tracing::warn!(%replay_id, "Redis has no position any more; events of the last minutes come again");
        }
        replay_id
    }

    async fn begin(&self) -> Begun {
        let beginning = match (self.source.settings.start, self.history.beginning()) {
            (ReplayStart::Earliest, _) => Beginning::Always,
            (ReplayStart::Latest, known) => known.unwrap_or(Beginning::Now),
        };
        let mut wait = SHORTEST_WAIT;
        loop {
            match self.source.buffer.begin(&self.source.topic, self.org, beginning).await {
                Ok(begun) => return begun,
                Err(error) => pause(&error, &mut wait).await,
            }
        }
    }

    /// Takes in what a subscription brings.
    async fn follow(&mut self, subscription: &mut Subscription) -> Left {
        let mut next = None;
        loop {
            let delivery = match next.take() {
                Some(delivery) => delivery,
                None => subscription.next().await,
            };
            let mut batch = Batch::new(self.since);
            match delivery {
                Some(Ok(Delivery::Event(event))) => batch.push(&self.source.filter, event),
                Some(Ok(Delivery::Idle(replay_id))) => batch.idle(replay_id),
                Some(Ok(Delivery::PositionLost { lost, resumed })) => {
                    let moved = match resumed {
                        ReplayStart::Earliest => Moved::Stored,
                        ReplayStart::Latest => self.restart().await,
                    };
                    self.position_lost(&lost, resumed).await;
                    match left(moved) {
                        Some(left) => return left,
                        None => continue,
                    }
                }
                Some(Ok(other)) => {
                    tracing::warn!(delivery = ?other, "a delivery of an unknown kind is passed over");
                    continue;
                }
                Some(Err(error)) => return Left::Ended(Ended::Failed(error)),
                None => return Left::Ended(Ended::Failed(PubSubError::Ended)),
            }
            // Whatever came meanwhile goes to Redis in the same call.
            while !batch.is_full() && next.is_none() {
                match subscription.next().now_or_never() {
                    Some(Some(Ok(Delivery::Event(event)))) => batch.push(&self.source.filter, event),
                    Some(Some(Ok(Delivery::Idle(replay_id)))) => batch.idle(replay_id),
                    Some(other) => next = Some(other),
                    None => break,
                }
            }
            if let Some(left) = left(self.store(batch).await) {
                return left;
            }
        }
    }

    /// The subscription goes on with new events; from when on they are new is stored, however long Redis takes.
    async fn restart(&mut self) -> Moved {
        let to = Uuid::new_v4().simple().to_string();
        let Source { buffer, topic, .. } = self.source;
        let mut wait = SHORTEST_WAIT;
        let (moved, since) = loop {
            match buffer.restart(topic, self.lease, &self.version, &to).await {
                Ok(restarted) => break restarted,
                Err(error) => pause(&error, &mut wait).await,
            }
        };
        if moved == Moved::Stored {
            self.history.restart(since);
            (self.version, self.since) = (to, since);
        }
        moved
    }

    /// Stores a batch, however long Redis takes. Its events make room for others afterwards.
    async fn store(&mut self, batch: Batch) -> Moved {
        let Some(replay_id) = &batch.replay_id else { return Moved::Stored };
        let to = Uuid::new_v4().simple().to_string();
        let step = Advance {
            org: self.org,
            from: &self.version,
            to: &to,
            replay_id,
            changes: &batch.changes,
            received: batch.received,
            ignored: batch.ignored,
            unreadable: batch.unreadable,
            last_event: batch.last_event,
        };
        let Source { buffer, topic, .. } = self.source;
        let taken = match step.changes.len() {
            0 => Taken::nothing(),
            events => Taken::begin("salesforce", topic, events, self.org.as_str()),
        };
        let mut wait = SHORTEST_WAIT;
        let storing = async {
            loop {
                match buffer.advance(topic, self.lease, &step).await {
                    Ok(moved) => return moved,
                    Err(error) => pause(&error, &mut wait).await,
                }
            }
        };
        let moved = taken.around(storing).await;
        if moved != Moved::Stored {
            taken.failed("not_stored");
        }
        drop(taken);
        if moved == Moved::Stored {
            self.history.record(Instant::now(), replay_id);
            *self.pause = FIRST_PAUSE;
            self.version = to;
        }
        moved
    }

    async fn position_lost(&self, lost: &ReplayId, resumed: ReplayStart) {
        meters::position_lost();
        let how = match resumed {
            ReplayStart::Earliest => "at the oldest event that Salesforce keeps",
            ReplayStart::Latest => "with new events; those between are lost",
        };
        tracing::error!(replay_id = %lost, "Salesforce does not know the position any more; going on {how}");
        if let Err(error) = self.source.buffer.report(&self.source.topic, Trouble::PositionLost, how).await {
            tracing::warn!(error = ?error, "the loss of the position was not kept");
        }
    }
}

/// The store of a subscription whose start was read already, with the version that belongs to it.
struct StartAt(Option<ReplayId>);

impl ReplayStore for StartAt {
    fn load<'a>(&'a self, _topic: &'a str) -> BoxFuture<'a, Result<Option<ReplayId>, StoreError>> {
        Box::pin(async { Ok(self.0.clone()) })
    }
}

/// Whether a subscription is left after a step.
fn left(moved: Moved) -> Option<Left> {
    match moved {
        Moved::Stored => None,
        Moved::LeaseLost => Some(Left::Ended(Ended::LeaseLost)),
        Moved::Elsewhere => Some(Left::Elsewhere),
    }
}

async fn pause(error: &JobsError, wait: &mut Duration) {
    match error.kind() {
        JobsErrorKind::Unavailable => {
            tracing::warn!(error = ?error, wait_ms = wait.as_millis(), "Redis does not take events, trying again");
        }
        _ => tracing::error!(error = ?error, wait_ms = wait.as_millis(), "Redis refuses events, trying again"),
    }
    tokio::time::sleep(*wait).await;
    *wait = (*wait * 2).min(LONGEST_WAIT);
}
