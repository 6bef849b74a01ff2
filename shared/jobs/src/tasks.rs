//! The worker's side of the protocol.

use std::fmt;
use std::time::Duration;

use redis::ScriptInvocation;

use super::claimed::{Claim, Claimed, RawAside, aside, lease_of};
use super::connection::Repeat;
use super::error::JobsError;
use super::kind::{ChunkReport, NewChunk, PlanStep};
use super::lease::{Lease, Task};
use super::proof::{Part, Proofs, with_proof};
use super::scripts::SCRIPTS;
use super::store::Jobs;
use super::view::millis;

/// Most jobs, and orgs that may start nothing, that a claim looks at; it starts where the last one ended.
const CLAIM_SCAN: u32 = 256;
/// Most records of a chunk or a report. Far beyond any, and far below where numbers in scripts become inexact.
const MAX_RECORDS: u64 = 1_000_000_000_000;
/// Most jobs whose leases a reclaim looks at.
const RECLAIM_SCAN: u32 = 100;

/// One process that claims tasks: the worker's name, which counts are kept by, and a part that is new with each
/// start, so that a restarted worker is not taken for its predecessor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkerId(String);

impl WorkerId {
    /// An id for this start of the worker called `name` (`worker.1`).
    #[must_use]
    pub fn new(name: &str) -> Self {
        let name: String = name.chars().filter(|c| !matches!(c, '|' | '~') && !c.is_control()).take(64).collect();
        Self(format!("{name}~{:08x}", rand::random::<u32>()))
    }
}

impl fmt::Display for WorkerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Answer to [`Tasks::plan_push`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pushed {
    /// Chunks and cursor are stored.
    Stored,
    /// The job is cancelled; nothing is stored.
    Dropped,
    /// Another worker plans the job now; nothing is stored.
    Lost,
}

/// Answer to [`Tasks::ack`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acked {
    /// The report is counted.
    Counted,
    /// It was counted before.
    Duplicate,
    /// Another worker has the task; the report is not counted.
    Lost,
}

/// Answer to [`Tasks::fail`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failed {
    /// It will run again.
    Retried,
    /// It is a dead letter.
    Dead,
    /// The job is cancelled; the task will not run again.
    Dropped,
    /// Another worker has the task.
    Lost,
}

/// Why a running task shall stop, told by [`Tasks::extend`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trip {
    /// Another worker has it or will.
    Lost,
    /// Its job is cancelled; the lease is still held.
    Cancelled,
}

/// The worker's side of the protocol. [`Worker`](super::Worker) is built on it.
#[derive(Clone, Debug)]
pub struct Tasks {
    pub(super) jobs: Jobs,
}

impl Jobs {
    /// The worker's side of the protocol.
    #[must_use]
    pub fn tasks(&self) -> Tasks {
        Tasks { jobs: self.clone() }
    }
}

impl Tasks {
    /// Hands out up to `max` tasks of the given kinds (`name` for the first version, `name@version` for later ones), one per job
    /// and turn. The outcome of a failed call is unknown:
    /// [`release_unknown`](Self::release_unknown) sets it right.
    ///
    /// # Errors
    /// When Redis cannot be asked.
    pub async fn claim(&self, worker: &WorkerId, max: usize, kinds: &[&str]) -> Result<Claim, JobsError> {
        self.claim_of_others(worker, max, kinds, &[]).await
    }

    /// As [`claim`](Self::claim), but no tasks of these orgs.
    ///
    /// # Errors
    /// When Redis cannot be asked.
    pub async fn claim_of_others(
        &self,
        worker: &WorkerId,
        max: usize,
        kinds: &[&str],
        without: &[String],
    ) -> Result<Claim, JobsError> {
        let config = self.jobs.config();
        let mut script = self.jobs.script(&SCRIPTS.claim);
        // New with each call, so that a lease is no other one even where Redis has forgotten the other one.
        let random = format!("{:016x}", rand::random::<u64>());
        script.arg(max).arg(millis(config.lease)).arg(&worker.0).arg(random);
        script.arg(config.org_limit).arg(CLAIM_SCAN).arg(without.len()).arg(without).arg(kinds);
        Claim::read(&self.jobs, self.jobs.connection().invoke(&script, Repeat::Never).await?)
    }

    /// Stores a page of the plan, with a proof for each chunk and the cursor, and ends the planning task's lease.
    ///
    /// # Errors
    /// [`JobsError::Invalid`] for a chunk of impossible size; otherwise when Redis cannot be asked or is full. Nothing is
    /// stored then, unless the connection broke.
    pub async fn plan_push(&self, lease: &Lease, step: &PlanStep) -> Result<Pushed, JobsError> {
        Ok(self.push(lease, step, false).await?.0)
    }

    /// As [`plan_push`](Self::plan_push), and leases the first chunk of the page to the planner's worker in the same step, unless
    /// its org rests. It takes the place of the plan, so that the org has no task more than before.
    ///
    /// # Errors
    /// As [`plan_push`](Self::plan_push).
    pub async fn plan_push_and_go_on(
        &self,
        lease: &Lease,
        step: &PlanStep,
    ) -> Result<(Pushed, Option<Claimed>), JobsError> {
        let (pushed, taken) = self.push(lease, step, true).await?;
        let chunk = step.chunks.first().filter(|_| !taken.is_empty());
        let Some(NewChunk { payload, records }) = chunk.cloned() else { return Ok((pushed, None)) };
        let lease = lease_of(taken)?;
        // The chunk is new, so nobody else has had it, and what it is was not read from Redis.
        let claimed =
            Claimed { lease, payload, records, delivery: 1, attempts: 0, probe: false, rests: 0, unproven: None };
        Ok((pushed, Some(claimed)))
    }

    async fn push(&self, lease: &Lease, step: &PlanStep, goes_on: bool) -> Result<(Pushed, String), JobsError> {
        check_counts(step.chunks.iter().map(|chunk| ("records", chunk.records)))?;
        let id = lease.job();
        let proofs = Proofs::of(self.jobs.config(), &id);
        let mut script = self.jobs.script(&SCRIPTS.plan_push);
        script.arg(lease.as_str()).arg(&step.cursor).arg(u8::from(step.done));
        script.arg(self.jobs.config().max_outstanding_chunks).arg(proofs.make(Part::Cursor(&step.cursor))?);
        script.arg(u8::from(goes_on)).arg(millis(self.jobs.config().lease));
        // Only who holds the lease adds chunks, so this is still the number of the first one when the script runs.
        let total = redis::cmd("HGET").arg(self.jobs.key("job", id)).arg("total").to_owned();
        let first = self.jobs.connection().query::<Option<u64>>(&total, Repeat::Safe).await?.unwrap_or_default();
        for (number, chunk) in (first..).zip(&step.chunks) {
            let (records, payload) = (chunk.records, chunk.payload.as_str());
            let proof = proofs.make(Part::Chunk { number, records, payload })?;
            script.arg(records).arg(with_proof(payload, &proof));
        }
        // Safe to repeat: a second run finds the lease ended, and the first one's lease of the chunk.
        let (answer, taken): (String, String) = self.jobs.connection().invoke(&script, Repeat::Safe).await?;
        match answer.as_str() {
            "stored" => Ok((Pushed::Stored, taken)),
            "dropped" => Ok((Pushed::Dropped, taken)),
            "lost" => Ok((Pushed::Lost, taken)),
            other => Err(unexpected(other)),
        }
    }

    /// Sets how many calls the task of a lease may have under way beside its first one, at most `most`. How many they are from
    /// now on; fewer than `most` when the org has no room, or something else of it could start.
    ///
    /// # Errors
    /// When Redis cannot be asked; it may be done nevertheless.
    pub async fn calls_beside(&self, lease: &Lease, most: u32) -> Result<u32, JobsError> {
        let mut script = self.jobs.script(&SCRIPTS.beside);
        script.arg(lease.as_str()).arg(most).arg(self.jobs.config().org_limit);
        self.jobs.connection().invoke(&script, Repeat::Safe).await
    }

    /// Counts the report of a chunk, once, and ends its lease.
    ///
    /// # Errors
    /// When Redis cannot be asked, or the lease is not that of a chunk.
    pub async fn ack(&self, lease: &Lease, report: &ChunkReport) -> Result<Acked, JobsError> {
        if !matches!(lease.task(), Task::Chunk(_)) {
            return Err(JobsError::Invalid(format!("{lease:?} is not the lease of a chunk")));
        }
        let ChunkReport { processed, succeeded, skipped, failed, .. } = *report;
        check_counts([("processed", processed), ("succeeded", succeeded), ("skipped", skipped), ("failed", failed)])?;
        check_counts(report.counters.iter().map(|(name, value)| (name.as_str(), *value)))?;
        let mut script = self.jobs.script(&SCRIPTS.ack);
        script.arg(lease.as_str()).arg(report.processed).arg(report.succeeded).arg(report.skipped).arg(report.failed);
        script.arg(self.jobs.config().max_errors).arg(report.counters.len());
        for (name, value) in &report.counters {
            script.arg(name).arg(value);
        }
        for error in &report.errors {
            script.arg(serde_json::to_string(error).map_err(|error| JobsError::Invalid(error.to_string()))?);
        }
        match self.answer(&script).await?.as_str() {
            "counted" => Ok(Acked::Counted),
            "duplicate" => Ok(Acked::Duplicate),
            "lost" => Ok(Acked::Lost),
            other => Err(unexpected(other)),
        }
    }

    /// Ends the lease of the last step: the job's state becomes final. False when the lease was lost.
    ///
    /// # Errors
    /// When Redis cannot be asked.
    pub async fn finish(&self, lease: &Lease) -> Result<bool, JobsError> {
        let mut script = self.jobs.script(&SCRIPTS.finish);
        script.arg(lease.as_str());
        self.jobs.connection().invoke(&script, Repeat::Safe).await
    }

    /// Ends a lease whose task failed: it runs again after `delay`, or is given up when that is `None` or it has
    /// failed too often.
    ///
    /// # Errors
    /// When Redis cannot be asked.
    pub async fn fail(&self, lease: &Lease, delay: Option<Duration>, reason: &str) -> Result<Failed, JobsError> {
        let mut script = self.jobs.script(&SCRIPTS.fail);
        script.arg(lease.as_str());
        match delay {
            Some(delay) => script.arg(millis(delay)),
            None => script.arg(-1),
        };
        script.arg(self.jobs.config().max_attempts).arg(reason);
        failed(&self.answer(&script).await?)
    }

    /// Gives tasks back, to run again at once or after `delay`. Costs no attempt. How many leases were still held.
    ///
    /// # Errors
    /// When Redis cannot be asked.
    pub async fn release(&self, leases: &[Lease], delay: Option<Duration>) -> Result<u64, JobsError> {
        let mut script = self.jobs.script(&SCRIPTS.release);
        script.arg(delay.map_or(0, millis));
        leases.iter().for_each(|lease| _ = script.arg(lease.as_str()));
        self.jobs.connection().invoke(&script, Repeat::Safe).await
    }

    /// Gives a task back that waits for something outside, to run again after `wait`. Costs no attempt; the job tells the
    /// reason. How many leases were still held.
    ///
    /// # Errors
    /// When Redis cannot be asked.
    pub async fn later(&self, lease: &Lease, wait: Duration, reason: &str) -> Result<u64, JobsError> {
        let mut script = self.jobs.script(&SCRIPTS.later);
        script.arg(lease.as_str()).arg(millis(wait)).arg(reason);
        self.jobs.connection().invoke(&script, Repeat::Safe).await
    }

    /// Gives back what `worker` holds and is not among `known`. How many tasks that were.
    ///
    /// # Errors
    /// When Redis cannot be asked.
    pub async fn release_unknown(&self, worker: &WorkerId, known: &[Lease]) -> Result<u64, JobsError> {
        let mut script = self.jobs.script(&SCRIPTS.release_unknown);
        script.arg(&worker.0);
        known.iter().for_each(|lease| _ = script.arg(lease.as_str()));
        self.jobs.connection().invoke(&script, Repeat::Safe).await
    }

    /// Lets all tasks of the lease's org rest for `wait`, and gives this one back. Costs no attempt.
    ///
    /// # Errors
    /// When Redis cannot be asked.
    pub async fn pause_org(&self, lease: &Lease, wait: Duration, reason: &str) -> Result<(), JobsError> {
        let mut script = self.jobs.script(&SCRIPTS.pause_org);
        script.arg(lease.as_str()).arg(millis(wait)).arg(reason);
        self.jobs.connection().invoke(&script, Repeat::Safe).await
    }

    /// Stops the lease's job until [`Jobs::resume`], and gives the task back. Costs no attempt.
    ///
    /// # Errors
    /// When Redis cannot be asked.
    pub async fn hold(&self, lease: &Lease, reason: &str) -> Result<(), JobsError> {
        let mut script = self.jobs.script(&SCRIPTS.hold);
        script.arg(lease.as_str()).arg(reason);
        self.jobs.connection().invoke(&script, Repeat::Safe).await
    }

    /// Renews leases. The tasks that shall stop, and why.
    ///
    /// # Errors
    /// When Redis cannot be asked.
    pub async fn extend(&self, leases: &[Lease]) -> Result<Vec<(Lease, Trip)>, JobsError> {
        let mut script = self.jobs.script(&SCRIPTS.extend);
        script.arg(millis(self.jobs.config().lease));
        leases.iter().for_each(|lease| _ = script.arg(lease.as_str()));
        let (lost, cancelled): (Vec<String>, Vec<String>) =
            self.jobs.connection().invoke(&script, Repeat::Safe).await?;
        let lost = lost.into_iter().map(|text| (text, Trip::Lost));
        let cancelled = cancelled.into_iter().map(|text| (text, Trip::Cancelled));
        lost.chain(cancelled).map(|(text, trip)| Ok((lease_of(text)?, trip))).collect()
    }

    /// Takes tasks back whose lease has run out. Their leases; `None` while it waits after an outage.
    ///
    /// # Errors
    /// When Redis cannot be asked.
    pub async fn reclaim(&self) -> Result<Option<Vec<Lease>>, JobsError> {
        let config = self.jobs.config();
        let mut script = self.jobs.script(&SCRIPTS.reclaim);
        script.arg(millis(config.lease)).arg(config.max_crashes).arg(RECLAIM_SCAN);
        let (resting, leases, set_aside): (bool, Vec<String>, RawAside) =
            self.jobs.connection().invoke(&script, Repeat::Safe).await?;
        for (job, why) in aside(set_aside) {
            tracing::error!(job, why, "set a job aside");
        }
        if resting {
            return Ok(None);
        }
        leases.into_iter().map(lease_of).collect::<Result<_, _>>().map(Some)
    }

    /// The scripts behind it are safe to repeat: the first run ends the lease, so a second one answers `lost`.
    pub(super) async fn answer(&self, script: &ScriptInvocation<'_>) -> Result<String, JobsError> {
        self.jobs.connection().invoke(script, Repeat::Safe).await
    }
}

/// Refuses, before anything is written, numbers that would stop a script half-way.
fn check_counts<'a>(counts: impl IntoIterator<Item = (&'a str, u64)>) -> Result<(), JobsError> {
    match counts.into_iter().find(|(_, count)| *count > MAX_RECORDS) {
        Some((name, count)) => Err(JobsError::Invalid(format!("{name}: {count} is more than {MAX_RECORDS}"))),
        None => Ok(()),
    }
}

/// Reads what the scripts that end a run answer.
pub(super) fn failed(answer: &str) -> Result<Failed, JobsError> {
    match answer {
        "retried" => Ok(Failed::Retried),
        "dead" => Ok(Failed::Dead),
        "dropped" => Ok(Failed::Dropped),
        "lost" => Ok(Failed::Lost),
        other => Err(unexpected(other)),
    }
}

fn unexpected(answer: &str) -> JobsError {
    JobsError::Corrupt(format!("a script answered {answer:?}"))
}
