//! The page of one org.

use askama::Template;

use super::apps::Apps;
use super::conditions::Conditions;
use super::events::{Content, Events};
use super::frame::Frame;
use super::notifications::Notifications;
use super::records::Records;
use super::usage::{BulkJobs, Calls, PubSub};
use crate::error::ApiError;
use crate::host::{Host, OrgHost};

/// Everything about one org, in sections.
#[derive(Template)]
#[template(path = "org.html")]
pub(super) struct OrgPage {
    frame: Frame,
    name: String,
    id: String,
    notifications: Notifications,
    events: Events,
    records: Records,
    calls: Calls,
    bulk: BulkJobs,
    apps: Apps,
    pubsub: PubSub,
    conditions: Conditions,
}

impl OrgPage {
    pub(super) fn of(host: &Host, org: &OrgHost) -> Result<Self, ApiError> {
        Ok(Self {
            frame: Frame::new(),
            name: org.store.name().to_owned(),
            id: org.store.id().to_owned(),
            notifications: Notifications::of(org),
            events: Events::of(org),
            records: Records::of(org, host.dashboard.as_ref())?,
            calls: Calls::of(host, org),
            bulk: BulkJobs::of(org),
            apps: Apps::of(host, org),
            pubsub: PubSub::of(org),
            conditions: Conditions::of(host, org),
        })
    }
}
