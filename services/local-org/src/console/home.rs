//! The page of all orgs.

use askama::Template;

use super::frame::Frame;
use super::records;
use super::text::grouped;
use super::usage;
use crate::error::ApiError;
use crate::host::{Host, OrgHost};

/// All orgs with a few figures.
#[derive(Template)]
#[template(path = "home.html")]
pub(super) struct HomePage {
    frame: Frame,
    orgs: Vec<Row>,
}

/// One org.
struct Row {
    name: String,
    id: String,
    opportunities: String,
    quotes: String,
    events: String,
    notifications: String,
    calls: String,
    limit: String,
}

impl HomePage {
    pub(super) fn of(host: &Host) -> Result<Self, ApiError> {
        let orgs = host.orgs.iter().map(|org| Row::of(host, org)).collect::<Result<_, _>>()?;
        Ok(Self { frame: Frame::new(), orgs })
    }
}

impl Row {
    fn of(host: &Host, org: &OrgHost) -> Result<Self, ApiError> {
        let (opportunities, quotes) = org.store.transaction(&org.store.admin(), |tx| {
            Ok((records::count(tx, "Opportunity")?, records::count(tx, "Quote")?))
        })?;
        Ok(Self {
            name: org.store.name().to_owned(),
            id: org.store.id().to_owned(),
            opportunities: grouped(opportunities as u64),
            quotes: grouped(quotes as u64),
            events: grouped(org.store.bus().count() as u64),
            notifications: grouped(org.notifications.count() as u64),
            calls: grouped(org.counters.usage()),
            limit: grouped(usage::limit(host)),
        })
    }
}
