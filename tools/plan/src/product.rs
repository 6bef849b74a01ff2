//! The constants of the product: its defaults, and the limits that it keeps.

use anyhow::Result;
use org_job_worker::Config;
use shared::config::Settings;

/// Stands in for a secret; nothing is sealed with it.
const KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

/// How a quote job is run where nobody has set anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Product {
    /// `CHUNK_SIZE`.
    pub chunk_size: u64,
    /// `BULK_THRESHOLD`; 0 for none.
    pub bulk_threshold: u64,
    /// `BULK_CHUNK_SIZE`.
    pub bulk_chunk_size: u64,
    /// `ORG_CONCURRENCY`.
    pub org_concurrency: u64,
    /// `WORKER_CONCURRENCY`.
    pub worker_concurrency: u64,
    /// `MAX_OUTSTANDING_CHUNKS`.
    pub max_outstanding_chunks: u64,
}

impl Product {
    /// What `org-job-worker` itself reads when no variable is set.
    ///
    /// # Errors
    /// When it would not start, which a test rules out.
    pub fn defaults() -> Result<Self> {
        let required = [("REDIS_URL", "redis://127.0.0.1:6379"), ("JOB_SECRET_KEY", KEY), ("WORKER_NAME", "plan")];
        let config = Config::read(&Settings::from_map(required)?)?;
        Ok(Self {
            chunk_size: wide(config.chunk_size),
            bulk_threshold: config.bulk.threshold.unwrap_or(0),
            bulk_chunk_size: wide(config.bulk.chunk_size),
            org_concurrency: config.work.jobs.org_limit.into(),
            worker_concurrency: wide(config.work.worker.concurrency),
            max_outstanding_chunks: config.work.jobs.max_outstanding_chunks.into(),
        })
    }
}

/// A size of the product as a number of the model.
pub(crate) fn wide(size: usize) -> u64 {
    u64::try_from(size).unwrap_or(u64::MAX)
}
