//! The data API of the orgs over HTTP, and OAuth.
//!
//! [`routes`] has all paths of the data API. A call takes this way: [`gateway`] takes the HTTP request (limits, session,
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
pub(crate) mod routes;
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

/// Largest body that is read, in bytes. The documented limits on records in a request are reached long before.
pub(crate) const MAX_BODY: usize = 16 * 1024 * 1024;
