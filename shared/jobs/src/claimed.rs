//! What a claim got: tasks, their jobs, and whether both are what was written for them.

use std::collections::BTreeMap;

use secrecy::SecretString;
use serde_json::Value;

use super::error::{JobsError, Unproven};
use super::lease::{Lease, Task};
use super::params;
use super::proof::{Part, Proofs, without_proof};
use super::seal::SealedFor;
use super::store::Jobs;
use super::types::JobId;

/// Whether there is more, the jobs, the tasks, what was set aside, kinds passed over.
pub(super) type RawClaim = (bool, Vec<RawJob>, Vec<RawTask>, RawAside, Vec<RawText>);
/// What may be no text at all when somebody else than a script has written it; then it does not match its proof.
type RawText = Vec<u8>;
/// Job, kind, org, params, request id, run, cursor, sealed session, user, proof, proof of the cursor, trace.
pub(super) type RawJob = (
    String,
    RawText,
    Option<RawText>,
    RawText,
    Option<RawText>,
    u32,
    Option<RawText>,
    Option<Vec<u8>>,
    Option<RawText>,
    Option<RawText>,
    Option<RawText>,
    Option<RawText>,
);
/// Lease, payload, records, delivery, attempts, how often the org has rested if this is a probe.
pub(super) type RawTask = (String, RawText, u64, u32, u32, u32);
/// Jobs, or orgs, each with what is wrong with it.
pub(super) type RawAside = Vec<(RawText, RawText)>;

/// What a claim got.
#[derive(Debug, Default)]
pub struct Claim {
    /// The tasks, with a lease each.
    pub tasks: Vec<Claimed>,
    /// The jobs they belong to.
    pub jobs: BTreeMap<JobId, ClaimedJob>,
    /// True when the claim did not look at all jobs; claim again.
    pub more: bool,
    /// Jobs whose data in Redis is not what scripts write there, and why: they have ended as failed. Also orgs of which
    /// nothing is claimed for such a reason.
    pub aside: Vec<(String, String)>,
    /// Kinds, as they stand in Redis (`name` or `name@version`), of which jobs were passed over that wait for another worker.
    pub passed_over: Vec<String>,
}

/// A task with its lease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimed {
    /// The right to run it.
    pub lease: Lease,
    /// As planned; empty for plan and finish.
    pub payload: String,
    /// As planned; 0 for plan and finish.
    pub records: u64,
    /// How often the task was claimed since it last succeeded.
    pub delivery: u32,
    /// How often it failed.
    pub attempts: u32,
    /// Its org did not answer before: it tries the org for all its tasks, which wait until [`Tasks::answered`](super::Tasks::answered).
    pub probe: bool,
    /// How often the org has rested in a row; 0 when it is no probe.
    pub rests: u32,
    /// Why it must not be run: the job, or what the task is to do, was changed in Redis.
    pub unproven: Option<Unproven>,
}

/// What a worker needs to know of a job to run its tasks.
#[derive(Clone, Debug)]
pub struct ClaimedJob {
    /// Name of its kind.
    pub kind: String,
    /// Version of the kind that its parameters were written in.
    pub version: u32,
    /// Its owner.
    pub org: String,
    /// Who made it; empty when that was not recorded.
    pub user: String,
    /// As given at creation.
    pub params: Value,
    /// Request that asked for it.
    pub request_id: String,
    /// 1, and one more with each retry.
    pub run: u32,
    /// Where the next page of the plan starts.
    pub cursor: Option<String>,
    /// The session, unless there is none, it has expired, or the job is not as it was made.
    pub session: Option<SecretString>,
    /// The trace that it belongs to, as `trace` wrote it.
    pub(super) trace: Option<String>,
    /// Set when the job is not as it was made.
    unproven: Option<Unproven>,
    /// Set when the cursor is not as it was written.
    unproven_cursor: Option<Unproven>,
}

impl Claim {
    /// Reads what the claim script answers.
    pub(super) fn read(
        jobs: &Jobs,
        (more, raw_jobs, tasks, raw_aside, passed_over): RawClaim,
    ) -> Result<Self, JobsError> {
        let of = raw_jobs.into_iter().map(|job| claimed_job(jobs, job)).collect::<Result<_, _>>()?;
        let tasks = tasks.into_iter().map(|task| claimed(jobs, task, &of)).collect::<Result<_, _>>()?;
        let passed_over = passed_over.into_iter().map(text).collect();
        Ok(Self { tasks, jobs: of, more, aside: aside(raw_aside), passed_over })
    }
}

pub(super) fn aside(raw: RawAside) -> Vec<(String, String)> {
    raw.into_iter().map(|(what, why)| (text(what), text(why))).collect()
}

fn text(raw: RawText) -> String {
    String::from_utf8(raw).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

fn claimed_job(jobs: &Jobs, raw: RawJob) -> Result<(JobId, ClaimedJob), JobsError> {
    let (id, kind, org, params, request_id, run, cursor, sealed, user, proof, cursor_proof, trace) = raw;
    let job: JobId = id.parse().map_err(|_| JobsError::Corrupt(format!("job id {id}")))?;
    let (kind, params) = (text(kind), text(params));
    let [org, request_id, user] = [org, request_id, user].map(|raw| raw.map(text).unwrap_or_default());
    let [cursor, proof, cursor_proof, trace] = [cursor, proof, cursor_proof, trace].map(|raw| raw.map(text));
    let config = jobs.config();
    let bound = SealedFor { service: &config.prefix, job: &job, org: &org, kind: &kind, user: &user, params: &params };
    let unproven = bound.check(&config.secret_key, proof.as_deref()).err();
    let session = sealed.filter(|_| unproven.is_none()).and_then(|sealed| {
        let opened = config.secret_key.open(&bound, &sealed);
        // The kind then asks for a new session, which is better than a worker that claims and stumbles for ever.
        let why = "the session does not open: another JOB_SECRET_KEY, or another job's session";
        opened.inspect_err(|_| tracing::error!(job = %job, "{why}")).ok()
    });
    let unproven_cursor = cursor
        .as_deref()
        .and_then(|cursor| Proofs::of(config, &job).check(Part::Cursor(cursor), cursor_proof.as_deref()).err());
    let params = match serde_json::from_str(&params) {
        Ok(params) => params,
        // Nothing is done with them, and the other tasks of the claim must not wait.
        Err(_) if unproven.is_some() => Value::Null,
        Err(_) => return Err(JobsError::Corrupt(format!("params of {id}"))),
    };
    let (kind, version) = params::parse(&kind);
    let kind = kind.to_owned();
    let what = ClaimedJob {
        kind,
        version,
        org,
        user,
        params,
        request_id,
        run,
        cursor,
        session,
        trace,
        unproven,
        unproven_cursor,
    };
    Ok((job, what))
}

fn claimed(jobs: &Jobs, raw: RawTask, of: &BTreeMap<JobId, ClaimedJob>) -> Result<Claimed, JobsError> {
    let (lease, chunk, records, delivery, attempts, rests) = raw;
    let (lease, chunk) = (lease_of(lease)?, text(chunk));
    let (payload, proof) = without_proof(&chunk);
    let (id, job) = (lease.job(), of.get(&lease.job()));
    let unproven = job.and_then(|job| job.unproven).or_else(|| match lease.task() {
        Task::Plan => job.and_then(|job| job.unproven_cursor),
        Task::Chunk(number) => {
            Proofs::of(jobs.config(), &id).check(Part::Chunk { number, records, payload }, proof).err()
        }
        Task::Finish => None,
    });
    let payload = payload.to_owned();
    Ok(Claimed { lease, payload, records, delivery, attempts, probe: rests > 0, rests, unproven })
}

pub(super) fn lease_of(text: String) -> Result<Lease, JobsError> {
    Lease::parse(&text).ok_or_else(|| JobsError::Corrupt(format!("lease {text}")))
}
