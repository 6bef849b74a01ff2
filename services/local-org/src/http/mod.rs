//! The HTTP side: the REST API of the orgs, OAuth, and the control API.
//!
//! A data API call takes this way: [`gateway`] takes the HTTP request (limits, session, faults, costs) and runs
//! [`execute`] on a blocking thread; that works on a [`call::Call`], which the composite resources also make of their
//! subrequests, within a [`work::Context`], and gives an [`answer::Answer`]. One file per API area does the rest.

pub(crate) mod answer;
mod batch;
mod bulk;
pub(crate) mod call;
mod collections;
mod composite;
pub(crate) mod connection;
pub(crate) mod control;
mod cursors;
mod describe;
mod encoding;
mod execute;
pub(crate) mod gateway;
mod graph;
pub(crate) mod guard;
pub(crate) mod host;
pub(crate) mod limits;
mod oauth;
mod odd;
mod query;
mod references;
pub(crate) mod resource;
mod sessions;
mod settings;
mod sobjects;
mod subrequest;
mod tree;
mod upsert;
mod version;
pub(crate) mod work;

use actix_web::{HttpResponse, web};

use self::answer::{Answer, not_found};
pub(crate) use self::host::Host;
pub(crate) use self::host::OrgHost;
pub(crate) use self::version::DEFAULT as DEFAULT_VERSION;
use crate::{applink, console, external_services};

/// Largest body that is read, in bytes. The documented limits on records in a request are reached long before.
const MAX_BODY: usize = 16 * 1024 * 1024;

/// Adds all routes.
pub(crate) fn configure(config: &mut web::ServiceConfig) {
    config
        .app_data(web::PayloadConfig::new(MAX_BODY))
        .configure(control::configure)
        .configure(applink::configure)
        .configure(oauth::configure)
        .configure(bulk::configure)
        .configure(external_services::configure)
        .configure(console::configure)
        .configure(gateway::configure)
        .default_service(web::to(nothing_here));
}

async fn nothing_here() -> HttpResponse {
    Answer::from(not_found()).into_response()
}
