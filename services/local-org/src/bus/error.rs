//! What goes wrong with the bus.

use crate::events::schema::AvroError;

/// Why a subscriber cannot begin, or go on, where it wants to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ReplayError {
    /// The bytes are no replay id.
    #[error("the replay id is malformed")]
    Corrupted,
    /// The event is no longer retained, or was never published here.
    #[error("the replay id is outside of what is retained")]
    OutOfRange,
}

/// Why events cannot be made or read back.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EventError {
    /// The database refused.
    #[error("the journal of events cannot be used")]
    Database(#[from] rusqlite::Error),
    /// Schema or payload are wrong.
    #[error("an event cannot be written")]
    Avro(#[from] AvroError),
}
