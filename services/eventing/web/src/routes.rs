//! The operations. All of them need the token; health and documentation do not.

pub(crate) mod events;
pub(crate) mod info;
pub(crate) mod jobs;
pub(crate) mod samples;

use ::web::body_limit;
use ::web::https::https_only;
use actix_web::middleware::from_fn;
use actix_web::web::{self, ServiceConfig};

/// Largest request with events, in bytes: Salesforce's events have a megabyte at most.
const EVENT_LIMIT: usize = 2 * 1024 * 1024;

/// Adds all operations.
pub(crate) fn configure(service: &mut ServiceConfig) {
    service.service(
        web::scope("")
            // Before a browser is asked for the token, which it would send in clear.
            .wrap(from_fn(https_only))
            .service(info::page)
            .service(info::job_page)
            .service(info::get_info)
            .service(samples::data_create)
            .service(samples::data_delete)
            .service(jobs::get_job)
            .service(jobs::get_job_errors)
            .service(jobs::cancel_job)
            .service(jobs::resume_job)
            .service(jobs::retry_job)
            .service(
                web::scope("")
                    .configure(|service| body_limit(service, EVENT_LIMIT))
                    .service(events::generate_quotes)
                    .service(events::test_event),
            ),
    );
}
