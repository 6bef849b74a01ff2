//! The operations. Those on a job that was started are `web::jobs`'s.

pub(crate) mod batches;
pub(crate) mod samples;

use actix_web::web::ServiceConfig;

/// Adds all operations.
pub(crate) fn configure(service: &mut ServiceConfig) {
    service.service(batches::execute_batch).service(samples::data_create).service(samples::data_delete);
}
