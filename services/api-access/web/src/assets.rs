//! The files that pages load: a style, a script, an icon. They are part of the binary, need no login, and hold no data.

use actix_web::http::header;
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpResponse, Responder};
use sha2::{Digest, Sha256};
use std::sync::LazyLock;

const STYLE: &str = include_str!("../static/style.css");
const SCRIPT: &str = include_str!("../static/live.js");
const ICON: &str = include_str!("../static/icon.svg");

/// Part of the addresses, so that a new version is never taken for an old one.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut hash = Sha256::new();
    for text in [STYLE, SCRIPT, ICON] {
        hash.update(text.as_bytes());
    }
    hash.finalize().iter().take(6).map(|byte| format!("{byte:02x}")).collect()
});

/// Adds the routes.
pub(crate) fn configure(service: &mut ServiceConfig) {
    service
        .route("/assets/style.css", web::get().to(|| file("text/css; charset=utf-8", STYLE)))
        .route("/assets/live.js", web::get().to(|| file("text/javascript; charset=utf-8", SCRIPT)))
        .route("/assets/icon.svg", web::get().to(|| file("image/svg+xml", ICON)));
}

/// The address of a file, for pages.
pub(crate) fn address(name: &str) -> String {
    format!("/assets/{name}?v={}", *VERSION)
}

async fn file(content_type: &'static str, text: &'static str) -> impl Responder {
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, content_type))
        .insert_header((header::CACHE_CONTROL, "public, max-age=31536000, immutable"))
        .body(text)
}
