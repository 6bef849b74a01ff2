//! Jobs on Redis: long work, cut into chunks, run by as many workers as there are.
//!
//! A web process [creates](Jobs::create) a job and shows it. Workers plan it page by page into chunks, run the chunks,
//! and end it. What a job does is a [`JobKind`], written by a service; this module knows nothing of Salesforce.
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
//! | `ready:<job>` | list | tasks to be claimed, next one at the right end |
//! | `delayed:<job>` | sorted set | tasks that wait, by the ms they are due |
//! | `leases:<job>` | sorted set | leases, by the ms they run out |
//! | `chunk:<job>` | hash | number → `<records> <payload>` of chunks that are not done |
//! | `tries:<job>` | hash | `<task>:d` deliveries, `:a` failed attempts, `:c` lost workers, since the task last succeeded |
//! | `bits:<job>` | bitmap | one bit per chunk that is done: counts once |
//! | `dead:<job>` | hash | task → dead letter as JSON |
//! | `counters:<job>`, `workers:<job>` | hash | the kind's counters; records processed by worker name |
//! | `errors:<job>` | list | record errors as JSON, up to [`JobsConfig::max_errors`] |
//! | `flags:<job>` | hash | facts a kind [remembers](TaskContext::remember) |
//! | `session:<job>` | string | session, sealed for the job's `org kind user params`, with a TTL; deleted when the job ends |
//! | `acts:<job>` | list | what people did to the job, as JSON, the last hundred |
//! | `events:<job>` | stream | [`JobEvent`]s, about the last thousand |
//! | `open`, `open:<org>` | set | jobs that have not ended |
//! | `jobs:<org>`, `mine:<org>:<user>` | sorted set | all jobs of an org, or of a user of it, by creation, for listings |
//! | `active` | list | rotation of the jobs that may have something ready (field `listed` says that a job is in it) |
//! | `delays`, `expiries` | sorted set | jobs by their earliest `delayed` entry, and by a lower bound of their earliest `leases` entry |
//! | `holds` | sorted set | held jobs, by the ms they are given up |
//! | `pause:<org>` | string | reason; its TTL is the pause |
//! | `turn:<job>:<name>` | string | somebody's [turn](JobWatch::turn); its TTL is the turn |
//! | `idem:<org>:<user>:<kind>:<key>` | string | job that an idempotency key made, with a TTL |
//! | `pulse` | hash | `seen`: when any worker was last heard of; `rest_until`: no reclaiming before |
//!
//! Further keys under the prefix belong to the [scripts of a service](ServiceScript).
//!
//! Channels: `wake` (there may be something to claim) and `cancel` (id of a job). Both are hints and may be lost.
//!
//! Fields of a job: `org user kind params request_id ttl dead_ttl created_at` never change. `state run plan cursor total
//! done dead dropped planned_records processed succeeded skipped failed errors epoch` are always there, but for the
//! `cursor`. `cancel held finish outcome listed reason resume_at session_epoch started_at finished_at` are there when
//! they apply; `session_epoch` is the epoch at which `resume` brought the present session.
//!
//! # Tasks
//! A job's tasks are its plan (`P`), its chunks (0, 1, 2, …) and its last step (`F`). A claim makes a lease,
//! `job|task|epoch|worker`. The epoch is new with each claim of the job, and every script that ends a task starts by
//! removing that very lease: who lost it can change nothing. How many tasks of an org run is counted from the lease
//! sets when it is needed; there is no counter that could drift.
//!
//! ```text
//!            claim                ack, plan_push, finish
//!   ready ----------> leased -------------------------------> done
//!     ^                 | |  fail for good, too many tries
//!     |                 | +---------------------------------> dead ---- retry ---> ready
//!     |   release, hold,| |  cancelled
//!     +--- pause, lost -+ +---------------------------------> dropped
//!     |                 |  fail, try again
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
//! # Who does what
//! | Script | Called by | Effect |
//! |---|---|---|
//! | `create` | web | job, sealed session, idempotency key and plan task, in one step |
//! | `view` | web | reads |
//! | `cancel`, `resume`, `retry` | web | see above; each does nothing in a state where it makes no sense |
//! | `claim` | worker | puts due tasks back, then leases tasks, one per job and turn; leaves out held jobs, paused orgs, orgs at [`JobsConfig::org_limit`], and kinds the worker does not know |
//! | `plan_push` | holder of `P` | chunks, cursor and the plan's next place, in one step |
//! | `ack` | holder of a chunk | counts the report |
//! | `finish` | holder of `F` | ends the job |
//! | `fail` | holder | one attempt more: later again, or dead letter |
//! | `release`, `hold`, `pause_org` | holder | gives the task back, no attempt burned; holds the job, pauses the org |
//! | `set_flag` | holder | remembers a fact |
//! | `extend` | holder, each quarter of a lease | renews; tells what is lost or cancelled |
//! | `reclaim` | every worker, each sixth of a lease | takes tasks back whose lease ran out |
//! | `release_unknown` | worker | gives back what a claim without an answer may have leased, and all when it stops |
//! | `stats` | worker | reads |
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
//! # Limits
//! `retry` handles all dead letters of a job in one script, and a claim adds up the open jobs of an org: both are
//! linear, and meant for thousands. Redis must be 7.0 or Valkey 7.2 at least, without cluster or with all in one slot.

mod backoff;
mod config;
mod connection;
mod error;
mod kind;
mod lease;
mod scripts;
mod seal;
mod server;
mod service_script;
mod settings;
mod steer;
mod store;
mod tasks;
mod tls;
mod types;
mod view;
mod watch;
mod worker;

pub use config::JobsConfig;
pub use error::{JobsError, JobsErrorKind};
pub use kind::{Chunk, ChunkReport, JobKind, NewChunk, PlanStep, TaskContext, TaskError};
pub use lease::{Lease, Task};
pub use seal::{InvalidSealKey, SealKey};
pub use service_script::{Effect, ServiceScript};
pub use steer::{By, OPERATOR};
pub use store::Jobs;
pub use tasks::{Acked, Claim, Claimed, ClaimedJob, Failed, Pushed, Stats, Tasks, Trip, WorkerId};
pub use tls::RedisCa;
pub use types::{
    Created, DeadLetter, ErrorPage, EventKind, InvalidJobId, JobAct, JobActKind, JobEvent, JobId, JobProgress,
    JobState, JobView, NewJob, RecordError,
};
pub use watch::JobWatch;
pub use worker::{Worker, WorkerSettings};
