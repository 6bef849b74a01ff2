//! What can go wrong with jobs.

use std::time::Duration;

use redis::{ErrorKind, RedisError, ServerErrorKind};

/// Errors of the job engine. Neither `Display` nor `Debug` shows a URL, a password, a key or a token.
#[derive(Debug, thiserror::Error)]
pub enum JobsError {
    /// Redis cannot be reached, is starting, is a replica, or gave no answer in time. A later call may succeed.
    #[error("Redis is not available")]
    Unavailable(#[source] RedisError),
    /// Redis is full and takes nothing new. Work it already has goes on.
    #[error("Redis is out of memory")]
    OutOfMemory(#[source] RedisError),
    /// The org has reached a limit. Nothing was done.
    #[error("{limit}")]
    Limited {
        /// Which one.
        limit: Limit,
        /// When to ask again, at the earliest.
        retry_after: Duration,
    },
    /// The caller's argument cannot be used.
    #[error("{0}")]
    Invalid(String),
    /// The idempotency key made a job with other parameters.
    #[error("the idempotency key was used for other parameters")]
    KeyReused,
    /// A setting cannot be used.
    #[error("{0}")]
    Config(String),
    /// The server cannot hold jobs.
    #[error("this Redis server cannot hold jobs: {0}")]
    UnsuitableServer(String),
    /// The task belongs to another worker now; what it did is not counted.
    #[error("the lease of the task is lost")]
    LeaseLost,
    /// The operating system gave no randomness, or a sealed session does not open with any key.
    #[error("the session could not be {0}")]
    Seal(&'static str),
    /// What Redis holds of a job does not prove to be what was written there. Nothing was done.
    #[error("{0}")]
    Unproven(Unproven),
    /// Redis refused a command or answered something unexpected: a defect of this program or of the server's set-up.
    #[error("Redis refused a command")]
    Refused(#[source] RedisError),
    /// A job in Redis does not read as a job.
    #[error("a record in Redis is not as expected: {0}")]
    Corrupt(String),
}

/// What Redis holds is not what somebody with the key has written there, so it is not worked with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unproven {
    /// Org, kind, maker or parameters of a job.
    #[error(
        "unproven job: it was changed in Redis, or made with another JOB_SECRET_KEY or by an earlier version. Start it anew."
    )]
    Job,
    /// What a chunk is to do.
    #[error(
        "unproven chunk: it was changed in Redis, or planned with another JOB_SECRET_KEY or by an earlier version. Start \
         the job anew."
    )]
    Chunk,
    /// Where planning goes on.
    #[error(
        "unproven cursor: it was changed in Redis, or written with another JOB_SECRET_KEY or by an earlier version. Start \
         the job anew."
    )]
    Cursor,
    /// What the kind [remembers](super::TaskContext::remember).
    #[error(
        "unproven note: it was changed in Redis, or written with another JOB_SECRET_KEY or by an earlier version. Start \
         the job anew."
    )]
    Note,
}

/// A limit of an org, with its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Limit {
    /// Jobs that have not ended: [`JobsConfig::max_open_jobs`](super::JobsConfig::max_open_jobs).
    #[error("This org has {0} jobs that have not ended, as many as it may. Wait for some to end, or cancel some.")]
    Open(u32),
    /// Jobs that need authorization: [`JobsConfig::max_held_jobs`](super::JobsConfig::max_held_jobs).
    #[error("This org has {0} jobs that need authorization, as many as it may. Resume or cancel some.")]
    Held(u32),
    /// New jobs: [`JobsConfig::jobs_per_minute`](super::JobsConfig::jobs_per_minute).
    #[error("This org has started jobs faster than {0} a minute.")]
    Rate(u32),
}

/// What a caller can do about a [`JobsError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobsErrorKind {
    /// Try again later: HTTP 503.
    Unavailable,
    /// Wait, or make room: HTTP 429.
    Limited,
    /// The request is wrong: HTTP 400.
    Invalid,
    /// The request contradicts an earlier one: HTTP 422.
    Reused,
    /// The job cannot go on; another one has to be made: HTTP 409.
    Unproven,
    /// Defect or wrong set-up: HTTP 500.
    Bug,
}

impl JobsError {
    /// What a caller can do about it.
    #[must_use]
    pub fn kind(&self) -> JobsErrorKind {
        match self {
            Self::Unavailable(_) | Self::OutOfMemory(_) => JobsErrorKind::Unavailable,
            Self::Limited { .. } => JobsErrorKind::Limited,
            Self::Invalid(_) => JobsErrorKind::Invalid,
            Self::KeyReused => JobsErrorKind::Reused,
            Self::Unproven(_) => JobsErrorKind::Unproven,
            Self::Config(_)
            | Self::UnsuitableServer(_)
            | Self::LeaseLost
            | Self::Seal(_)
            | Self::Refused(_)
            | Self::Corrupt(_) => JobsErrorKind::Bug,
        }
    }
}

/// How far the trouble behind a Redis error goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// The connection broke or an answer did not come; the outcome of the command is unknown.
    Transport,
    /// The server is not a usable primary now (starting, replica, cut off from its primary, no connection left):
    /// connect anew, since the name may lead to another one.
    WrongServer,
    /// The server does not take writes now, but is the right one.
    Busy,
    /// The server is full.
    OutOfMemory,
    /// Anything else: the command or the set-up is wrong.
    Refused,
}

impl Trouble {
    pub(super) fn of(error: &RedisError) -> Self {
        match error.kind() {
            ErrorKind::Io => Self::Transport,
            ErrorKind::Server(
                ServerErrorKind::ReadOnly | ServerErrorKind::BusyLoading | ServerErrorKind::MasterDown,
            ) => Self::WrongServer,
            ErrorKind::Server(ServerErrorKind::TryAgain | ServerErrorKind::ClusterDown) => Self::Busy,
            _ => match error.code() {
                Some("OOM") => Self::OutOfMemory,
                // A script is running too long; writes are stopped after a failed snapshot or for want of replicas.
                Some("BUSY" | "MISCONF" | "NOREPLICAS") => Self::Busy,
                _ if error.is_unrecoverable_error() && error.kind() != ErrorKind::AuthenticationFailed => {
                    Self::Transport
                }
                // `ERR max number of clients reached`: said to a new connection, which is closed then.
                _ if error.detail().is_some_and(|detail| detail.contains("max number of clients")) => Self::WrongServer,
                _ => Self::Refused,
            },
        }
    }
}

impl From<RedisError> for JobsError {
    fn from(error: RedisError) -> Self {
        match Trouble::of(&error) {
            Trouble::Transport | Trouble::WrongServer | Trouble::Busy => Self::Unavailable(error),
            Trouble::OutOfMemory => Self::OutOfMemory(error),
            Trouble::Refused => Self::Refused(error),
        }
    }
}
