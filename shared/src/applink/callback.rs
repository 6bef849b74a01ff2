//! Results of asynchronous calls, posted back to Salesforce (Salesforce Help, "External Services Asynchronous Operations").

use crate::salesforce::Session;
use reqwest::StatusCode;
use secrecy::ExposeSecret;
use serde::Serialize;
use url::Url;

/// How the receiver answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// It has the result.
    Taken,
    /// It does not want it: 404 is unknown, 408 too late. Trying again is useless.
    Refused(u16),
}

/// The receiver did not get the result, or nobody knows: try again.
#[derive(Debug, thiserror::Error)]
pub enum CallbackError {
    /// No answer.
    #[error("the callback's host did not answer")]
    Transport(#[source] reqwest::Error),
    /// A passing fault of the receiver.
    #[error("the callback was answered {0}")]
    Status(u16),
}

/// Posts `body` to `url`, which must have passed [`AllowedHosts::check`](crate::salesforce::AllowedHosts::check).
///
/// # Errors
/// [`CallbackError`] when it should be tried again.
pub async fn deliver(
    http: &reqwest::Client,
    session: &Session,
    url: Url,
    body: &impl Serialize,
) -> Result<Delivery, CallbackError> {
    let answer = http
        .post(url)
        .bearer_auth(session.access_token.expose_secret())
        .json(body)
        .send()
        .await
        .map_err(|error| CallbackError::Transport(error.without_url()))?;
    let status = answer.status();
    match status {
        _ if status.is_success() => Ok(Delivery::Taken),
        StatusCode::TOO_MANY_REQUESTS => Err(CallbackError::Status(status.as_u16())),
        _ if status.is_server_error() => Err(CallbackError::Status(status.as_u16())),
        _ => Ok(Delivery::Refused(status.as_u16())),
    }
}
