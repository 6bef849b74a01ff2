//! Events and notifications in local-org's control API.

use anyhow::Result;
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Control;

/// An event that was published.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PublishedEvent {
    /// Replay id as a number.
    pub replay_id: u64,
    /// UUID.
    pub id: String,
    /// Topic, such as `/data/OpportunityChangeEvent`.
    pub topic: String,
    /// The event; fields that are null are left out.
    pub payload: Value,
}

/// Events, at most 1,000.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct PublishedEvents {
    /// The oldest first.
    pub events: Vec<PublishedEvent>,
    /// Where to go on.
    pub position: u64,
}

/// A notification that a user got.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Notification {
    /// Id of the user.
    pub recipient: String,
    /// Its title.
    pub title: String,
    /// Its text.
    pub body: String,
    /// API name of the notification type.
    #[serde(rename = "type")]
    pub kind: String,
}

impl Control {
    /// Events of a topic behind a position, or from the oldest that is retained.
    ///
    /// # Errors
    /// Also when events behind the position are no longer retained.
    pub async fn events(&self, org: &str, topic: &str, after: Option<u64>) -> Result<PublishedEvents> {
        let after = after.map(|after| format!("&after={after}")).unwrap_or_default();
        self.get(&format!("/local/orgs/{org}/events?topic={topic}{after}")).await
    }

    /// Forgets all events, as the end of their retention does: their replay ids are out of range then.
    ///
    /// # Errors
    /// See [`Control::orgs`].
    pub async fn forget_events(&self, org: &str) -> Result<()> {
        self.delete(&format!("/local/orgs/{org}/events")).await
    }

    /// Sets whether the same change of several records in one transaction is one event, as in an org, or one for each.
    ///
    /// # Errors
    /// See [`Control::orgs`].
    pub async fn merge_events(&self, org: &str, merge: bool) -> Result<()> {
        let path = format!("/local/orgs/{org}/events/settings");
        self.send(Method::PUT, &path, Some(&json!({ "merge": merge }))).await.map(drop)
    }

    /// Notifications, the oldest first.
    ///
    /// # Errors
    /// See [`Control::orgs`].
    pub async fn notifications(&self, org: &str) -> Result<Vec<Notification>> {
        self.get(&format!("/local/orgs/{org}/notifications")).await
    }
}
