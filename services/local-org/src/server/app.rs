//! All routes.

use std::net::SocketAddr;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::middleware::from_fn;
use actix_web::{App, Error, HttpRequest, HttpResponse, web};

use super::tunnel;
use crate::control::endpoints::Endpoints;
use crate::host::Host;
use crate::http::answer::{Answer, not_found};
use crate::{applink, console, control, external_services, heroku, http, soap};

/// What all requests share.
#[derive(Clone)]
pub(super) struct Shared {
    pub(super) host: web::Data<Host>,
    pub(super) endpoints: web::Data<Endpoints>,
    pub(super) client: web::Data<reqwest::Client>,
    pub(super) https: web::Data<Https>,
}

/// Where the port with TLS is reached from this process, if there is one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Https(pub(super) Option<SocketAddr>);

/// All routes, behind the guard.
pub(super) fn app(
    shared: Shared,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody>,
        Error = Error,
        InitError = (),
    >,
> {
    let app =
        App::new().app_data(shared.host).app_data(shared.endpoints).app_data(shared.client).app_data(shared.https);
    app.wrap(from_fn(http::guard::screen)).configure(configure)
}

/// Adds the routes of all faces that speak HTTP.
fn configure(config: &mut web::ServiceConfig) {
    config
        .app_data(web::PayloadConfig::new(http::MAX_BODY))
        // First, because nearly all requests are for it.
        .configure(http::routes::data)
        .configure(|config| control::configure(config, external_services::control))
        .configure(applink::configure)
        .configure(heroku::configure)
        .configure(http::oauth::configure)
        .configure(http::bulk_v1::configure)
        .configure(soap::configure)
        .configure(external_services::configure)
        .configure(console::configure)
        .default_service(web::to(nothing_here));
}

/// Whatever has no route: a path that there is not, or a proxy that is asked for a connection.
async fn nothing_here(request: HttpRequest, payload: web::Payload, https: web::Data<Https>) -> HttpResponse {
    match *request.method() {
        Method::CONNECT => tunnel::open(&request, payload, https.0).await,
        _ => Answer::from(not_found()).into_response(),
    }
}
