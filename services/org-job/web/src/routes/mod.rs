//! The operations. Those on a job that was started are `shared::web::jobs`'s.

pub(crate) mod batches;

use actix_web::web::ServiceConfig;

/// Adds all operations.
pub(crate) fn configure(service: &mut ServiceConfig) {
    service.service(batches::execute_batch);
}
