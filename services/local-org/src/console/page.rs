//! Pages as answers.

use actix_web::HttpResponse;
use actix_web::http::{StatusCode, header};
use askama::Template;

/// What pages may load: files of this server, and nothing inline.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; \
                      form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

/// The answer with a page.
pub(super) fn html(status: StatusCode, page: &impl Template) -> HttpResponse {
    html_under(status, POLICY, page)
}

/// The same under another policy of what the page may load and send.
pub(super) fn html_under(status: StatusCode, policy: &str, page: &impl Template) -> HttpResponse {
    match page.render() {
        Ok(text) => HttpResponse::build(status)
            .insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8"))
            .insert_header((header::CONTENT_SECURITY_POLICY, policy.to_owned()))
            .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
            .insert_header((header::REFERRER_POLICY, "no-referrer"))
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .body(text),
        Err(error) => {
            tracing::error!(%error, "a page could not be written");
            HttpResponse::InternalServerError().finish()
        }
    }
}
