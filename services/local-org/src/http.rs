//! The data API of the orgs over HTTP, and OAuth.
//!
//! [`data`] has all paths of the data API. A call takes this way: [`gateway`] takes the HTTP request (limits, session,
//! faults, costs) and runs [`execute`], on a blocking thread unless the call is small; that works on a [`call::Call`],
//! which the composite resources also make of their subrequests, within a [`work::Context`], and gives an
//! [`answer::Answer`]. One file per API area does the rest.

pub(crate) mod answer;
mod batch;
pub(crate) mod bulk;
pub(crate) mod bulk_v1;
pub(crate) mod call;
mod collections;
mod composite;
mod conditions;
pub(crate) mod connection;
pub(crate) mod deploys;
mod describe;
pub(crate) mod encoding;
mod execute;
mod explain;
pub(crate) mod gateway;
mod graph;
pub(crate) mod guard;
mod layouts;
pub(crate) mod limits;
pub(crate) mod oauth;
mod odd;
mod query;
mod references;
mod replication;
pub(crate) mod request;
pub(crate) mod resource;
mod search;
mod single;
mod slashes;
mod sobjects;
mod subrequest;
mod tooling;
mod tree;
mod upsert;
mod validators;
pub(crate) mod work;

use actix_web::{guard as on, web};

/// Adds the routes of the data API: what Bulk API 2.0 and deploys do not take is the gateway's.
pub(crate) fn data(config: &mut web::ServiceConfig) {
    // A look at the path is cheaper than a route's pattern, which all other calls would pay for.
    let others = on::fn_guard(|call| ["/jobs/", "/metadata/"].iter().any(|part| call.head().uri.path().contains(part)));
    let others = web::scope("").guard(others).configure(bulk::configure).configure(deploys::configure);
    let others = others.default_service(web::to(gateway::data));
    config.service(web::scope("/services/data").service(others).configure(gateway::configure));
}

/// Largest body that is read, in bytes. The documented limits on records in a request are reached long before.
pub(crate) const MAX_BODY: usize = 16 * 1024 * 1024;
