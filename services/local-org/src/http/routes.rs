//! The paths of the data API.

use actix_web::{guard as on, web};

use super::{bulk, deploys, gateway};

/// Adds the routes of the data API: what Bulk API 2.0 and deploys do not take is the gateway's.
pub(crate) fn data(config: &mut web::ServiceConfig) {
    // A look at the path is cheaper than a route's pattern, which all other calls would pay for.
    let others = on::fn_guard(|call| ["/jobs/", "/metadata/"].iter().any(|part| call.head().uri.path().contains(part)));
    let others = web::scope("").guard(others).configure(bulk::configure).configure(deploys::configure);
    let others = others.default_service(web::to(gateway::data));
    config.service(web::scope("/services/data").service(others).configure(gateway::configure));
}
