//! The notifications that Flows sent to users.

use super::text::{Extent, Moment};
use crate::host::OrgHost;

/// Notifications on a page.
const SHOWN: usize = 50;

/// The notifications of one org.
#[derive(Debug)]
pub(super) struct Notifications {
    pub(super) extent: Extent,
    pub(super) rows: Vec<Row>,
}

/// One of them.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) title: String,
    pub(super) body: String,
    /// Name of the user, or the id where the org has no such user any more.
    pub(super) recipient: String,
    pub(super) kind: String,
    pub(super) at: Moment,
}

impl Notifications {
    pub(super) fn of(org: &OrgHost) -> Self {
        let (newest, total) = org.notifications.newest(SHOWN);
        let rows: Vec<_> = newest
            .into_iter()
            .map(|notification| Row {
                recipient: org
                    .user(&notification.recipient)
                    .map_or_else(|| notification.recipient.clone(), |user| user.name.clone()),
                title: notification.title,
                body: notification.body,
                kind: notification.kind,
                at: notification.at.into(),
            })
            .collect();
        Self { extent: Extent::newest(rows.len(), total), rows }
    }
}
