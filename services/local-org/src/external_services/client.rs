//! The HTTP client of the callouts.

use std::time::Duration;

use anyhow::Context;

/// The client that calls apps. It follows no redirects, since Salesforce does not either, and uses no proxy.
///
/// # Errors
/// When no TLS provider can be set up.
#[expect(clippy::disallowed_methods, reason = "the one client of local-org, which does not use shared")]
pub(crate) fn http_client() -> anyhow::Result<reqwest::Client> {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // Fails only when another thread was faster, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
    }
    reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(Duration::from_secs(10))
        .build()
        .context("cannot build an HTTP client")
}
