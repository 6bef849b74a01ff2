//! Runs the tasks of jobs.

mod beat;
mod done;
mod ended;
mod execute;
mod held;
mod look;
mod meters;
mod passed_over;
mod settings;
mod spans;
mod upkeep;

pub use settings::WorkerSettings;

use std::collections::BTreeMap;
use std::fmt;
use std::mem;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, broadcast};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;
use tracing::{Instrument as _, Span};

use super::backoff::{full_jitter, jittered};
use super::claimed::{Claim, Claimed, ClaimedJob};
use super::connection::Signal;
use super::error::{JobsError, JobsErrorKind};
use super::handed::Handed;
use super::kind::{Heard, JobKind, TaskContext};
use super::silence::look_limit;
use super::store::Jobs;
use super::tasks::{Tasks, WorkerId};
use super::trace;
use done::Done;
use held::{Fate, Held};
use passed_over::PassedOver;

/// Most tasks per claim.
const MAX_CLAIM: usize = 64;
/// Claims in a row that look on among very many jobs, of which none may run now.
const MAX_EMPTY_CLAIMS: u32 = 8;
/// Most tasks that take no slot because they only look whether their org answers. They hold a connection each, and hardly
/// any memory.
const MOST_LOOKS: usize = 32;
/// The last part of the drain time, in which tasks are told to stop and what is left is given back.
const DRAIN_MARGIN: Duration = Duration::from_secs(3);
const CLAIM_BACKOFF_BASE: Duration = Duration::from_millis(100);
const CLAIM_BACKOFF_CAP: Duration = Duration::from_secs(5);

/// Runs the tasks of jobs of the given kinds.
pub struct Worker {
    shared: Arc<Shared>,
}

/// What the parts of a worker share.
struct Shared {
    jobs: Jobs,
    tasks: Tasks,
    id: WorkerId,
    lease: Duration,
    settings: WorkerSettings,
    kinds: BTreeMap<&'static str, Arc<dyn JobKind>>,
    held: Held,
    done: Done,
    wake: Notify,
}

/// What a worker may claim.
struct Room {
    most: usize,
    /// Orgs that may have none of it.
    without: Vec<String>,
}

impl Worker {
    /// A worker that has not started.
    #[must_use]
    pub fn new(jobs: Jobs, settings: WorkerSettings, kinds: Vec<Arc<dyn JobKind>>) -> Self {
        let shared = Shared {
            tasks: jobs.tasks(),
            id: WorkerId::new(&settings.name),
            lease: jobs.config().lease,
            jobs,
            settings,
            kinds: kinds.into_iter().map(|kind| (kind.name(), kind)).collect(),
            held: Held::default(),
            done: Done::default(),
            wake: Notify::new(),
        };
        Self { shared: Arc::new(shared) }
    }

    /// Runs tasks until `shutdown`, then lets those that run come to an end, and gives back what has not within
    /// [`WorkerSettings::drain`]. Trouble with Redis is waited out.
    ///
    /// # Errors
    /// When the server cannot hold jobs or refuses this client; before any task is claimed.
    pub async fn run(self, shutdown: CancellationToken) -> Result<(), JobsError> {
        let shared = self.shared;
        let Some(signals) = shutdown.run_until_cancelled(shared.prepare()).await.transpose()? else { return Ok(()) };
        tracing::info!(worker = %shared.id, concurrency = shared.settings.concurrency, "worker started");
        // Dropping the set at the end stops its tasks.
        let mut upkeep = JoinSet::new();
        upkeep.spawn(Arc::clone(&shared).listen(signals));
        upkeep.spawn(Arc::clone(&shared).heartbeat());
        upkeep.spawn(Arc::clone(&shared).reclaim());
        upkeep.spawn(Arc::clone(&shared).beat());
        let mut running = JoinSet::new();
        // A claim that is cut off here may still come through; draining gives its tasks back.
        shutdown.run_until_cancelled(Arc::clone(&shared).take_work(&mut running)).await;
        shared.drain(running).await;
        upkeep.shutdown().await;
        shared.gone().await;
        Ok(())
    }
}

impl fmt::Debug for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worker").field("id", &self.shared.id).finish_non_exhaustive()
    }
}

impl Shared {
    /// Waits until Redis is there, and checks it.
    async fn prepare(&self) -> Result<broadcast::Receiver<Signal>, JobsError> {
        let mut failures = 0;
        loop {
            let ready = async {
                self.jobs.check_server().await?;
                self.jobs.connection().subscribe().await
            };
            match ready.await {
                Err(error) if error.kind() == JobsErrorKind::Unavailable => {
                    tracing::warn!(error = ?error, "the worker waits for Redis");
                    tokio::time::sleep(full_jitter(CLAIM_BACKOFF_BASE, CLAIM_BACKOFF_CAP, failures)).await;
                    failures += 1;
                }
                result => return result,
            }
        }
    }

    /// Keeps the free slots filled, for ever.
    async fn take_work(self: Arc<Self>, running: &mut JoinSet<()>) {
        let readable: Vec<String> = self.kinds.values().flat_map(|kind| kind.kind().readable()).collect();
        let kinds: Vec<&str> = readable.iter().map(String::as_str).collect();
        let mut passed_over = PassedOver::default();
        let (mut failures, mut empty_claims) = (0, 0);
        loop {
            while running.try_join_next().is_some() {}
            let room = self.room(self.counted(running));
            let is_full = room.is_none();
            let Room { most, without } = match room {
                Some(room) => room,
                None if self.is_full_for_long(running).await => Room { most: 1, without: self.held.orgs() },
                None => continue,
            };
            let mut claim = match self.tasks.claim_of_others(&self.id, most, &kinds, &without).await {
                Ok(claim) => claim,
                Err(error) => {
                    tracing::warn!(error = ?error, "could not claim tasks");
                    meters::redis_failed("claim");
                    tokio::time::sleep(full_jitter(CLAIM_BACKOFF_BASE, CLAIM_BACKOFF_CAP, failures)).await;
                    failures += 1;
                    self.release_unknown().await;
                    continue;
                }
            };
            failures = 0;
            empty_claims = if claim.tasks.is_empty() { empty_claims + 1 } else { 0 };
            passed_over.tell(mem::take(&mut claim.passed_over), &self.kinds);
            let look_on = claim.more && empty_claims < MAX_EMPTY_CLAIMS;
            self.start(claim, running);
            if look_on || is_full {
                continue;
            }
            empty_claims = 0;
            tokio::select! {
                () = tokio::time::sleep(jittered(self.settings.poll)) => {}
                () = self.wake.notified() => {}
                Some(_) = running.join_next() => {}
            }
        }
    }

    /// Tasks that run, without those that only look.
    fn counted(&self, running: &JoinSet<()>) -> usize {
        running.len().saturating_sub(self.held.looks().min(MOST_LOOKS))
    }

    /// What may be claimed beside this many running tasks; `None` when all slots are taken. Stuck tasks give up their slots,
    /// but only to orgs that have none: the others would soon be stuck there, too.
    fn room(&self, running: usize) -> Option<Room> {
        let concurrency = self.settings.concurrency.max(1);
        if running < concurrency {
            return Some(Room { most: (concurrency - running).min(MAX_CLAIM), without: Vec::new() });
        }
        let mut stuck = self.held.stuck(self.settings.stuck_after);
        let awake = running - stuck.len().min(self.settings.most_stuck).min(running);
        stuck.sort_unstable();
        stuck.dedup();
        (awake < concurrency).then(|| Room { most: (concurrency - awake).min(MAX_CLAIM), without: stuck })
    }

    /// Waits until a task has ended; true when all slots were taken for a while before one did. Then an org that has none of
    /// them may have one more, which keeps no org waiting for the slow tasks of others.
    async fn is_full_for_long(&self, running: &mut JoinSet<()>) -> bool {
        let stuck = self.held.stuck(self.settings.stuck_after).len().min(self.settings.most_stuck);
        let only_full = self.counted(running) <= self.settings.concurrency.max(1) + stuck;
        tokio::select! {
            _ = running.join_next() => false,
            () = tokio::time::sleep(jittered(self.settings.poll)) => only_full,
        }
    }

    /// Spawns the tasks of a claim.
    fn start(self: &Arc<Self>, claim: Claim, running: &mut JoinSet<()>) {
        for (job, why) in claim.aside {
            tracing::error!(job, why, "set a job aside");
        }
        for claimed in claim.tasks {
            let lease = claimed.lease.clone();
            // The claim asks for known kinds only, and names the job of every task.
            let Some(job) = claim.jobs.get(&lease.job()) else { continue };
            let Some(kind) = self.kinds.get(job.kind.as_str()) else { continue };
            meters::claimed(kind.name(), lease.task());
            let cx = self.context(&claimed, job);
            let span = span(kind.name(), &cx);
            let traced = spans::of_task(&cx, claimed.attempts);
            // Whether it can be looked for is known at once; the look itself comes with the task.
            let looks =
                claimed.probe && claimed.unproven.is_none() && kind.look(&cx, look_limit(claimed.rests)).is_some();
            self.held.set_looks(&lease, looks);
            let task = Arc::clone(self).execute(Arc::clone(kind), claimed, job.cursor.clone(), cx, looks);
            running.spawn(trace::within(traced, task.instrument(span)));
        }
    }

    /// Registers the lease and puts together what the task may know.
    fn context(&self, claimed: &Claimed, job: &ClaimedJob) -> TaskContext {
        let heard = Heard::default();
        TaskContext {
            job_id: claimed.lease.job(),
            org: job.org.clone(),
            user: job.user.clone(),
            kind: job.kind.clone(),
            version: job.version,
            params: job.params.clone(),
            request_id: job.request_id.clone(),
            session: job.session.clone(),
            delivery: claimed.delivery,
            run: job.run,
            cancelled: self.held.insert(claimed.lease.clone(), &job.org, &heard),
            heard,
            trace: job.trace.clone(),
            handed: Handed::default(),
            lease: claimed.lease.clone(),
            jobs: self.jobs.clone(),
        }
    }

    /// After a claim that got no answer: Redis may have handed out tasks that nobody runs.
    async fn release_unknown(&self) {
        match self.tasks.release_unknown(&self.id, &self.held.leases()).await {
            Ok(0) => {}
            Ok(count) => tracing::warn!(count, "gave back tasks of a claim whose answer was lost"),
            // The leases run out then.
            Err(error) => tracing::warn!(error = ?error, "could not give back tasks of a lost claim"),
        }
    }

    /// Ends within the drain time, with no lease left and no attempt burned.
    async fn drain(&self, mut running: JoinSet<()>) {
        let now = Instant::now();
        let margin = DRAIN_MARGIN.min(self.settings.drain / 2);
        let end = now + self.settings.drain;
        tracing::info!(tasks = running.len(), "worker stops; running tasks may end");
        let _ = timeout_at(end - margin, all(&mut running)).await;
        self.held.stop_all(Fate::Drain);
        let _ = timeout_at(end - margin / 3, all(&mut running)).await;
        running.shutdown().await;
        // Whatever Redis still sees with this worker: tasks just cut off, and a claim that was under way.
        match timeout_at(end, self.tasks.release_unknown(&self.id, &[])).await {
            Ok(Ok(count)) => tracing::info!(released = count, "worker stopped"),
            Ok(Err(error)) => tracing::warn!(error = ?error, "worker stopped; its leases will run out"),
            Err(_) => tracing::warn!("worker stopped without an answer of Redis; its leases will run out"),
        }
    }
}

/// What the logs of a task say of it.
fn span(kind: &str, cx: &TaskContext) -> Span {
    tracing::info_span!(
        parent: None,
        "task",
        job = %cx.job_id,
        task = %cx.lease.task(),
        kind,
        org = %cx.org,
        request_id = %cx.request_id,
        delivery = cx.delivery,
    )
}

async fn all(running: &mut JoinSet<()>) {
    while running.join_next().await.is_some() {}
}
