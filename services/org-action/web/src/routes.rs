//! The operations. Those on a job that was started are `web::jobs`'s.

pub(crate) mod asynchronous;
mod opportunity_id;
pub(crate) mod synchronous;

use actix_web::web::ServiceConfig;

/// Adds all operations.
pub(crate) fn configure(service: &mut ServiceConfig) {
    service.service(synchronous::generate_quote).service(asynchronous::generate_quote_async);
}
