//! The HTTP client of tests.

use std::time::Duration;

use anyhow::{Context, Result};

/// A client for the processes under test: no proxy, no redirects, 120 s for a whole call (seeding an org takes a while).
/// Installs ring as TLS provider when none is, because reqwest insists on one even for plain http.
///
/// # Errors
/// When the client cannot be built.
#[expect(clippy::disallowed_methods, reason = "the one client of tests, which do not use shared")]
pub fn http_client() -> Result<reqwest::Client> {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // Fails only when another thread was faster, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
    }
    reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(Duration::from_secs(5))
        .timeout(Duration::from_secs(120))
        .build()
        .context("cannot build an HTTP client")
}
