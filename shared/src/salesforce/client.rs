//! One HTTP call to Salesforce: token, retries, refresh, typed errors.

use super::error::{Error, parse_errors};
use super::retry::RetryPolicy;
use super::session::{Session, SessionSource};
use reqwest::header::{ACCEPT, CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Method, redirect};
use secrecy::ExposeSecret;
use serde::de::DeserializeOwned;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Largest answer that is read into memory, in bytes.
const MAX_ANSWER: usize = 64 * 1024 * 1024;

/// The HTTP client for Salesforce, AppLink and callbacks: bounded in time, and never led elsewhere by a redirect, which
/// would carry the token along.
///
/// # Errors
/// When the TLS roots cannot be loaded.
pub fn http_client() -> Result<reqwest::Client, reqwest::Error> {
    reqwest::Client::builder()
        .redirect(redirect::Policy::none())
        .connect_timeout(Duration::from_secs(10))
        // Salesforce ends a call after 10 minutes; the router and people are less patient.
        .timeout(Duration::from_secs(120))
        .pool_idle_timeout(Duration::from_secs(60))
        .tcp_keepalive(Duration::from_secs(30))
        .user_agent(concat!("heroku-applink-patterns-rust/", env!("CARGO_PKG_VERSION")))
        .build()
}

/// A client for one org and user. Cloning is cheap.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    sessions: Arc<dyn SessionSource>,
    api_version: Arc<str>,
    retry: RetryPolicy,
}

impl Client {
    /// A client that takes its session from `sessions` for each call and speaks `api_version` (`62.0`).
    pub fn new(http: reqwest::Client, sessions: Arc<dyn SessionSource>, api_version: &str) -> Self {
        Self { http, sessions, api_version: api_version.into(), retry: RetryPolicy::default() }
    }

    /// The same client with other bounds for automatic retries.
    #[must_use]
    pub fn with_retry(mut self, retry: RetryPolicy) -> Self {
        self.retry = retry;
        self
    }

    /// API version without a leading `v`.
    pub fn api_version(&self) -> &str {
        &self.api_version
    }

    /// Makes a call and reads its answer as JSON.
    pub(super) async fn json<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<Vec<u8>>,
        idempotent: bool,
        operation: &'static str,
    ) -> Result<T, Error> {
        let answer = self.send(method, path, body, idempotent, operation).await?;
        serde_json::from_slice(&answer).map_err(|error| Error::Malformed(error.to_string()))
    }

    /// Makes a call, tries again where that is safe, and gives the body of a 2xx answer.
    pub(super) async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<Vec<u8>>,
        idempotent: bool,
        operation: &'static str,
    ) -> Result<Vec<u8>, Error> {
        let mut session = self.sessions.session().await?;
        let (mut retries, mut refreshed) = (0, false);
        loop {
            let started = Instant::now();
            let result = self.once(&session, method.clone(), path, body.clone()).await;
            let milliseconds = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
            metrics::counter!("salesforce_calls_total", "operation" => operation).increment(1);
            let error = match result {
                Ok(answer) => {
                    tracing::debug!(org = %session.org_id, operation, milliseconds, "Salesforce call");
                    return Ok(answer);
                }
                Err(error) => error,
            };
            tracing::info!(org = %session.org_id, operation, milliseconds, %error, "Salesforce call failed");
            if error.kind() == super::error::ErrorKind::SessionExpired {
                if refreshed {
                    return Err(Error::SessionExpired);
                }
                // A 401 means that nothing was carried out, so even a create may be sent again.
                session = self.sessions.refresh(&session).await?;
                refreshed = true;
                continue;
            }
            let Some(longest) = self.retry.decide(&error, retries, idempotent) else { return Err(error) };
            let wait = if error.retry_after().is_some() { longest } else { longest.mul_f64(rand::random::<f64>()) };
            tokio::time::sleep(wait).await;
            retries += 1;
        }
    }

    async fn once(
        &self,
        session: &Session,
        method: Method,
        path: &str,
        body: Option<Vec<u8>>,
    ) -> Result<Vec<u8>, Error> {
        let url = session
            .instance_url
            .join(path)
            .ok()
            .filter(|url| url.origin() == session.instance_url.origin())
            .ok_or_else(|| Error::Malformed(format!("{path:?} leads away from the org")))?;
        let mut request = self
            .http
            .request(method, url)
            .bearer_auth(session.access_token.expose_secret())
            .header(ACCEPT, "application/json")
            .header("Sforce-Call-Options", "client=heroku-applink-patterns-rust");
        if let Some(body) = body {
            request = request.header(CONTENT_TYPE, "application/json").body(body);
        }
        let mut response = request.send().await.map_err(transport)?;
        let status = response.status();
        let retry_after = response
            .headers()
            .get(RETRY_AFTER)
            .and_then(|value| value.to_str().ok()?.parse().ok())
            .map(Duration::from_secs);
        let mut answer = Vec::new();
        while let Some(part) = response.chunk().await.map_err(|error| Error::Lost(error.without_url()))? {
            if answer.len() + part.len() > MAX_ANSWER {
                return Err(Error::Malformed(format!("more than {MAX_ANSWER} bytes")));
            }
            answer.extend_from_slice(&part);
        }
        if status.is_success() {
            return Ok(answer);
        }
        Err(Error::Api { status: status.as_u16(), errors: parse_errors(&answer), retry_after })
    }
}

fn transport(error: reqwest::Error) -> Error {
    // The URL may hold a query with customers' names.
    let error = error.without_url();
    if error.is_connect() || error.is_builder() { Error::NotSent(error) } else { Error::Lost(error) }
}
