//! The files that pages load: a style, a script, an icon. They are part of the binary, need no login, and hold no data.

use actix_web::http::header;
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpResponse, Responder};
use sha2::{Digest, Sha256};
use std::sync::OnceLock;

/// The style that all services with a login share, light and dark.
pub const STYLE: &str = include_str!("../../static/style.css");

/// A file: its name, its content type, its text.
pub type File = (&'static str, &'static str, &'static str);

/// The files of a service.
#[derive(Debug)]
pub struct Files {
    files: &'static [File],
    /// Part of the addresses, so that a new version is never taken for an old one.
    version: OnceLock<String>,
}

impl Files {
    /// These files, for a `static`.
    #[must_use]
    pub const fn new(files: &'static [File]) -> Self {
        Self { files, version: OnceLock::new() }
    }

    /// Adds the routes.
    pub fn routes(&self, service: &mut ServiceConfig) {
        for &(name, content_type, text) in self.files {
            service.route(&format!("/assets/{name}"), web::get().to(move || file(content_type, text)));
        }
    }

    /// The address of a file, for pages.
    #[must_use]
    pub fn address(&self, name: &str) -> String {
        let version = self.version.get_or_init(|| {
            let mut hash = Sha256::new();
            for (_, _, text) in self.files {
                hash.update(text.as_bytes());
            }
            hash.finalize().iter().take(6).map(|byte| format!("{byte:02x}")).collect()
        });
        format!("/assets/{name}?v={version}")
    }
}

async fn file(content_type: &'static str, text: &'static str) -> impl Responder {
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, content_type))
        .insert_header((header::CACHE_CONTROL, "public, max-age=31536000, immutable"))
        .body(text)
}
