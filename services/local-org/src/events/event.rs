//! An event before and after it has its place in the log.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::replay_id::ReplayId;
use super::schema::EventSchema;

/// What is to be published.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    /// UUID of the event.
    pub(crate) id: String,
    /// The event's own topic, such as `/data/OpportunityChangeEvent`; channels may deliver it too.
    pub(crate) topic: Arc<str>,
    /// What the payload is written in.
    pub(crate) schema: Arc<EventSchema>,
    /// The event in Avro.
    pub(crate) payload: Vec<u8>,
}

/// What was published.
#[derive(Debug)]
pub(crate) struct Event {
    /// Its position in the log.
    pub(crate) replay_id: ReplayId,
    /// When.
    pub(crate) at: DateTime<Utc>,
    /// What.
    pub(crate) draft: Draft,
}
