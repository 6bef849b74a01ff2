//! Who talks to which org: a [`Session`], and where sessions come from.

use std::fmt;

use futures_util::future::BoxFuture;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use url::Url;

use super::{Cleaner, Error, SalesforceId};

/// Everything a call needs: the org's address, the version of the API, and a user's access token.
///
/// `Debug` does not show the token.
#[derive(Clone)]
pub struct Session {
    /// The org's own URL, checked with [`AllowedHosts`](super::AllowedHosts), for example
    /// `https://acme.my.salesforce.com/`.
    pub instance_url: Url,
    /// Version of the REST API without a leading `v`, for example `62.0`.
    pub api_version: String,
    /// OAuth access token, sent as a bearer token to `instance_url` and nowhere else.
    pub access_token: SecretString,
    /// Id of the org, `00D…`.
    pub org_id: SalesforceId,
    /// Id of the user on whose behalf calls are made, `005…`.
    pub user_id: SalesforceId,
}

/// A session as text; the same fields, with the token in clear.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Opened {
    instance_url: Url,
    api_version: String,
    access_token: String,
    org_id: SalesforceId,
    user_id: SalesforceId,
}

impl Session {
    /// What clears text of others of this session's token.
    #[must_use]
    pub fn cleaner(&self) -> Cleaner {
        Cleaner::default().and(self.access_token.expose_secret())
    }

    /// The org's host, with its port where that is not the usual one: what errors and logs name.
    #[must_use]
    pub fn host(&self) -> String {
        let host = self.instance_url.host_str().unwrap_or_default();
        self.instance_url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }

    /// The whole session as one secret text, to be encrypted and kept; [`Session::from_secret`] reads it.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] if it cannot be written, which does not happen.
    pub fn to_secret(&self) -> Result<SecretString, Error> {
        let opened = Opened {
            instance_url: self.instance_url.clone(),
            api_version: self.api_version.clone(),
            access_token: self.access_token.expose_secret().to_owned(),
            org_id: self.org_id,
            user_id: self.user_id,
        };
        let text = serde_json::to_string(&opened).map_err(|_| Error::invalid_request("the session is not JSON"))?;
        Ok(SecretString::from(text))
    }

    /// Reads what [`Session::to_secret`] wrote. The host is not checked again: keep the text where nobody can change
    /// it.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`], which does not show the text, if it is not a session.
    pub fn from_secret(secret: &SecretString) -> Result<Self, Error> {
        let opened: Opened = serde_json::from_str(secret.expose_secret())
            .map_err(|_| Error::invalid_request("the kept session cannot be read"))?;
        Ok(Self {
            instance_url: opened.instance_url,
            api_version: opened.api_version,
            access_token: SecretString::from(opened.access_token),
            org_id: opened.org_id,
            user_id: opened.user_id,
        })
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("instance_url", &self.instance_url.as_str())
            .field("api_version", &self.api_version)
            .field("access_token", &"[REDACTED]")
            .field("org_id", &self.org_id)
            .field("user_id", &self.user_id)
            .finish()
    }
}

/// Where a [`Client`](super::Client) gets its session from, and a new one when Salesforce no longer accepts it.
pub trait SessionSource: Send + Sync {
    /// The session to use now; cheap when it is known already.
    fn session(&self) -> BoxFuture<'_, Result<Session, Error>>;

    /// A session other than `stale`, which Salesforce has answered 401 to.
    ///
    /// Called once per failed call; callers that fail together may all ask, so an implementation should do the work
    /// once.
    fn refresh<'a>(&'a self, stale: &'a Session) -> BoxFuture<'a, Result<Session, Error>>;
}

/// A session that cannot be renewed, such as the one of the user who called this service.
#[derive(Debug, Clone)]
pub struct FixedSession(pub Session);

impl SessionSource for FixedSession {
    fn session(&self) -> BoxFuture<'_, Result<Session, Error>> {
        Box::pin(async { Ok(self.0.clone()) })
    }

    fn refresh<'a>(&'a self, _stale: &'a Session) -> BoxFuture<'a, Result<Session, Error>> {
        Box::pin(async { Err(Error::SessionExpired) })
    }
}

#[cfg(test)]
mod tests;
