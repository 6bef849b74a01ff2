//! Jobs on Redis.

mod backoff;
mod config;
mod connection;
mod error;
mod kind;
mod lease;
mod scripts;
mod seal;
mod server;
mod settings;
mod store;
mod tasks;
mod types;
mod view;
mod worker;

pub use config::JobsConfig;
pub use error::{JobsError, JobsErrorKind};
pub use kind::{Chunk, ChunkReport, JobKind, NewChunk, PlanStep, TaskContext, TaskError};
pub use lease::{Lease, Task};
pub use seal::{InvalidSealKey, SealKey};
pub use store::Jobs;
pub use tasks::{Acked, Claim, Claimed, ClaimedJob, Failed, Pushed, Stats, Tasks, Trip, WorkerId};
pub use types::{
    Created, DeadLetter, ErrorPage, EventKind, InvalidJobId, JobEvent, JobId, JobProgress, JobState, JobView, NewJob,
    RecordError,
};
pub use worker::{Worker, WorkerSettings};
