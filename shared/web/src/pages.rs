//! Pages for people: HTML from templates, which escape whatever they show, and the files that they load.

mod files;
mod text;

pub use files::{File, Files, STYLE};
pub use text::{counted, grouped};

use actix_web::HttpResponse;
use actix_web::http::{StatusCode, header};
use askama::Template;

/// What pages may load and where their forms go: this app, and nothing inline.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The answer with a page.
pub fn html(status: StatusCode, page: &impl Template) -> HttpResponse {
    html_under(POLICY, status, page)
}

/// The same under another policy of what the page may load (`Content-Security-Policy`).
pub fn html_under(policy: &'static str, status: StatusCode, page: &impl Template) -> HttpResponse {
    match page.render() {
        Ok(text) => HttpResponse::build(status)
            .insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8"))
            .insert_header((header::CONTENT_SECURITY_POLICY, policy))
            .body(text),
        Err(error) => {
            tracing::error!(%error, "a page could not be written");
            HttpResponse::InternalServerError().finish()
        }
    }
}

/// Sends the browser to another page.
pub fn see_other(location: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((header::LOCATION, location)).finish()
}

/// The value of `aria-current` of a link of the navigation.
#[must_use]
pub fn aria_current(here: bool) -> &'static str {
    if here { "page" } else { "false" }
}
