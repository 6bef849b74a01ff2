//! The Pub/Sub API in local-org's control API: open streams, faults, settings, managed subscriptions.

use std::time::Duration;

use anyhow::{Context, Result};
use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Control, json_body};

/// How a fault disconnects streams, or refuses calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Disconnect {
    /// Resets the TCP connection (RST), with all calls on it.
    Reset,
    /// Ends with status UNAVAILABLE.
    Unavailable,
    /// Ends with status UNAUTHENTICATED.
    Unauthenticated,
    /// Neither events nor keepalives, until [`Control::clear_pubsub_faults`]. HTTP/2 pings are still answered.
    Silence,
}

/// An open stream.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PubsubStream {
    /// Number of the stream, in the order of their beginning.
    pub id: u64,
    /// `Subscribe`, `PublishStream` or `ManagedSubscribe`.
    pub rpc: String,
    /// Known once the client has sent its first request.
    pub topic: Option<String>,
    /// Whose session it is.
    pub username: String,
    /// Events that the client is ready to take.
    pub pending: u32,
    /// Events delivered or published.
    pub events: u64,
    /// Responses sent, with events or without.
    pub responses: u64,
    /// Replay id of the position, as a number.
    pub position: Option<u64>,
    /// Whether a fault silences it.
    pub silent: bool,
}

/// Times and limits of an org's Pub/Sub API. The default are those of a real org.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PubsubSettings {
    /// Milliseconds without an event after which an empty response is sent.
    pub keepalive_ms: u64,
    /// Milliseconds after which a subscriber who asks for no more events is disconnected.
    pub fetch_timeout_ms: u64,
    /// Milliseconds without a request after which a publisher's stream is closed.
    pub publish_timeout_ms: u64,
    /// Events that are delivered in 24 hours; any number when absent.
    pub daily_deliveries: Option<u64>,
}

impl Default for PubsubSettings {
    fn default() -> Self {
        Self { keepalive_ms: 60_000, fetch_timeout_ms: 60_000, publish_timeout_ms: 70_000, daily_deliveries: None }
    }
}

/// A managed subscription.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ManagedSubscription {
    /// Id, 18 characters.
    pub id: String,
    /// Name by which clients may ask for it, too.
    pub developer_name: String,
    /// Replay id of the committed position, as a number.
    pub committed: Option<u64>,
    /// Whether it has a client now.
    pub active: bool,
}

#[derive(Deserialize)]
struct Streams {
    streams: Vec<PubsubStream>,
    delivered: u64,
}

impl Control {
    /// The open streams, the oldest first.
    ///
    /// # Errors
    /// See [`Control::orgs`].
    pub async fn pubsub_streams(&self, org: &str) -> Result<Vec<PubsubStream>> {
        let open: Streams = self.get(&format!("/local/orgs/{org}/pubsub/streams")).await?;
        Ok(open.streams)
    }

    /// Events that the org delivered of its daily allocation.
    ///
    /// # Errors
    /// See [`Control::orgs`].
    pub async fn pubsub_delivered(&self, org: &str) -> Result<u64> {
        let open: Streams = self.get(&format!("/local/orgs/{org}/pubsub/streams")).await?;
        Ok(open.delivered)
    }

    /// Disconnects all open streams, and tells how many there were.
    ///
    /// # Errors
    /// See [`Control::orgs`].
    pub async fn disconnect(&self, org: &str, how: Disconnect) -> Result<u64> {
        let path = format!("/local/orgs/{org}/pubsub/disconnect");
        let done: Value = json_body(self.send(Method::POST, &path, Some(&json!({ "how": how }))).await?, &path).await?;
        done.get("streams").and_then(Value::as_u64).with_context(|| format!("no number of streams in {done}"))
    }

    /// Disconnects the stream that delivers the n-th event from now on, that many times.
    ///
    /// # Errors
    /// See [`Control::orgs`].
    pub async fn disconnect_after(&self, org: &str, how: Disconnect, events: u64, times: u64) -> Result<()> {
        let path = format!("/local/orgs/{org}/pubsub/disconnect");
        let body = json!({ "how": how, "afterEvents": events, "times": times });
        self.send(Method::POST, &path, Some(&body)).await.map(drop)
    }

    /// Refuses new calls for that time; [`Disconnect::Silence`] lets streams begin and stay silent.
    ///
    /// # Errors
    /// See [`Control::orgs`].
    pub async fn refuse_pubsub(&self, org: &str, how: Disconnect, time: Duration) -> Result<()> {
        let path = format!("/local/orgs/{org}/pubsub/refuse");
        let ms = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        self.send(Method::POST, &path, Some(&json!({ "how": how, "forMs": ms }))).await.map(drop)
    }

    /// Removes all faults of the Pub/Sub API; silent streams go on.
    ///
    /// # Errors
    /// See [`Control::orgs`].
    pub async fn clear_pubsub_faults(&self, org: &str) -> Result<()> {
        self.delete(&format!("/local/orgs/{org}/pubsub/faults")).await
    }

    /// Changes times and limits, also of open streams. The daily allocation begins anew.
    ///
    /// # Errors
    /// See [`Control::orgs`].
    pub async fn set_pubsub_settings(&self, org: &str, settings: &PubsubSettings) -> Result<()> {
        self.send(Method::PUT, &format!("/local/orgs/{org}/pubsub/settings"), Some(settings)).await.map(drop)
    }

    /// Makes a managed subscription that begins with the oldest event.
    ///
    /// # Errors
    /// Also when the name is taken or the topic does not exist.
    pub async fn create_managed_subscription(
        &self,
        org: &str,
        developer_name: &str,
        topic: &str,
    ) -> Result<ManagedSubscription> {
        let path = format!("/local/orgs/{org}/pubsub/subscriptions");
        let metadata = json!({
            "topicName": topic, "defaultReplay": "EARLIEST", "errorRecoveryReplay": "EARLIEST",
        });
        let body = json!({ "developerName": developer_name, "metadata": metadata });
        json_body(self.send(Method::POST, &path, Some(&body)).await?, &path).await
    }

    /// All managed subscriptions.
    ///
    /// # Errors
    /// See [`Control::orgs`].
    pub async fn managed_subscriptions(&self, org: &str) -> Result<Vec<ManagedSubscription>> {
        self.get(&format!("/local/orgs/{org}/pubsub/subscriptions")).await
    }
}
