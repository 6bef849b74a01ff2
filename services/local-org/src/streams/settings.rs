//! What can be changed in an org's Pub/Sub API while it runs.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Settings of one org's Pub/Sub API. Times are in milliseconds, so that tests need not wait for those of a real org.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(crate) struct Settings {
    /// After this long without an event a subscriber who waits for some gets an empty response. Documented are "within
    /// 270 seconds", observed is one minute.
    pub(crate) keepalive_ms: u64,
    /// A subscriber who asked for no more events is disconnected this long after the last response.
    pub(crate) fetch_timeout_ms: u64,
    /// A publisher's stream is closed when no request came for this long.
    pub(crate) publish_timeout_ms: u64,
    /// Events that are delivered in 24 hours; any number when absent.
    pub(crate) daily_deliveries: Option<u64>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { keepalive_ms: 60_000, fetch_timeout_ms: 60_000, publish_timeout_ms: 70_000, daily_deliveries: None }
    }
}

impl Settings {
    /// See [`Settings::keepalive_ms`].
    pub(crate) fn keepalive(&self) -> Duration {
        Duration::from_millis(self.keepalive_ms)
    }

    /// See [`Settings::fetch_timeout_ms`].
    pub(crate) fn fetch_timeout(&self) -> Duration {
        Duration::from_millis(self.fetch_timeout_ms)
    }

    /// See [`Settings::publish_timeout_ms`].
    pub(crate) fn publish_timeout(&self) -> Duration {
        Duration::from_millis(self.publish_timeout_ms)
    }
}
