//! Results of asynchronous calls, posted back to Salesforce (Salesforce Help, "External Services Asynchronous Operations").

use chrono::Utc;
use reqwest::header::{CONTENT_TYPE, HeaderMap};
use reqwest::{Method, StatusCode};
use salesforce::http::{kind_of_bare_status, retry_after};
use salesforce::trace::CallSpan;
use salesforce::{ErrorKind, Session};
use secrecy::ExposeSecret;
use serde::Serialize;
use std::time::Duration;
use url::Url;

/// A result on its way to the caller.
#[derive(Debug)]
pub struct Callback<'a, B> {
    /// Where to; must have passed [`AllowedHosts::check`](salesforce::AllowedHosts::check), and be of the session's
    /// org.
    pub url: Url,
    /// The result, sent as JSON.
    pub body: &'a B,
    /// Sent as `Idempotency-Key`: the same for every try, so that a receiver can tell a repeated delivery.
    pub key: &'a str,
    /// Sent as `X-Request-Id`: the id of the request that asked for the result.
    pub request_id: &'a str,
    /// Longest wait for the answer.
    pub timeout: Duration,
}

/// What stands behind `/services/` and does what its caller says, or logs somebody in.
const APIS: [&str; 20] = [
    "a360",
    "apexrest",
    "async",
    "auth",
    "authcallback",
    "cdp",
    "chatter",
    "cometd",
    "connect",
    "data",
    "iot",
    "mcp",
    "oauth2",
    "proxy",
    "saml",
    "scim",
    "scrt",
    "soap",
    "ssot",
    "wave",
];

/// How the receiver answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// It has the result.
    Taken,
    /// It does not want it: 404 is unknown, 408 too late. Trying again is useless.
    Refused(u16),
}

/// The receiver did not get the result, or nobody knows.
#[derive(Debug, thiserror::Error)]
pub enum CallbackError {
    /// The URL is not of the session's org; nothing was sent.
    #[error("the callback URL is not of the org whose token would be sent")]
    ForeignHost,
    /// No answer.
    #[error("the callback's host {host} did not answer")]
    Transport {
        /// The host.
        host: String,
        /// Cause, without the URL.
        source: reqwest::Error,
    },
    /// A page for people, which is no receipt: something answered in the receiver's place.
    #[error("the callback was answered {status} with a page")]
    Page {
        /// The HTTP status.
        status: u16,
    },
    /// A passing fault of the receiver.
    #[error("the callback was answered {status}")]
    Status {
        /// The HTTP status.
        status: u16,
        /// How long the receiver asks to wait.
        retry_after: Option<Duration>,
    },
}

impl CallbackError {
    /// How long the receiver asks to wait, when it does.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Status { retry_after, .. } => *retry_after,
            Self::ForeignHost | Self::Transport { .. } | Self::Page { .. } => None,
        }
    }
}

/// Whether `url` is of the session's org: has the scheme, host and port of its instance URL. Salesforce does not say on
/// which host it takes callbacks; a token goes nowhere else than to its own org's API host.
#[must_use]
pub fn is_of_org(url: &Url, session: &Session) -> bool {
    url.origin() == session.instance_url.origin()
}

/// Whether `url` can be the address that Salesforce made for one result, where a post can do nothing else than tell it. On which
/// path that is, is not documented; local-org's is `/services/async-callbacks/<id>`. So this takes a path at the root of the org that
/// names callbacks, or stands behind `/services/` and is no API of that place; with no part in which a server could read something
/// else than is written (escapes, parameters, back-slashes), and no query that makes another call of the post (`_HttpMethod`,
/// `_method`). All others may be a page of the user interface or of a site, or an API, where a post does whatever its caller likes.
#[must_use]
pub fn is_for_one_result(url: &Url) -> bool {
    let is_plain = |segment: &str| {
        !segment.is_empty() && segment.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._~-".contains(&byte))
    };
    let path = url.path().to_ascii_lowercase();
    let parts: Vec<_> = path.split('/').skip(1).collect();
    if !parts.iter().all(|part| is_plain(part)) || !url.query().is_none_or(is_plain_query) {
        return false;
    }
    match parts.as_slice() {
        // A site may have any path of its own, and has the APIs below it. `data.json` is `data`.
        ["services", below @ ..] if below.len() > 1 && !below.contains(&"services") => {
            let api = below.first().and_then(|api| api.split('.').next()).unwrap_or_default();
            !APIS.contains(&api)
        }
        [first, _id] => first.contains("callback"),
        _ => false,
    }
}

/// Whether a query only names values, and none for the server itself.
fn is_plain_query(query: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-=&".contains(&byte);
    let is_for_server = |name: &str| name.starts_with('_') || name.to_ascii_lowercase().contains("method");
    query.bytes().all(is_plain) && !query.split('&').any(is_for_server)
}

/// Posts a result with the token of `session`. The answer's body is not read, only that it is no page for people.
///
/// # Errors
/// [`CallbackError::ForeignHost`] for a URL of another org; any other [`CallbackError`] when it should be tried again.
pub async fn deliver(
    http: &reqwest::Client,
    session: &Session,
    callback: &Callback<'_, impl Serialize>,
) -> Result<Delivery, CallbackError> {
    if !is_of_org(&callback.url, session) {
        return Err(CallbackError::ForeignHost);
    }
    let span = CallSpan::http(&Method::POST, &callback.url, "/{callback}", 0);
    let answer = http
        .post(callback.url.clone())
        .headers(span.added_to(HeaderMap::new()))
        .bearer_auth(session.access_token.expose_secret())
        .header("Idempotency-Key", callback.key)
        .header("X-Request-Id", callback.request_id)
        .timeout(callback.timeout)
        .json(callback.body)
        .send()
        .await
        .inspect_err(|_| span.failed("unreachable"))
        .map_err(|error| CallbackError::Transport {
            host: callback.url.host_str().unwrap_or_default().to_owned(),
            source: error.without_url(),
        })?;
    let status = answer.status();
    span.answered(status.as_u16());
    let content_type = answer.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is_page = content_type.trim_start().to_ascii_lowercase().starts_with("text/html");
    match kind_of_bare_status(status.as_u16()) {
        _ if status.is_success() && is_page => Err(CallbackError::Page { status: status.as_u16() }),
        _ if status.is_success() => Ok(Delivery::Taken),
        // 408 of Salesforce means that the result came too late.
        ErrorKind::Transient | ErrorKind::LimitExceeded if status != StatusCode::REQUEST_TIMEOUT => {
            let retry_after = retry_after(answer.headers(), Utc::now());
            Err(CallbackError::Status { status: status.as_u16(), retry_after })
        }
        _ => Ok(Delivery::Refused(status.as_u16())),
    }
}

#[cfg(test)]
mod tests;
