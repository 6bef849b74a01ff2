//! Sample data as jobs: the kinds that make and delete it, for every worker whose pattern offers them.

mod create;
mod delete;

pub use create::CreateSamplesKind;
pub use delete::DeleteSamplesKind;

use super::chunk_loads::finish;
use crate::config::Reader;

/// Rows that fail by what passes by itself are sent this many times in all.
const ROUNDS: u32 = 4;

/// How sample data is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SampleSettings {
    /// Opportunities of a chunk.
    pub chunk_size: u32,
}

impl SampleSettings {
    /// Reads the settings.
    ///
    /// | variable | default | meaning |
    /// |---|---|---|
    /// | `SAMPLE_CHUNK_SIZE` | 10000 | sample Opportunities of a chunk, each a bulk load of its own, 1 to 50,000 |
    pub fn read(reader: &mut Reader<'_>) -> Self {
        Self { chunk_size: reader.bounded("SAMPLE_CHUNK_SIZE", 10_000, 1..=50_000) }
    }
}
