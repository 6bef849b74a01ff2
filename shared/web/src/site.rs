//! The pages of a service with a login: what all of them have around their content, and the process that serves them.
//!
//! A service describes its pages by a [`Site`]. Their templates extend `base.html` of this crate, which asks for a `frame`, and
//! lie with it in the folders that the service's askama.toml names.

mod frame;

pub use frame::{Frame, Link, Site};

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::middleware::from_fn;
use actix_web::web::{self, Data, ServiceConfig};
use anyhow::Context;
use shared::figures::Figures;
use shared::jobs::{Jobs, SealKey};
use std::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::health::Health;
use crate::https::https_only;
use crate::login::{self, AccessSettings, Login, Session, guard};
use crate::server::{self, ServerSettings};

/// Who may see the pages, and how they are served.
pub struct Door {
    /// Who may see them.
    pub access: AccessSettings,
    /// Seals the sessions.
    pub key: SealKey,
    /// Redis, which may come later: `/ready` tells that it is missing.
    pub jobs: Jobs,
    /// Threads and limits of the server.
    pub server: ServerSettings,
    /// Queues that `/metrics` tells of.
    pub figures: Figures,
}

/// Serves `own`, the pages behind the login, and health on `listener` until `shutdown` is cancelled. What else is asked for is
/// answered with a page, too.
///
/// # Errors
/// When the listener cannot be used, or Redis, once it is there, would not keep jobs.
pub async fn serve<R>(
    site: &'static Site,
    door: Door,
    listener: TcpListener,
    shutdown: CancellationToken,
    own: R,
) -> anyhow::Result<()>
where
    R: Fn(&mut ServiceConfig) + Clone + Send + 'static,
{
    let Door { access, key, jobs, server, figures } = door;
    let (ping, check) = (jobs.clone(), jobs.clone());
    let health = Health::new().queues(figures).check("redis", move || {
        let jobs = ping.clone();
        async move { jobs.ready().await.map_err(|error| error.to_string()) }
    });
    let login = Data::new(Login::new(access, key, jobs, site));
    let app = move || {
        let (own, login, health) = (own.clone(), login.clone(), health.clone());
        crate::app(&move |service: &mut ServiceConfig| {
            service
                .app_data(login.clone())
                .configure(|service| health.routes(service))
                .configure(|service| site.files.routes(service));
            let pages = web::scope("").wrap(from_fn(guard)).wrap(from_fn(https_only));
            let pages = pages.configure(&own).configure(login::routes);
            service.service(pages.default_service(web::to(nothing_here)));
        })
    };
    tokio::select! {
        served = server::serve(app, listener, shutdown, server) => served.context("The server stopped"),
        error = check.unsuitable() => Err(error).context("The server at REDIS_URL cannot be used"),
    }
}

async fn nothing_here(session: Session, login: Data<Login>) -> HttpResponse {
    login.failure(&session, StatusCode::NOT_FOUND, "Not found", "There is nothing at this address.")
}
