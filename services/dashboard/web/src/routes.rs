//! The routes of the pages. Every handler answers with a page, also when something goes wrong.

mod act;
mod look;
mod maker;
mod orgs;
mod refusal;

use actix_web::web::ServiceConfig;

/// Adds all routes, for behind the login.
pub(crate) fn configure(service: &mut ServiceConfig) {
    service
        .service(look::show_overview)
        .service(look::show_workers)
        .service(look::show_jobs)
        .service(look::follow)
        .service(look::show_job)
        .service(look::show_errors)
        .service(look::download_errors)
        .service(act::ask_first)
        .service(act::go)
        .service(orgs::ask_first)
        .service(orgs::go);
}
