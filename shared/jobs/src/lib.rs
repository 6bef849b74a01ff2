#![doc = include_str!("../README.md")]
//!
//! Jobs on Redis: long work, cut into chunks, run by as many workers as there are.
//!
//! A web process [creates](Jobs::create) a job and shows it. Workers plan it page by page into chunks, run the chunks,
//! and end it. What a job does is a [`JobKind`], written by a service; this crate knows nothing of Salesforce
//! and reads no setting: see [`JobsConfig`] and [`WorkerSettings`].
//!
//! # Promises
//! - A task runs at least once; what it reports is counted exactly once; each run of a job ends with exactly one
//!   `completed`, `cancelled` or `failed` event. An effect outside Redis is the kind's to make idempotent:
//!   [`TaskContext::delivery`] tells when an earlier run may have had one.
//! - The tasks of a worker that gives no sign of life are taken over; those of a slow living worker are not.
//! - All state changes are Lua scripts, so each happens as a whole or not at all, also in the append-only file and on
//!   a replica. A failover may roll Redis back a little: work is then done again, never mixed up.
//! - Time is Redis's `TIME`. Clocks of processes are used for waiting only.
//!
//! # Keys
//! All start with [`JobsConfig::prefix`], whose hash tag keeps them in one slot. `<job>` is a [`JobId`].
//!
//! | Key | Type | Holds |
//! |---|---|---|
//! | `job:<job>` | hash | the job: see the fields below |
//! | `params:<job>` | string | its [parameters](JobParams), JSON |
//! | `ready:<job>` | list | tasks to be claimed, next one at the right end |
//! | `delayed:<job>` | sorted set | tasks that wait, by the ms they are due |
//! | `leases:<job>` | sorted set | leases, by the ms they run out |
//! | `beside:<job>` | hash | lease → calls that its task may have under way beside the first one; ends with the lease |
//! | `chunk:<job>` | hash | number → `<records> <payload> <proof>` of chunks that are not done |
//! | `tries:<job>` | hash | `<task>:d` deliveries, `:a` failed attempts, `:c` lost workers, since the task last succeeded |
//! | `bits:<job>` | bitmap | one bit per chunk that is done: counts once |
//! | `dead:<job>` | hash | task → dead letter as JSON |
//! | `again:<job>` | hash | the same, of a job that is retried, which are not put back yet |
//! | `counters:<job>`, `workers:<job>` | hash | the kind's counters; records processed by worker name |
//! | `errors:<job>` | list | record errors as JSON, up to [`JobsConfig::max_errors`] |
//! | `flags:<job>` | hash | facts a kind [remembers](TaskContext::remember), as `<value> <proof>` |
//! | `session:<job>` | string | session, sealed for the job's `org kind user` and parameters, with a TTL; deleted when the job ends |
//! | `acts:<job>` | list | what people did to the job, as JSON, the last hundred |
//! | `course:<job>` | string | how its chunks stood now and then in its present run, `<ms> <total> <done> <dead> <dropped> <running> <retried> <ended>;` each: 4 KB at most, and none of a job that was over in a quarter of a second |
//! | `troubles:<job>` | hash | task → why it was not done and is tried again, as JSON, of up to twenty tasks; deleted when the job ends |
//! | `events:<job>` | stream | [`JobEvent`]s, about the last thousand, and the last hundred of an ended job; not there before the second one |
//! | `open`, `open:<org>` | set | jobs that have not ended |
//! | `running:<org>`, `held:<org>` | set | jobs with leases; held jobs |
//! | `jobs:<org>`, `mine:<org>:<user>` | sorted set | all jobs of an org, or of a user of it, by creation, for listings |
//! | `kept:<org>`, `kept_dead:<org>` | sorted set | ended jobs without and with dead letters, by their end |
//! | `orgs`, `active:<org>` | sorted set | rotations: orgs that may start something, and jobs of an org with something ready, by their turn |
//! | `rests` | sorted set | orgs that are paused or at their limit, by the ms they are looked at again |
//! | `active` | list | jobs that a process of the version before has listed (and marked with the field `listed`) |
//! | `delays`, `expiries` | sorted set | jobs by their earliest `delayed` entry, and by a lower bound of their earliest `leases` entry |
//! | `holds` | sorted set | held jobs, by the ms they are given up |
//! | `pause:<org>` | string | reason; its TTL is the pause |
//! | `paused_since:<org>` | string | since when, in ms; with the TTL of the pause |
//! | `silent:<org>` | hash | an org that did not answer: `since` when, the `reason`, how many `times` it rested, the lease of the `probe`; with a TTL |
//! | `turn:<job>:<name>` | string | somebody's [turn](JobWatch::turn); its TTL is the turn |
//! | `idem:<org>:<user>:<name>:<key>` | string | job that an idempotency key made, and the hash of its parameters, behind `<version>-` after the first version, with a TTL |
//! | `rate:<org>` | string | when the bucket of the org's new jobs is empty, in ms (GCRA), with a TTL |
//! | `all` | sorted set | jobs of all orgs by creation, for operators; entries outlive their jobs |
//! | `failed`, `cancelled` | sorted set | jobs that ended so, by creation; like `all` |
//! | `buried` | sorted set | jobs with dead letters, by the time of the last one or of their end |
//! | `minute:<minute>` | hash | what happened in a minute since 1970, for all jobs; kept for 65 minutes |
//! | `totals` | hash | the same since ever |
//! | `beats`, `beat:<worker>` | sorted set, string | workers by the ms they were last heard of; what each tells of itself, as JSON, for the length of a lease |
//! | `figures:<worker>` | string | its figures, in Prometheus' text format, for half a minute |
//! | `stopped` | sorted set | orgs that an operator has paused, by the end of the pause |
//! | `operations`, `refused` | list | what operators did to orgs, and what they wanted and was not done, as JSON, the last hundred each, for 30 days |
//! | `pulse` | hash | `seen`: when any worker was last heard of; `rest_until`: no reclaiming before |
//!
//! Further keys under the prefix belong to the [scripts of a service](ServiceScript).
//!
//! Channels: `wake` (there may be something to claim) and `cancel` (id of a job). Both are hints and may be lost.
//!
//! Fields of a job: `org user kind proof request_id trace ttl dead_ttl keep created_at` never change; `trace`, the W3C's `traceparent`
//! and `tracestate`, is there when the process that made the job traces. `state run plan cursor
//! cursor_proof total done dead dropped planned_records processed succeeded skipped failed errors epoch` are always there,
//! but for the `cursor` and its proof. `cancel held finish outcome again reason resume_at session_epoch with_session waits_since params_bytes started_at finished_at
//! course_at course_from retried` are there when they apply (a claim makes the next entry of the course, the present run's began,
//! runs of tasks that are done again); `kind` is the name of the [`Kind`] and, after the first version, `@` and the version; `with_session` when it was ever given a session, `waits_since` is when it had its last turn, or came into the rotation; `session_epoch` is the epoch at which `resume` brought the present session, `again` the most chunks that
//! a retry puts back at a time, `params_bytes` the length of parameters that are gone. Values of at most 64 bytes keep the
//! hash small; a longer one (a reason, a caller's long request id) makes it four times as large.
//!
//! # Tasks
//! A job's tasks are its plan (`P`), its chunks (0, 1, 2, …) and its last step (`F`). A claim makes a lease,
//! `job|task|epoch|worker|random`. The epoch is new with each claim of the job, and the random part with each claim, also
//! where Redis has forgotten claims; every script that ends a task starts by removing that very lease: who lost it can
//! change nothing. How many tasks of an org run is counted from the lease sets of its jobs that have any; there is no
//! counter that could drift.
//!
//! A task makes one call to its org at a time. [`TaskContext::calls_beside`] lets it make more while the org has room for
//! them and nothing else of the org could start; each counts as a task of the org, and ends with the lease at the latest. So
//! [`JobsConfig::org_limit`] stays the limit of calls, over all workers and jobs, and a small job uses what is idle.
//!
//! A plan that has read more of its first chunk than the payload tells can [hand it on](TaskContext::hand_on): the worker then
//! goes on with that chunk, whose lease takes the place of the plan's in one step.
//!
//! Orgs take turns, and within an org its jobs do; a turn is one task. A claim looks only at what may start: a held job is
//! in no rotation, and an org that is paused or at its limit rests until the pause ends, or a lease of its ends. So the
//! cost of a claim does not depend on how many jobs wait. Jobs of kinds, or of versions of a kind, that the worker does not
//! know are passed over, a bounded number each time: they get no lease and lose no attempt, and the worker logs each such kind
//! once. So while a new version is deployed each job waits for a worker that can read it ([`JobParams`]).
//!
//! An org that does not answer rests ([`Silence`]), longer each time, by a pause of its own. While `silent:<org>` is there its
//! limit is one task, the probe, whichever worker claims it; when the lease of a probe has ended, however, the next task is
//! one. The first answer that a probe gets ends the silence. A task that was under way when the silence began changes nothing
//! about it. A kind that can [look](JobKind::look) whether its org answers is asked to do so instead of running the probe: it
//! gets three seconds, then more the longer the org rests, up to ten, and no slot. When the org answers, the probe is given
//! back, and runs like all others. So orgs that are away cost their tasks no attempts, and a worker no slots.
//!
//! A worker whose slots are all taken for longer claims one task more, of an org that has none there: no single org, silent
//! or busy, has a worker to itself. A task whose org was not heard of for some seconds is stuck
//! ([`WorkerSettings::stuck_after`]): it leaves its slot to orgs that have no stuck task there, so several slow or silent ones
//! do not have the worker to themselves either, up to [`WorkerSettings::most_stuck`].
//!
//! ```text
//!            claim                ack, plan_push, finish
//!   ready ----------> leased -------------------------------> done
//!     ^                 | |  fail for good, too many tries
//!     |                 | +---------------------------------> dead ---- retry ---> ready
//!     |   release, hold,| |  cancelled
//!     +- pause, silent, + +---------------------------------> dropped
//!     |  lost           |  fail, try again
//!     +---- delayed <---+
//! ```
//! For chunks `ready + delayed + leased + done + dead + dropped = total`, at all times.
//!
//! The plan runs one page per claim, so it holds no place while chunks wait. After a page it queues behind the chunks
//! already there; at [`JobsConfig::max_outstanding_chunks`] it is parked, and the chunk that brings the count below
//! half of it puts it back, in front. So Redis holds a window of the job, and planning and chunks go on side by side.
//!
//! When the plan is done (or dead) and no chunk is left, or the job is cancelled and nothing runs, the last step is
//! due; when it has run, or is given up, the state becomes final. It runs once per run of the job at least.
//!
//! # States of a job
//! ```text
//!   queued -> running -> finishing -> completed | cancelled | failed
//!      |        |  ^         ^                  |                |
//!      |   hold |  | resume  | nothing runs     +-- retry: queued, run + 1
//!      |        v  |         |
//!      |  needsAuthorization |
//!      |        |            |
//!      +--------+--> cancelling
//! ```
//! A job can also be held in its last step; `resume` brings it back to `finishing`, `cancel` ends it without the step.
//! A held job that nobody resumes within [`JobsConfig::retention`] is cancelled. A cancelled job is not retried: its
//! dropped chunks are gone.
//!
//! A cancel either comes too late, once the last step is due, and changes nothing, or the job ends as cancelled, even when
//! all its chunks had started and came to their end. [`JobView::outcome`] tells the last step which.
//!
//! `retry` makes all dead letters of the job those of its next run, at once, and puts them back as planning does chunks:
//! some at first, and more whenever fewer than half of these are left. Until then each is counted and shown as the dead
//! letter it was; when the run is cancelled it stays one.
//!
//! # Who does what
//! | Script | Called by | Effect |
//! |---|---|---|
//! | `create` | web | job, sealed session, idempotency key and plan task, in one step; or a refusal, see below. Jobs of an org that come while a call for it is under way go together in the next one |
//! | `view` | web | reads |
//! | `cancel`, `resume`, `retry` | web | see above; each does nothing in a state where it makes no sense |
//! | `claim` | worker | puts due tasks back, then leases tasks, one per org, job and turn; leaves out held jobs, paused orgs, orgs at [`JobsConfig::org_limit`], and kinds the worker does not know; sets aside what it cannot read |
//! | `plan_push` | holder of `P` | chunks, cursor and the plan's next place, in one step; maybe the lease of the first chunk |
//! | `ack` | holder of a chunk | counts the report |
//! | `finish` | holder of `F` | ends the job |
//! | `fail` | holder | one attempt more: later again, or dead letter |
//! | `release`, `later`, `hold`, `pause_org` | holder | gives the task back, no attempt burned; holds the job, pauses the org |
//! | `silent` | holder | gives the task back, no attempt burned unless the org had answered it; lets the org rest |
//! | `answered` | holder of a probe | ends the rest of the org |
//! | `beside` | holder | sets how many calls it may make beside its first one |
//! | `set_flag` | holder | remembers a fact |
//! | `extend` | holder, each quarter of a lease | renews; tells what is lost or cancelled |
//! | `reclaim` | every worker, each sixth of a lease | takes tasks back whose lease ran out |
//! | `release_unknown` | worker | gives back what a claim without an answer may have leased, and all when it stops |
//! | `stats` | worker | reads |
//! | `beat`, `gone` | worker, every few seconds; at its end | tells operators what it does |
//! | `overview`, `sift`, `letters` | operator | read |
//! | `stop_org`, `start_org` | operator | begins and ends the pause of an org |
//! | `refused` | operator | records what was wanted and not done |
//!
//! # Proofs
//! Whoever can write to Redis can stop and lose work, but not have other work done: what decides what is done has a proof
//! that only a process with [`JobsConfig::secret_key`] can make. The job's (org, kind, maker, parameters) is made by `create`
//! and outlives its sessions; a chunk's and the cursor's by who plans, a remembered fact's by who remembers it. `resume` and
//! `retry` refuse a job whose proof is missing or wrong ([`JobsError::Unproven`]) before they seal anything for it. A worker
//! runs no task of it, and no chunk or page whose own proof is: the task is given up at once, and the reason begins with
//! `unproven`. Scripts move a payload together with its proof and need no key. Counts, errors, reasons, states and the trace have none;
//! they decide when something is done, and what is told about it. Nor is an old value known from a new one of the same place.
//!
//! # What cannot be read
//! A number that is none, a key of another type, an id that is no job's: no script writes that, but whoever can write to Redis
//! may. A script that serves many jobs (`claim`, `reclaim`, `extend`, `release_unknown`) sets such a job aside when it meets it,
//! and goes on: the job ends as failed, with what was wrong as its reason, and what cannot be read of it is put right or
//! removed. What an org's own keys hold keeps that org's jobs waiting, and nobody else's. A script for one job fails, and that
//! job may stay where it is.
//!
//! # Outages
//! A worker that Redis did not hear of for a lease may be gone, or cut off together with all others. When *no* worker
//! was heard of for half a lease, `reclaim` waits for another half, in which living workers renew. A dead worker's
//! tasks are thus back after one lease, and after one and a half if it was the only one.
//!
//! While Redis is full (`maxmemory`, `noeviction`) the scripts that grow, `create plan_push resume retry`, are refused
//! as a whole; all others run, so work drains. Redis's answer that it is a replica or starting makes the process
//! connect anew. Calls are repeated after transport errors for some seconds, except `claim`, the one script that is
//! not idempotent.
//!
//! When Redis comes back as it was some moments before, tasks are claimed anew that workers are still at. Their leases
//! differ, so what they report is refused, and they are told with the next heartbeat. The worker that claims such a task
//! itself stops its own earlier run at once and waits for its end; so it does before the last step of a job.
//!
//! # Limits
//! An org has at most [`JobsConfig::max_open_jobs`] open jobs; with [`JobsConfig::max_held_jobs`] held ones, or
//! [`JobsConfig::jobs_per_minute`] new ones within a minute, it gets no further one either ([`JobsError::Limited`]). Of its
//! ended jobs the newest [`JobsConfig::max_ended_jobs`] stay, and as many with dead letters; an idempotency key still leads
//! to one that is gone. Parameters over 4 KiB go when a job has ended and cannot be retried. A waiting job takes about 2 KB
//! beside its session and long parameters.
//!
//! Every script has a bound: `cancel` that of [`JobsConfig::max_outstanding_chunks`], `view` and `claim` that of
//! [`JobsConfig::org_limit`]; `release_unknown` looks at the jobs that had leases within the last one. Redis must be 7.0 or
//! Valkey 7.2 at least, without cluster or with all in one slot.
//!
//! # The version before
//! While its processes still run, none of their jobs is lost: what they list in `active` goes into the rotations, their
//! leases are honoured and taken over, their jobs keep their parameters. They do not count in `running:<org>` until then,
//! so an org may be beyond its limit for that time. A process of the version before does not see jobs that it did not list
//! itself, and cannot show those created since; so going back to it needs an empty queue.
//!
//! A job without a proof, of a version that made none, is not lost silently: it ends as failed, with that as its reason.

mod backoff;
mod beside;
mod claimed;
mod config;
mod connection;
mod error;
mod events;
mod flags;
mod handed;
mod kind;
mod lease;
pub mod operator;
mod params;
mod proof;
mod scripts;
mod seal;
mod server;
mod service_script;
mod silence;
mod state;
mod stats;
mod steer;
mod store;
mod tasks;
mod tls;
mod together;
mod trace;
mod types;
mod view;
mod watch;
mod worker;

pub use beside::CallsBeside;
pub use claimed::{Claim, Claimed, ClaimedJob};
pub use config::JobsConfig;
pub use error::{JobsError, JobsErrorKind, Limit, Unproven};
pub use kind::{Chunk, ChunkReport, Heard, JobKind, Looked, NewChunk, PlanStep, TaskContext, TaskError};
pub use lease::{Lease, Task};
pub use params::{JobParams, Kind};
pub use scripts::Effect;
pub use seal::{InvalidSealKey, SealKey};
pub use service_script::ServiceScript;
pub use silence::Silence;
pub use stats::{Stats, Workers};
pub use steer::{By, OPERATOR};
pub use store::Jobs;
pub use tasks::{Acked, Failed, Pushed, Tasks, Trip, WorkerId};
pub use tls::{RedisCa, RedisCaError};
pub use trace::{carried, carried_on, queue_name, trace_with};
pub use types::{
    Created, DeadLetter, ErrorPage, EventKind, InvalidJobId, JobAct, JobActKind, JobEvent, JobId, JobProgress,
    JobState, JobView, NewJob, RecordError,
};
pub use watch::JobWatch;
pub use worker::{Worker, WorkerSettings};
