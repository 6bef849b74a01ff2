//! How bulk jobs are cut, sent and waited for.

use std::time::Duration;

/// Most bytes of CSV in one job. Salesforce takes 150 MB after it has encoded them as base64, which is 100 MB before
/// ("Bulk API 2.0 Limits").
pub const MAX_JOB_BYTES: u64 = 100_000_000;

/// Settings of [`Bulk`](super::Bulk).
#[derive(Debug, Clone, PartialEq)]
pub struct BulkSettings {
    /// Most bytes of CSV in one job, the header line included; at most [`MAX_JOB_BYTES`].
    pub job_bytes: u64,
    /// Most rows in one job.
    pub job_rows: u64,
    /// Most jobs of one load that wait for Salesforce at the same time, in [`Load::run`](super::Load::run).
    pub jobs_in_flight: usize,
    /// How often a job's state is asked for.
    pub poll: PollSettings,
    /// Longest time for the upload of one job.
    pub upload_timeout: Duration,
    /// Longest time without a byte while results are read.
    pub read_timeout: Duration,
    /// Times that results are asked for again, from where they broke off, before the error is given to the caller.
    pub read_retries: u32,
}

impl Default for BulkSettings {
    fn default() -> Self {
        Self {
            job_bytes: MAX_JOB_BYTES,
            job_rows: 1_000_000,
            jobs_in_flight: 4,
            poll: PollSettings::default(),
            upload_timeout: Duration::from_secs(1200),
            read_timeout: Duration::from_secs(120),
            read_retries: 3,
        }
    }
}

/// How often a job's state is asked for: soon at first, for small jobs end within a second, then less and less often.
#[derive(Debug, Clone, PartialEq)]
pub struct PollSettings {
    /// First wait.
    pub first: Duration,
    /// Each wait is this many times the one before.
    pub growth: f64,
    /// No wait is longer.
    pub longest: Duration,
}

impl Default for PollSettings {
    fn default() -> Self {
        Self { first: Duration::from_millis(100), growth: 1.5, longest: Duration::from_secs(5) }
    }
}

impl PollSettings {
    /// The wait before question number `asked` (0 is the first), between three quarters of the interval and all of it.
    ///
    /// `jitter` is a random number from 0 to 1.
    pub(super) fn wait(&self, asked: u32, jitter: f64) -> Duration {
        // The exponent's bound keeps the power finite; the interval is long past `longest` by then.
        let factor = self.growth.max(1.0).powi(i32::try_from(asked.min(60)).unwrap_or(60));
        let longest = self.longest.max(self.first).as_secs_f64();
        let interval = (self.first.as_secs_f64() * factor).min(longest);
        let jitter = if (0.0..=1.0).contains(&jitter) { jitter } else { 1.0 };
        Duration::from_secs_f64(interval * (0.75 + 0.25 * jitter))
    }
}
