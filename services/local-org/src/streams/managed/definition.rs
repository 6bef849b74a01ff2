//! What a managed subscription is: the Tooling API's `ManagedEventSubscription`.

use serde::{Deserialize, Serialize};

use crate::bus::{Start, Topics};
use crate::error::ApiError;
use crate::events::ReplayId;
use crate::version::Version;

/// Longest developer name, in characters.
const MAX_NAME: usize = 80;

/// A managed subscription.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Definition {
    /// Id, 18 characters.
    pub(crate) id: String,
    pub(crate) developer_name: String,
    pub(crate) metadata: Metadata,
    /// The last position that a client committed.
    pub(crate) committed: Option<ReplayId>,
}

/// Its settings, as `Metadata` has them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Metadata {
    pub(crate) topic_name: String,
    #[serde(default)]
    pub(crate) label: String,
    #[serde(default)]
    pub(crate) state: RunState,
    /// Where a client begins who has committed nothing.
    #[serde(default)]
    pub(crate) default_replay: Replay,
    /// Where a client begins whose committed position is no longer retained.
    #[serde(default)]
    pub(crate) error_recovery_replay: Replay,
    /// Version of the API.
    #[serde(default = "version")]
    pub(crate) version: String,
}

/// Whether clients may use a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum RunState {
    /// They may.
    #[default]
    Run,
    /// They may not.
    Stop,
}

/// A place to begin at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Replay {
    /// [`Start::Latest`].
    #[default]
    Latest,
    /// [`Start::Earliest`].
    Earliest,
}

impl Replay {
    pub(crate) fn start(self) -> Start<'static> {
        match self {
            Self::Latest => Start::Latest,
            Self::Earliest => Start::Earliest,
        }
    }
}

impl Definition {
    /// Refuses what a deploy would refuse.
    pub(crate) fn check(&self, topics: &Topics) -> Result<(), ApiError> {
        let mut characters = self.developer_name.chars();
        let name_is_valid = characters.next().is_some_and(|first| first.is_ascii_alphabetic())
            && characters.all(|character| character.is_ascii_alphanumeric() || character == '_')
            && self.developer_name.len() <= MAX_NAME;
        if !name_is_valid {
            return Err(refused("FullName", format!("{:?} is no developer name", self.developer_name)));
        }
        if topics.get(&self.metadata.topic_name).is_none() {
            return Err(refused("topicName", format!("There is no topic {:?}", self.metadata.topic_name)));
        }
        Ok(())
    }
}

fn refused(field: &str, message: String) -> ApiError {
    ApiError::new(400, "FIELD_INTEGRITY_EXCEPTION", message).with_fields([field])
}

fn version() -> String {
    Version::DEFAULT.to_string()
}
