//! Who talks to which org: a [`Session`], and where sessions come from.

use std::fmt;

use futures_util::future::BoxFuture;
use secrecy::SecretString;
use url::Url;

use super::{Error, SalesforceId};

/// Everything a call needs: the org's address, the version of the API, and a user's access token.
///
/// `Debug` does not show the token.
#[derive(Clone)]
pub struct Session {
    /// The org's own URL, checked with [`AllowedHosts`](super::AllowedHosts), for example `https://acme.my.salesforce.com/`.
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
    /// Called once per failed call; callers that fail together may all ask, so an implementation should do the work once.
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
