//! Runs one task and tells Redis what became of it.

use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use tracing::Instrument as _;

use super::ended::Ended;
use super::held::Fate;
use super::{Shared, meters, span, spans};
use crate::backoff::full_jitter;
use crate::claimed::Claimed;
use crate::error::{JobsError, JobsErrorKind};
use crate::handed::Handed;
use crate::kind::{Chunk, ChunkReport, Heard, JobKind, Looked, PlanStep, TaskContext, TaskError};
use crate::lease::{Lease, Task};
use crate::tasks::{Acked, Failed, Pushed};
use crate::trace;

/// How long a planner waits when Redis is full.
const FULL_REDIS_WAIT: Duration = Duration::from_secs(5);
/// Reasons are shown to people and kept in Redis.
const MAX_REASON_CHARS: usize = 1000;

/// What a task made.
enum Product {
    /// With what the plan hands on.
    Page {
        step: PlanStep,
        handed: Handed,
    },
    Report(ChunkReport),
    End,
    /// None; but the org of the task answers again.
    Answer,
}

/// What a run leaves beside its result.
#[derive(Clone, Copy)]
struct Ran {
    /// Failed runs of the task before it.
    attempts: u32,
    /// The org had answered before the run ended.
    heard: bool,
}

impl Shared {
    /// Runs a task from its claim to the end of its lease, and the chunk that a plan goes on with. Errors end here.
    pub(super) async fn execute(
        self: Arc<Self>,
        kind: Arc<dyn JobKind>,
        claimed: Claimed,
        cursor: Option<String>,
        cx: TaskContext,
        looks: bool,
    ) {
        let mut next = self.execute_one(kind.as_ref(), claimed, cursor, cx, looks).await;
        while let Some((chunk, cx)) = next {
            meters::claimed(kind.name(), chunk.lease.task());
            let span = span(kind.name(), &cx);
            let traced = spans::of_task(&cx, chunk.attempts);
            let task = self.execute_one(kind.as_ref(), chunk, None, cx, false).instrument(span);
            next = trace::within(traced, task).await;
        }
    }

    /// Runs one task, and tells with which chunk to go on.
    async fn execute_one(
        &self,
        kind: &dyn JobKind,
        claimed: Claimed,
        cursor: Option<String>,
        cx: TaskContext,
        looks: bool,
    ) -> Option<(Claimed, TaskContext)> {
        let started = Instant::now();
        let (lease, attempts, probe, rests) = (claimed.lease.clone(), claimed.attempts, claimed.probe, claimed.rests);
        let _guard = self.held.forget_on_drop(&lease);
        let looked = if looks { self.look(kind, &cx, rests).await } else { Looked::Unknown };
        let result = match (looked, cx.cancelled.run_until_cancelled(self.held.alone(&lease)).await) {
            (_, None) => Err(retry("the task was stopped before it began")),
            (Looked::Answers, Some(())) => Ok(Product::Answer),
            (Looked::Silent(reason), Some(())) => Err(TaskError::Silent { reason }),
            (Looked::Unknown, Some(())) => {
                self.held.set_looks(&lease, false);
                let work = AssertUnwindSafe(perform(kind, &cx, claimed, cursor)).catch_unwind();
                let work = tokio::time::timeout(self.settings.task_timeout, work);
                match self.telling(&lease, &cx.heard, probe, work).await {
                    Ok(Ok(result)) => result,
                    Ok(Err(_panic)) => Err(retry("the task panicked")),
                    Err(_) => Err(retry("the task took too long")),
                }
            }
        };
        let ran = Ran { attempts, heard: cx.heard.is_set() };
        let (how, next) = self.settle(&lease, ran, result).await;
        meters::ended(kind.name(), lease.task(), how, started.elapsed());
        spans::task_ended(how);
        tracing::debug!(how = how.as_str(), "task ended");
        let chunk = next?;
        let heard = Heard::default();
        let cancelled = self.held.insert(chunk.lease.clone(), &cx.org, &heard);
        let (delivery, lease) = (chunk.delivery, chunk.lease.clone());
        Some((chunk, TaskContext { delivery, cancelled, heard, lease, ..cx }))
    }

    /// Does `work`, and tells Redis meanwhile when the org answers a task that tries it for others.
    async fn telling<T>(&self, lease: &Lease, heard: &Heard, probe: bool, work: impl Future<Output = T>) -> T {
        if !probe {
            return work.await;
        }
        let tell = async || match self.tasks.answered(lease).await {
            Ok(rested) => tracing::info!(rested, "the org answers"),
            // The next task of the org tries it again.
            Err(error) => tracing::warn!(error = ?error, "Redis does not know yet that the org answers"),
        };
        let mut work = pin!(work);
        let result = tokio::select! {
            biased;
            () = heard.wait() => None,
            result = &mut work => Some(result),
        };
        match result {
            None => tokio::join!(work, tell()).0,
            Some(result) => {
                if heard.is_set() {
                    tell().await;
                }
                result
            }
        }
    }

    /// Tells Redis the result, until it knows or the lease is lost. How the task ended, and the chunk to go on with.
    async fn settle(&self, lease: &Lease, ran: Ran, result: Result<Product, TaskError>) -> (Ended, Option<Claimed>) {
        let mut failures = 0;
        loop {
            let error = match self.tell(lease, ran, &result).await {
                Ok(how) => return how,
                Err(error) => error,
            };
            meters::redis_failed("settle");
            if error.kind() != JobsErrorKind::Unavailable {
                // Not renewed any more, the lease runs out, and the task counts as crashed.
                tracing::error!(error = ?error, "Redis does not take the result of the task");
                return (Ended::Lost, None);
            }
            tracing::warn!(error = ?error, "the result of the task waits for Redis");
            tokio::time::sleep(full_jitter(Duration::from_millis(100), Duration::from_secs(5), failures)).await;
            failures += 1;
        }
    }

    async fn tell(
        &self,
        lease: &Lease,
        ran: Ran,
        result: &Result<Product, TaskError>,
    ) -> Result<(Ended, Option<Claimed>), JobsError> {
        let fate = self.held.fate(lease);
        let how = match (fate, result) {
            (Fate::Lost, _) => {
                tracing::warn!("the lease was lost; what the task did is not counted");
                Ended::Lost
            }
            // What was done is counted, also when the job is cancelled or the worker stops.
            (_, Ok(Product::Page { step, handed })) => {
                return self.tell_page(lease, step, handed.is_there() && fate == Fate::Run).await;
            }
            (_, Ok(Product::Report(report))) => match self.tasks.ack(lease, report).await? {
                Acked::Counted => {
                    self.done.add(report.processed);
                    Ended::Acked
                }
                Acked::Duplicate => Ended::Acked,
                Acked::Lost => Ended::Lost,
            },
            // Like all others of the org, the task may run now, in a slot.
            (_, Ok(Product::Answer)) => {
                let rested = self.tasks.answered(lease).await?;
                tracing::info!(rested, "the org answers");
                self.tasks.release(std::slice::from_ref(lease), None).await.map(released)?
            }
            (_, Ok(Product::End)) if self.tasks.finish(lease).await? => Ended::Acked,
            (_, Ok(Product::End)) => Ended::Lost,
            (Fate::Drain | Fate::Cancel, Err(_)) => {
                self.tasks.release(std::slice::from_ref(lease), None).await.map(released)?
            }
            (Fate::Run, Err(error)) => self.tell_error(lease, ran, error).await?,
        };
        Ok((how, None))
    }

    async fn tell_page(
        &self,
        lease: &Lease,
        step: &PlanStep,
        goes_on: bool,
    ) -> Result<(Ended, Option<Claimed>), JobsError> {
        let pushed = match goes_on {
            true => self.tasks.plan_push_and_go_on(lease, step).await,
            false => self.tasks.plan_push(lease, step).await.map(|pushed| (pushed, None)),
        };
        match pushed {
            Ok((Pushed::Stored | Pushed::Dropped, next)) => Ok((Ended::Acked, next)),
            Ok((Pushed::Lost, _)) => Ok((Ended::Lost, None)),
            Err(JobsError::OutOfMemory(_)) => {
                tracing::warn!("Redis is full; planning waits");
                let left = self.tasks.release(std::slice::from_ref(lease), Some(FULL_REDIS_WAIT)).await?;
                Ok((released(left), None))
            }
            Err(error) => Err(error),
        }
    }

    async fn tell_error(&self, lease: &Lease, ran: Ran, error: &TaskError) -> Result<Ended, JobsError> {
        let Ran { attempts, heard } = ran;
        let backoff = || full_jitter(self.settings.retry_base, self.settings.retry_cap, attempts);
        match error {
            TaskError::Later { .. } => tracing::info!(error = %error, "the task waits"),
            _ => tracing::warn!(error = %error, attempts, "the task did not succeed"),
        }
        let (delay, reason) = match error {
            TaskError::Later { wait, reason } => {
                return self.tasks.later(lease, *wait, &shortened(reason)).await.map(released);
            }
            TaskError::Retry { reason, after } => {
                let backoff = backoff();
                (Some(after.map_or(backoff, |after| after.saturating_add(backoff.min(after)))), reason)
            }
            TaskError::Fail { reason } => (None, reason),
            TaskError::PauseOrg { reason, wait } => {
                return self.tasks.pause_org(lease, *wait, &shortened(reason)).await.map(|()| Ended::Paused);
            }
            TaskError::Silent { reason } => {
                let attempt = heard.then(backoff);
                let failed = self.tasks.silent(lease, &self.settings.silence, attempt, &shortened(reason)).await?;
                return Ok(if matches!(failed, Failed::Retried) { Ended::Silent } else { failed.into() });
            }
            TaskError::NeedsAuthorization { reason } => {
                return self.tasks.hold(lease, &shortened(reason)).await.map(|()| Ended::Held);
            }
        };
        self.tasks.fail(lease, delay, &shortened(reason)).await.map(Ended::from)
    }
}

async fn perform(
    kind: &dyn JobKind,
    cx: &TaskContext,
    claimed: Claimed,
    cursor: Option<String>,
) -> Result<Product, TaskError> {
    if let Some(unproven) = claimed.unproven {
        tracing::error!(%unproven, "the task is not run");
        return Err(TaskError::Fail { reason: unproven.to_string() });
    }
    match claimed.lease.task() {
        Task::Plan => {
            let step = kind.plan(cx, cursor).await?;
            Ok(Product::Page { step, handed: cx.handed.clone() })
        }
        Task::Chunk(number) => {
            let chunk = Chunk { number, payload: claimed.payload, records: claimed.records };
            kind.run(cx, chunk).await.map(Product::Report)
        }
        Task::Finish => {
            let job = cx.jobs.get(&cx.org, &cx.job_id).await?;
            let job = job.ok_or_else(|| TaskError::Fail { reason: "the job is gone".to_owned() })?;
            kind.finish(cx, &job).await.map(|()| Product::End)
        }
    }
}

fn retry(reason: &str) -> TaskError {
    TaskError::Retry { reason: reason.to_owned(), after: None }
}

fn released(count: u64) -> Ended {
    if count > 0 { Ended::Released } else { Ended::Lost }
}

fn shortened(reason: &str) -> String {
    reason.chars().take(MAX_REASON_CHARS).collect()
}
