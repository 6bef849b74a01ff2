//! Settings of the process.

use shared::config::{ConfigError, Settings};
use shared::contracts::org_job::QUEUE_PREFIX;
use shared::quotes::{MAX_CHUNK, QuoteSettings};
use shared::work::WorkSettings;
use shared::work::samples::SampleSettings;
use std::time::Duration;

/// Longest run of a task. Salesforce works on a bulk load for as long as it needs; the calls have time limits of their own.
const BULK_TASK_TIMEOUT: Duration = Duration::from_secs(2 * 60 * 60);

/// Settings of `org-job-worker`.
///
/// | variable | default | meaning |
/// |---|---|---|
/// | `CHUNK_SIZE` | 215 | Opportunities of a chunk, 1 to 215 |
/// | `BULK_THRESHOLD` | 50000 | jobs over this many Opportunities and more write through the Bulk API; 0 for none |
/// | `BULK_CHUNK_SIZE` | 10000 | Opportunities of a chunk that goes through the Bulk API, 1 to 20,000 |
/// | `JOB_PROGRESS_EVENTS` | true | publish `JobProgress__e` while a quote job runs: an API call a second and one at its end |
///
/// and those of [`WorkSettings::read`], [`QuoteSettings::read`] and [`SampleSettings::read`].
pub struct Config {
    /// The worker.
    pub work: WorkSettings,
    /// How Quotes are priced and written.
    pub quotes: QuoteSettings,
    /// Opportunities of a chunk.
    pub chunk_size: usize,
    /// Which jobs write through the Bulk API.
    pub bulk: BulkQuotes,
    /// Whether quote jobs publish their progress in Salesforce.
    pub progress_events: bool,
    /// How sample data is written.
    pub samples: SampleSettings,
}

/// When and how Quotes are written through the Bulk API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BulkQuotes {
    /// For jobs over at least this many Opportunities; `None` for no job.
    pub threshold: Option<u64>,
    /// Opportunities of a chunk.
    pub chunk_size: usize,
}

impl Config {
    /// Reads the settings.
    ///
    /// # Errors
    /// Every variable that is missing or wrong.
    pub fn read(settings: &Settings) -> Result<Self, ConfigError> {
        let mut reader = settings.reader();
        let mut work = WorkSettings::read(&mut reader, QUEUE_PREFIX);
        let quotes = QuoteSettings::read(&mut reader);
        let chunk_size = reader.bounded("CHUNK_SIZE", MAX_CHUNK, 1..=MAX_CHUNK);
        let threshold = reader.bounded("BULK_THRESHOLD", 50_000, 0..=u64::from(u32::MAX));
        let bulk = BulkQuotes {
            threshold: Some(threshold).filter(|threshold| *threshold > 0),
            chunk_size: reader.bounded("BULK_CHUNK_SIZE", 10_000, 1..=20_000),
        };
        let progress_events = reader.optional("JOB_PROGRESS_EVENTS", true);
        let samples = SampleSettings::read(&mut reader);
        reader.finish()?;
        work.worker.task_timeout = BULK_TASK_TIMEOUT;
        Ok(Self { work, quotes, chunk_size, bulk, progress_events, samples })
    }
}
