//! The web console: what happens in the orgs, to look at. Pages are HTML from templates (`templates/`), which escape
//! whatever they show, and change nothing, but for the one on which users let an app log in for them ([`consent`]). Like
//! the control API they ask for no session, are not counted as API calls, and have neither costs nor faults. They show no
//! access token.

mod apps;
mod assets;
mod conditions;
mod consent;
mod events;
mod frame;
mod home;
mod jobs;
mod notifications;
mod org;
mod page;
mod records;
mod text;
mod usage;

use std::sync::Arc;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, web};
use askama::Template;

use self::frame::Frame;
use self::home::HomePage;
pub(crate) use self::jobs::dashboard_url;
use self::org::OrgPage;
use self::page::html;
use crate::error::ApiError;
use crate::host::Host;
use crate::http::answer::internal;

/// Adds the routes.
pub(crate) fn configure(config: &mut web::ServiceConfig) {
    config
        .route("/", web::get().to(to_console))
        .route("/console", web::get().to(home))
        .route("/console/orgs/{name}", web::get().to(org))
        .configure(consent::configure)
        .configure(assets::configure);
}

async fn to_console() -> HttpResponse {
    HttpResponse::SeeOther().insert_header((header::LOCATION, "/console")).finish()
}

async fn home(host: web::Data<Host>) -> HttpResponse {
    read(move || HomePage::of(&host)).await
}

async fn org(name: web::Path<String>, host: web::Data<Host>) -> HttpResponse {
    let Some(org) = host.org(&name).map(Arc::clone) else {
        let known = host.orgs.iter().map(|org| org.store.name().to_owned()).collect();
        return html(StatusCode::NOT_FOUND, &NotFoundPage { frame: Frame::new(), name: &name, known });
    };
    read(move || OrgPage::of(&host, &org)).await
}

/// Reads what a page shows, off the async threads, and answers with the page.
async fn read<P: Template + Send + 'static>(
    page: impl FnOnce() -> Result<P, ApiError> + Send + 'static,
) -> HttpResponse {
    let page = web::block(page).await.unwrap_or_else(|error| Err(internal(error.to_string())));
    match page {
        Ok(page) => html(StatusCode::OK, &page),
        Err(error) => {
            tracing::error!(message = error.message, "the console cannot read an org");
            let page = FailurePage { frame: Frame::new(), message: &error.message };
            html(StatusCode::INTERNAL_SERVER_ERROR, &page)
        }
    }
}

/// The page for an org that does not exist.
#[derive(Template)]
#[template(path = "not_found.html")]
struct NotFoundPage<'a> {
    frame: Frame,
    name: &'a str,
    known: Vec<String>,
}

/// A page that says what went wrong.
#[derive(Template)]
#[template(path = "failure.html")]
struct FailurePage<'a> {
    frame: Frame,
    message: &'a str,
}
