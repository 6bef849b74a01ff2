//! Settings of the job engine.

use std::time::Duration;

use secrecy::SecretString;

use super::error::JobsError;
use super::seal::SealKey;
use super::tls::RedisCa;

/// How jobs are kept in Redis. Web and workers of one app use the same values.
///
/// `Debug` shows neither the URL (it holds a password) nor the key.
#[derive(Clone, Debug)]
pub struct JobsConfig {
    /// `redis://` or `rediss://` URL, as Heroku sets it in `REDIS_URL`.
    pub redis_url: SecretString,
    /// Accepts any certificate on `rediss://`; with [`redis_ca`](Self::redis_ca) one for any host name. Heroku Key-Value
    /// Store presents a self-signed one.
    pub insecure_tls: bool,
    /// Certificates that the server's on `rediss://` must be signed by; without them, the system's.
    pub redis_ca: Option<RedisCa>,
    /// Start of every key and channel. It must hold a hash tag (`{jobs}:`), so that all keys share a slot.
    pub prefix: String,
    /// Seals the sessions of the jobs.
    pub secret_key: SealKey,
    /// How long a task stays with a worker that gives no sign of life. Default 20 s.
    pub lease: Duration,
    /// How long a finished job stays visible. Default 7 days.
    pub retention: Duration,
    /// How long a finished job with dead letters stays visible and can be retried. Default 30 days.
    pub dead_retention: Duration,
    /// How long a sealed session is kept at most. Default 24 h.
    pub session_ttl: Duration,
    /// How long an idempotency key leads to the job it made. Default 24 h.
    pub idempotency_ttl: Duration,
    /// Planning of a job rests while it has this many chunks that are not done, and goes on below half of it. Default 200.
    pub max_outstanding_chunks: u32,
    /// Tasks of one org that run at a time, over all workers, and the calls that they make beside their first one
    /// ([`TaskContext::calls_beside`](super::TaskContext::calls_beside)). Default 10.
    pub org_limit: u32,
    /// Jobs of one org that have not ended. Default 1,000.
    pub max_open_jobs: u32,
    /// Of them, jobs that need authorization. An org that has this many starts no further job. Default 100.
    pub max_held_jobs: u32,
    /// Ended jobs of one org that are kept, the newest; as many again with dead letters. Default 1,000.
    pub max_ended_jobs: u32,
    /// New jobs of one org per minute. A minute's worth may come at once. Default 600.
    pub jobs_per_minute: u32,
    /// Runs of a task that may fail before it becomes a dead letter. Default 12: an outage of some minutes is
    /// waited out.
    pub max_attempts: u32,
    /// Workers a task may outlive before it becomes a dead letter. Default 5.
    pub max_crashes: u32,
    /// Record errors stored per job. The total is exact beyond it. Default 10,000.
    pub max_errors: u32,
}

impl JobsConfig {
    /// The defaults, for a server and a key.
    #[must_use]
    pub fn new(redis_url: SecretString, secret_key: SealKey) -> Self {
        const DAY: Duration = Duration::from_secs(24 * 60 * 60);
        Self {
            redis_url,
            insecure_tls: false,
            redis_ca: None,
            prefix: "{jobs}:".to_owned(),
            secret_key,
            lease: Duration::from_secs(20),
            retention: 7 * DAY,
            dead_retention: 30 * DAY,
            session_ttl: DAY,
            idempotency_ttl: DAY,
            max_outstanding_chunks: 200,
            org_limit: 10,
            max_open_jobs: 1_000,
            max_held_jobs: 100,
            max_ended_jobs: 1_000,
            jobs_per_minute: 600,
            max_attempts: 12,
            max_crashes: 5,
            max_errors: 10_000,
        }
    }

    /// Refuses values the protocol cannot work with.
    pub(super) fn check(&self) -> Result<(), JobsError> {
        let tag = self.prefix.split_once('{').and_then(|(_, rest)| rest.split_once('}')).map(|(tag, _)| tag);
        if tag.is_none_or(str::is_empty) {
            return Err(JobsError::Config(format!(
                "the key prefix {:?} needs a hash tag, like {{jobs}}:",
                self.prefix
            )));
        }
        let positive = [
            ("lease", self.lease.as_millis() > 0),
            ("retention", self.retention.as_millis() > 0),
            ("dead_retention", self.dead_retention.as_millis() > 0),
            ("session_ttl", self.session_ttl.as_millis() > 0),
            ("idempotency_ttl", self.idempotency_ttl.as_millis() > 0),
            ("max_outstanding_chunks", self.max_outstanding_chunks > 0),
            ("org_limit", self.org_limit > 0),
            ("max_open_jobs", self.max_open_jobs > 0),
            ("max_held_jobs", self.max_held_jobs > 0),
            ("max_ended_jobs", self.max_ended_jobs > 0),
            ("jobs_per_minute", self.jobs_per_minute > 0),
            ("max_attempts", self.max_attempts > 0),
        ];
        match positive.iter().find(|(_, ok)| !ok) {
            Some((name, _)) => Err(JobsError::Config(format!("{name} must be greater than zero"))),
            None => Ok(()),
        }
    }
}
