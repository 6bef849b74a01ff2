//! The actix application that every web process starts from.

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::{DefaultHeaders, from_fn};
use actix_web::web::{self, ServiceConfig};
use actix_web::{App, Error, HttpResponse};

use super::body_deadline::body_deadline;
use super::connection::attend;
use super::extract::{DEFAULT_BODY_LIMIT, body_limit, path_and_query};
use super::observe::observe;

/// An application with the common middleware, limits and error answers, and the routes that `routes` adds.
///
/// For [`super::server::serve`] and for `actix_web::test::init_service` alike:
/// `server::serve(move || web::app(&|config| routes(config, &state)), …)`.
pub fn app(
    routes: &dyn Fn(&mut ServiceConfig),
) -> App<
    impl ServiceFactory<ServiceRequest, Config = (), Response = ServiceResponse<BoxBody>, Error = Error, InitError = ()>
    + use<>,
> {
    App::new()
        .configure(|config| body_limit(config, DEFAULT_BODY_LIMIT))
        .configure(path_and_query)
        .configure(routes)
        .default_service(web::to(HttpResponse::NotFound))
        .wrap(from_fn(body_deadline))
        .wrap(security_headers())
        .wrap(from_fn(observe))
        .wrap(from_fn(attend))
}

/// Defaults for JSON answers; a handler that sets one of these itself wins.
fn security_headers() -> DefaultHeaders {
    DefaultHeaders::new()
        .add(("X-Content-Type-Options", "nosniff"))
        .add(("Referrer-Policy", "no-referrer"))
        .add(("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"))
        // Answers show one org's data.
        .add(("Cache-Control", "no-store"))
}
