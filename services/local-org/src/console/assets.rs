//! The files that pages load: a style, a script, an icon. They are part of the binary and hold no data.

use std::sync::LazyLock;

use actix_web::http::header;
use actix_web::{HttpResponse, web};
use sha2::{Digest, Sha256};

const STYLE: &str = include_str!("../../static/console.css");
const SCRIPT: &str = include_str!("../../static/console.js");
const ICON: &str = include_str!("../../static/icon.svg");

/// Part of the addresses, so that a new version is never taken for an old one.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut hash = Sha256::new();
    for text in [STYLE, SCRIPT, ICON] {
        hash.update(text.as_bytes());
    }
    hash.finalize().iter().take(6).map(|byte| format!("{byte:02x}")).collect()
});

/// Adds the routes.
pub(super) fn configure(config: &mut web::ServiceConfig) {
    config
        .route("/console/assets/console.css", web::get().to(|| file("text/css; charset=utf-8", STYLE)))
        .route("/console/assets/console.js", web::get().to(|| file("text/javascript; charset=utf-8", SCRIPT)))
        .route("/console/assets/icon.svg", web::get().to(|| file("image/svg+xml", ICON)));
}

/// The address of a file, for pages.
pub(super) fn address(name: &str) -> String {
    format!("/console/assets/{name}?v={}", *VERSION)
}

async fn file(content_type: &'static str, text: &'static str) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, content_type))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::CACHE_CONTROL, "public, max-age=31536000, immutable"))
        .body(text)
}
