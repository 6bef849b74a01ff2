//! The routes of the pages. Every handler answers with a page, also when something goes wrong.

mod accounts;
mod loads;
mod refusal;

use actix_web::web::ServiceConfig;

/// Adds all routes, for behind the login.
pub(crate) fn configure(service: &mut ServiceConfig) {
    service
        .service(accounts::index)
        .service(accounts::accounts)
        .service(loads::status)
        .service(loads::start)
        .service(loads::ask_cancel)
        .service(loads::ask_reset)
        .service(loads::cancel)
        .service(loads::go_on)
        .service(loads::reset)
        .service(loads::failures);
}
