//! The one way to make an HTTP client, and to read an answer without trusting its size. For the calls of others to Salesforce
//! and Heroku too: an add-on, a callback.

use std::sync::OnceLock;
use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::header::{HeaderMap, RETRY_AFTER};
use rustls::ClientConfig;
use rustls_platform_verifier::ConfigVerifierExt;
use thiserror::Error;

pub use crate::error::kind_of_bare_status;
pub use crate::transport::bearer;

/// Settings of the HTTP client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpSettings {
    /// Longest time to connect, TLS handshake included.
    pub connect_timeout: Duration,
    /// `User-Agent` of every request.
    pub user_agent: String,
}

impl Default for HttpSettings {
    fn default() -> Self {
        let user_agent = concat!("heroku-applink-patterns-rust/", env!("CARGO_PKG_VERSION")).to_owned();
        Self { connect_timeout: Duration::from_secs(5), user_agent }
    }
}

/// Makes the HTTP client that all rooms share, so that connections are reused.
///
/// It follows no redirect, so that a token never travels to a host which was not checked, and uses no proxy from the
/// environment. Calls set their own time limits.
///
/// # Errors
/// [`HttpSetupError`] when the system's root certificates cannot be loaded or the user agent is not a header value.
#[expect(clippy::disallowed_methods, reason = "the one client of the services")]
pub fn http_client(settings: &HttpSettings) -> Result<reqwest::Client, HttpSetupError> {
    let client = reqwest::Client::builder()
        .tls_backend_preconfigured(tls()?)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .referer(false)
        .connect_timeout(settings.connect_timeout)
        .tcp_keepalive(Duration::from_secs(30))
        // Shorter than what load balancers allow: a connection closed under a request leaves its outcome unknown.
        .pool_idle_timeout(Duration::from_secs(15))
        .user_agent(&settings.user_agent)
        .build()?;
    Ok(client)
}

/// Why there is no HTTP client.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum HttpSetupError {
    /// TLS cannot be set up with the system's root certificates.
    #[error("TLS cannot be set up")]
    Tls(#[from] rustls::Error),
    /// A setting of the client cannot be used.
    #[error("the HTTP client cannot be set up")]
    Client(#[from] reqwest::Error),
}

/// What TLS needs, with the system's root certificates. They are some hundred files: read once for all clients of the process.
fn tls() -> Result<ClientConfig, rustls::Error> {
    static TLS: OnceLock<ClientConfig> = OnceLock::new();
    if let Some(config) = TLS.get() {
        return Ok(config.clone());
    }
    install_tls_provider();
    let mut config = ClientConfig::with_platform_verifier()?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TLS.get_or_init(|| config).clone())
}

/// Makes ring the TLS provider of this process. Does nothing when there is one already.
pub fn install_tls_provider() {
    // An error says that another part of the process was first, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// Most bytes that are set aside for a body because of what its head says.
const MAX_TRUSTED_LENGTH: usize = 1024 * 1024;

/// Why a body could not be read.
#[derive(Debug)]
pub enum BodyError {
    /// The connection broke or took too long.
    Read(reqwest::Error),
    /// The body is longer than this many bytes.
    TooLarge(usize),
}

/// Reads a whole body of at most `limit` bytes, counted after decompression.
///
/// # Errors
/// [`BodyError`] when it breaks off or is longer.
pub async fn read_body(mut response: reqwest::Response, limit: usize) -> Result<Vec<u8>, BodyError> {
    let told = response.content_length().and_then(|length| usize::try_from(length).ok());
    let mut body = Vec::with_capacity(told.unwrap_or_default().min(limit).min(MAX_TRUSTED_LENGTH));
    while let Some(chunk) = response.chunk().await.map_err(BodyError::Read)? {
        if body.len().saturating_add(chunk.len()) > limit {
            return Err(BodyError::TooLarge(limit));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// A header as text, by its name in lower case.
pub(super) fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// The wait asked for by `Retry-After`, in either of its forms: seconds, or a date (RFC 9110, "Retry-After").
pub fn retry_after(headers: &HeaderMap, now: DateTime<Utc>) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = DateTime::parse_from_rfc2822(value).ok()?;
    Some((date.with_timezone(&Utc) - now).to_std().unwrap_or_default())
}

#[cfg(test)]
mod tests;
