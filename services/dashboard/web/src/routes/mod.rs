//! The routes of the pages. Every handler answers with a page, also when something goes wrong.

mod act;
mod look;
mod orgs;
mod refusal;

use crate::pages::{self, Frame, Section};
use ::web::https::https_only;
use ::web::login::{self, Session, guard};
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::middleware::from_fn;
use actix_web::web::{self, ServiceConfig};

/// Adds all routes behind the guard.
pub(crate) fn configure(service: &mut ServiceConfig) {
    service.service(
        web::scope("")
            .wrap(from_fn(guard))
            .wrap(from_fn(https_only))
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
            .service(orgs::go)
            .configure(login::routes)
            .default_service(web::to(not_found)),
    );
}

async fn not_found(session: Session) -> HttpResponse {
    let frame = Frame::new(&session, Section::Other);
    pages::failure(&frame, StatusCode::NOT_FOUND, "Not found", "There is nothing at this address.")
}
