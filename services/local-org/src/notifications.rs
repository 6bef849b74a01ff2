//! Custom notifications that users of an org got. They are in memory, the newest [`MAX`] of them.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use serde::Serialize;

/// Notifications that an org keeps.
const MAX: usize = 10_000;

/// A type of custom notification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotificationType {
    /// API name.
    pub name: String,
    /// What the setup pages call it.
    pub label: String,
}

/// What a Flow sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    /// API name of the notification type.
    pub(crate) notification_type: String,
    /// Ids of users.
    pub(crate) recipients: Vec<String>,
    pub(crate) title: String,
    pub(crate) body: String,
}

/// A notification as the user sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Notification {
    /// Id of the user.
    pub(crate) recipient: String,
    pub(crate) title: String,
    pub(crate) body: String,
    /// API name of the notification type.
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) at: DateTime<Utc>,
}

impl Notification {
    /// What a Flow sends, for one of its recipients.
    pub(crate) fn new(recipient: String, message: &Message) -> Self {
        Self {
            recipient,
            title: message.title.clone(),
            body: message.body.clone(),
            kind: message.notification_type.clone(),
            at: Utc::now(),
        }
    }
}

/// The notifications of one org.
#[derive(Debug, Default)]
pub(crate) struct Notifications(Mutex<VecDeque<Notification>>);

impl Notifications {
    /// Adds one; the oldest makes room.
    pub(crate) fn add(&self, notification: Notification) {
        let mut all = self.all();
        all.push_back(notification);
        if all.len() > MAX {
            all.pop_front();
        }
    }

    /// All, the oldest first.
    pub(crate) fn list(&self) -> Vec<Notification> {
        self.all().iter().cloned().collect()
    }

    /// Up to `limit`, the newest first, and how many there are.
    pub(crate) fn newest(&self, limit: usize) -> (Vec<Notification>, usize) {
        let all = self.all();
        (all.iter().rev().take(limit).cloned().collect(), all.len())
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.all().len()
    }

    /// Removes all.
    pub(crate) fn clear(&self) {
        self.all().clear();
    }

    fn all(&self) -> MutexGuard<'_, VecDeque<Notification>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
