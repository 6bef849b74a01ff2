//! Settings of the buffer.

use shared::config::Reader;
use std::time::Duration;

/// When a transaction becomes a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BufferSettings {
    /// A transaction is made into a job when nothing new came for so long.
    pub(crate) quiet: Duration,
    /// And when its first record has waited for so long, whatever still comes.
    pub(crate) patience: Duration,
    /// How long it is known which records were made into a job. Salesforce redelivers for 72 hours.
    pub(crate) memory: Duration,
}

impl BufferSettings {
    /// Reads the settings.
    ///
    /// | variable | default | meaning |
    /// |---|---|---|
    /// | `EVENT_QUIET_MILLISECONDS` | 1000 | silence that ends a transaction |
    /// | `EVENT_MAX_WAIT_SECONDS` | 15 | longest wait of its first record, and the wait after an overflow |
    /// | `EVENT_MEMORY_HOURS` | 96 | how long redelivered records are recognised |
    pub(crate) fn read(reader: &mut Reader<'_>) -> Self {
        Self {
            quiet: Duration::from_millis(reader.bounded("EVENT_QUIET_MILLISECONDS", 1_000, 0..=60_000)),
            patience: reader.seconds("EVENT_MAX_WAIT_SECONDS", Duration::from_secs(15), 1..=600),
            memory: Duration::from_secs(60 * 60 * reader.bounded("EVENT_MEMORY_HOURS", 96, 1..=24 * 30)),
        }
    }
}
