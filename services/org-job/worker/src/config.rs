//! Settings of the process.

use shared::config::{ConfigError, Settings};
use shared::quotes::{MAX_CHUNK, QuoteSettings};
use shared::work::WorkSettings;

/// Settings of `org-job-worker`.
///
/// | variable | default | meaning |
/// |---|---|---|
/// | `CHUNK_SIZE` | 215 | Opportunities of a chunk, 1 to 215 |
///
/// and those of [`WorkSettings::read`] and [`QuoteSettings::read`].
pub struct Config {
    /// The worker.
    pub work: WorkSettings,
    /// How Quotes are priced and written.
    pub quotes: QuoteSettings,
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
        let work = WorkSettings::read(&mut reader, "{org-job}:");
        let quotes = QuoteSettings::read(&mut reader);
        let chunk_size = reader.bounded("CHUNK_SIZE", MAX_CHUNK, 1..=MAX_CHUNK);
        reader.finish()?;
        Ok(Self { work, quotes, chunk_size })
    }
}
