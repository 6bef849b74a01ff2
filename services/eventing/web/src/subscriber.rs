//! The subscription to change events: one at a time over all web processes.
//!
//! A process waits for the lease, subscribes behind the position in Redis, and moves it with every batch of events, in the
//! same step in which they come into the buffer. A process that was taken for dead can no longer move anything.
//!
//! Salesforce tells a new subscription no place before the first event or sign of life, which takes minutes. Redis has the
//! time of its beginning until then; whoever goes on without a place starts with the oldest event and leaves out what was
//! committed before that time.

mod batch;
mod history;
mod session;

pub(crate) use session::Source;

use crate::buffer::{LEASE_TTL, Lease, Trouble};
use crate::meters;
use history::History;
use session::{Ended, FIRST_PAUSE, Session};
use shared::jobs::JobsError;
use shared::salesforce::pubsub::PubSubError;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often the lease is renewed.
const RENEW: Duration = Duration::from_secs(3);
const _: () = assert!(RENEW.as_millis() * 2 < LEASE_TTL.as_millis(), "one renewal may be late");
/// How often a process that does not hold the lease asks for it. With [`LEASE_TTL`], the longest time without a subscriber.
const ASK: Duration = Duration::from_secs(2);
/// Longest pause after a subscription that failed for good, such as for a topic that does not exist: an administrator may
/// change that. The first is [`FIRST_PAUSE`].
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// The subscriber of one process.
pub(crate) struct Subscriber {
    pub(crate) source: Source,
    /// What people know the process by.
    pub(crate) process: String,
}

impl Subscriber {
    /// Runs until `stop` is cancelled, and gives the lease back then.
    pub(crate) async fn run(self, stop: CancellationToken) {
        meters::subscribing(false);
        let mut pause = FIRST_PAUSE;
        let mut history = History::default();
        while let Some(lease) = self.wait_for_lease(&mut history, &stop).await {
            meters::subscribing(true);
            let ended = self.hold(&lease, &mut history, &mut pause, &stop).await;
            meters::subscribing(false);
            if let Err(error) = self.source.buffer.release(&self.source.topic, &lease).await {
                tracing::debug!(error = ?error, "the lease was not given back; it runs out");
            }
            match ended {
                Ended::Stopped => return,
                Ended::LeaseLost => tracing::warn!("another process subscribes now"),
                Ended::Moved => tracing::warn!("the authorization is of another org by now"),
                Ended::Failed(error) => {
                    self.failed(error, pause).await;
                    if stop.run_until_cancelled(tokio::time::sleep(pause)).await.is_none() {
                        return;
                    }
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
            }
        }
    }

    /// A lease that this process holds; `None` when it is to stop.
    ///
    /// Until then it watches how far the holder is, lest only the holder know when Redis has lost everything.
    async fn wait_for_lease(&self, history: &mut History, stop: &CancellationToken) -> Option<Lease> {
        let lease = Lease::new(&self.process);
        let asking = async {
            loop {
                match self.ask_for(&lease, history).await {
                    Ok(true) => return,
                    Ok(false) => {}
                    Err(error) => tracing::warn!(error = ?error, "the subscription's lease could not be asked for"),
                }
                tokio::time::sleep(ASK).await;
            }
        };
        stop.run_until_cancelled(asking).await?;
        tracing::info!(topic = self.source.topic, "this process subscribes");
        Some(lease)
    }

    async fn ask_for(&self, lease: &Lease, history: &mut History) -> Result<bool, JobsError> {
        let held = self.source.buffer.hold(&self.source.topic, lease).await?;
        if !held {
            history.watch(&self.source.buffer.position(&self.source.topic).await?);
        }
        Ok(held)
    }

    /// Subscribes as long as the lease is held.
    async fn hold(
        &self,
        lease: &Lease,
        history: &mut History,
        pause: &mut Duration,
        stop: &CancellationToken,
    ) -> Ended {
        let subscribe = async {
            let mut session = match Session::open(&self.source, lease, history, pause).await {
                Ok(session) => session,
                Err(error) => return Ended::Failed(error),
            };
            let org = session.org();
            tokio::select! {
                ended = session.run() => ended,
                () = Session::moves(&self.source, org) => Ended::Moved,
            }
        };
        tokio::select! {
            ended = subscribe => ended,
            () = self.renew(lease) => Ended::LeaseLost,
            () = stop.cancelled() => Ended::Stopped,
        }
    }

    /// Renews the lease until it is lost. A Redis that does not answer may still count it as held.
    async fn renew(&self, lease: &Lease) {
        loop {
            tokio::time::sleep(RENEW).await;
            match self.source.buffer.hold(&self.source.topic, lease).await {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => tracing::warn!(error = ?error, "the subscription's lease could not be renewed"),
            }
        }
    }

    async fn failed(&self, error: PubSubError, pause: Duration) {
        let text = format!("{:#}", anyhow::Error::new(error));
        tracing::error!(
            topic = self.source.topic,
            error = text,
            pause_seconds = pause.as_secs(),
            "the subscription has ended"
        );
        if let Err(error) = self.source.buffer.report(&self.source.topic, Trouble::Error, &text).await {
            tracing::debug!(error = ?error, "the end of the subscription was not kept");
        }
    }
}
