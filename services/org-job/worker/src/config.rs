//! Settings of the process.

use shared::config::{ConfigError, Settings};
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
///
/// and those of [`WorkSettings::read`], [`QuoteSettings::read`] and [`SampleSettings::read`].
pub struct Config {
    /// The worker.
    pub work: WorkSettings,
    /// How Quotes are priced and written.
    pub quotes: QuoteSettings,
    /// Opportunities of a chunk.
    pub chunk_size: usize,
    /// How sample data is written.
    pub samples: SampleSettings,
}

impl Config {
    /// Reads the settings.
    ///
    /// # Errors
    /// Every variable that is missing or wrong.
    pub fn read(settings: &Settings) -> Result<Self, ConfigError> {
        let mut reader = settings.reader();
        let mut work = WorkSettings::read(&mut reader, "{org-job}:");
        let quotes = QuoteSettings::read(&mut reader);
        let chunk_size = reader.bounded("CHUNK_SIZE", MAX_CHUNK, 1..=MAX_CHUNK);
        let samples = SampleSettings::read(&mut reader);
        reader.finish()?;
        work.worker.task_timeout = BULK_TASK_TIMEOUT;
        Ok(Self { work, quotes, chunk_size, samples })
    }
}
