//! Places in a topic.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::future::BoxFuture;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

/// Longest replay id that is taken, in bytes. Salesforce's have ten.
const MAX_BYTES: usize = 256;

/// The place of an event in its topic: opaque bytes that Salesforce gave. As text it is base64.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ReplayId(Box<[u8]>);

/// The text or the bytes are not a replay id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a replay id is base64 of 1 to {MAX_BYTES} bytes")]
pub struct InvalidReplayId;

impl ReplayId {
    /// # Errors
    /// [`InvalidReplayId`] when there are no bytes, or far too many.
    pub fn from_bytes(bytes: impl Into<Vec<u8>>) -> Result<Self, InvalidReplayId> {
        let bytes = bytes.into();
        if bytes.is_empty() || bytes.len() > MAX_BYTES {
            return Err(InvalidReplayId);
        }
        Ok(Self(bytes.into_boxed_slice()))
    }

    /// The bytes as Salesforce gave them.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for ReplayId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&STANDARD.encode(&self.0))
    }
}

impl fmt::Debug for ReplayId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ReplayId({self})")
    }
}

impl FromStr for ReplayId {
    type Err = InvalidReplayId;

    fn from_str(text: &str) -> Result<Self, InvalidReplayId> {
        Self::from_bytes(STANDARD.decode(text).map_err(|_| InvalidReplayId)?)
    }
}

impl Serialize for ReplayId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ReplayId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Where a subscription starts without a replay id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReplayStart {
    /// With events published from now on.
    Latest,
    /// With the oldest event that Salesforce still keeps (72 hours).
    Earliest,
}

/// Why a place could not be loaded.
pub type StoreError = Box<dyn std::error::Error + Send + Sync>;

/// Where the caller keeps how far it has come.
///
/// The caller stores a replay id by itself, once everything up to it is safe; a subscription only asks for it, once, at
/// its start.
pub trait ReplayStore: Send + Sync {
    /// The replay id to go on behind in `topic`; `None` when nothing is stored. A failure is tried again after a while:
    /// starting elsewhere would lose events.
    fn load<'a>(&'a self, topic: &'a str) -> BoxFuture<'a, Result<Option<ReplayId>, StoreError>>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn survives_as_text() {
        let id = ReplayId::from_bytes([0, 0, 0, 0, 0, 0, 0, 9, 255, 1]).unwrap();
        assert_eq!(id.to_string().parse(), Ok(id.clone()));
        let json = serde_json::to_string(&id).unwrap();
        assert_eq!(json, "\"AAAAAAAAAAn/AQ==\"");
        assert_eq!(serde_json::from_str::<ReplayId>(&json).unwrap(), id);
    }

    #[test]
    fn nothing_is_not_a_replay_id() {
        for text in ["", "*", "AAA", &"A".repeat(1_000)] {
            assert_eq!(text.parse::<ReplayId>(), Err(InvalidReplayId), "{text}");
        }
        assert!(serde_json::from_str::<ReplayId>("\"\"").is_err());
    }
}
