//! Makes jobs of transactions whose time has come. Runs in every web process.

use crate::buffer::{Buffer, Flush};
use crate::meters;
use futures_util::future::join_all;
use shared::contracts::eventing::{Changed, QuoteChanges};
use shared::jobs::{Jobs, JobsError, JobsErrorKind, NewJob, carried_on};
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Longest pause between two looks: what other processes collected is found then, when they have ended.
const IDLE: Duration = Duration::from_secs(1);
/// Shortest pause.
const STEP: Duration = Duration::from_millis(5);

/// Who makes these jobs.
const EVENTS: &str = "change-events";

/// The work of one process.
pub(crate) struct Flusher {
    jobs: Jobs,
    buffer: Buffer,
}

impl Flusher {
    pub(crate) fn new(jobs: Jobs, buffer: Buffer) -> Self {
        Self { jobs, buffer }
    }

    /// Runs until `stop` is cancelled. What is left then is the next process's, or this one's when it starts again.
    pub(crate) async fn run(self, stop: CancellationToken) {
        let mut next = Instant::now();
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.buffer.collected() => next = next.min(Instant::now() + self.buffer.quiet() + STEP),
                () = tokio::time::sleep_until(next) => {
                    let pause = match self.turn().await {
                        Ok(pause) => pause,
                        Err(error) => {
                            tracing::warn!(error = ?error, "transactions could not be made into jobs, trying again");
                            IDLE
                        }
                    };
                    next = Instant::now() + pause;
                }
            }
        }
    }

    /// Makes jobs of all that is due, and answers how long to wait for more.
    async fn turn(&self) -> Result<Duration, JobsError> {
        let claimed = self.buffer.claim().await?;
        let made = join_all(claimed.flushes.iter().map(|flush| carried_on(&flush.trace, self.make(flush)))).await;
        let mut failed = None;
        let mut done = Vec::new();
        for (flush, made) in claimed.flushes.iter().zip(made) {
            match made {
                Ok(()) => done.push(flush),
                // So it would be refused for ever.
                Err(error) if matches!(error.kind(), JobsErrorKind::Invalid | JobsErrorKind::Reused) => {
                    self.buffer.give_up(flush, &error.to_string()).await?;
                }
                // It stays a flush, and is taken again.
                Err(error) => failed = Some(error),
            }
        }
        self.buffer.finish(&done).await?;
        match failed {
            Some(error) => Err(error),
            None => Ok(claimed.next.unwrap_or(IDLE).clamp(STEP, IDLE)),
        }
    }

    async fn make(&self, flush: &Flush) -> Result<(), JobsError> {
        let transaction = &flush.change.transaction;
        let changed = flush.change.changed.clone();
        let records = match &changed {
            Changed::Records(records) => records.len(),
            Changed::Since(_) => 0,
        };
        let (transaction_key, user, org_id) = (transaction.to_string(), flush.change.user, flush.org);
        let params = QuoteChanges { transaction_key, changed, user, org_id };
        // Without a session: the worker asks AppLink for it.
        let job = NewJob {
            idempotency_key: Some(format!("{transaction}:{}", flush.number)),
            request_id: transaction.to_string(),
            ..NewJob::of(&params, &flush.authorization, EVENTS)?
        };
        let created = self.jobs.create(job).await?;
        meters::job();
        tracing::info!(job = %created.id, %transaction, records, existing = created.existing, "a transaction became a job");
        Ok(())
    }
}
