//! On whose behalf, and where, calls are made.

use super::error::Error;
use super::hosts::{AllowedHosts, HostError};
use super::id::SalesforceId;
use futures_util::future::BoxFuture;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use url::Url;

/// A user's session in an org. `Debug` does not show the token.
#[derive(Debug, Clone)]
pub struct Session {
    /// The org's own address.
    pub instance_url: Url,
    /// API version such as `62.0`.
    pub api_version: String,
    /// Bearer token.
    pub access_token: SecretString,
    /// The org.
    pub org_id: SalesforceId,
    /// The user.
    pub user_id: SalesforceId,
}

/// The form in which a session is sealed and kept.
#[derive(Serialize, Deserialize)]
struct Stored {
    instance_url: Url,
    api_version: String,
    access_token: String,
    org_id: SalesforceId,
    user_id: SalesforceId,
}

/// A stored session that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoredSessionError {
    /// Not what [`Session::to_stored`] wrote.
    #[error("the stored session is not readable")]
    Unreadable,
    /// Its host is not allowed here.
    #[error("the stored session's host is not allowed")]
    Host(#[from] HostError),
}

impl Session {
    /// The session with its token, as JSON to be sealed.
    pub fn to_stored(&self) -> SecretString {
        let stored = Stored {
            instance_url: self.instance_url.clone(),
            api_version: self.api_version.clone(),
            access_token: self.access_token.expose_secret().to_owned(),
            org_id: self.org_id,
            user_id: self.user_id,
        };
        // A struct of strings always serialises.
        serde_json::to_string(&stored).unwrap_or_default().into()
    }

    /// The session that [`Session::to_stored`] wrote, its host checked again.
    ///
    /// # Errors
    /// [`StoredSessionError`], which never quotes the text.
    pub fn from_stored(text: &SecretString, hosts: &AllowedHosts) -> Result<Self, StoredSessionError> {
        let stored: Stored = serde_json::from_str(text.expose_secret()).map_err(|_| StoredSessionError::Unreadable)?;
        Ok(Self {
            instance_url: hosts.check(stored.instance_url.as_str())?,
            api_version: stored.api_version,
            access_token: stored.access_token.into(),
            org_id: stored.org_id,
            user_id: stored.user_id,
        })
    }
}

/// Gives a session, and a fresh one when Salesforce says that it has expired.
pub trait SessionSource: Send + Sync {
    /// The session to use now.
    fn session(&self) -> BoxFuture<'_, Result<Session, Error>>;

    /// Another session after Salesforce answered `INVALID_SESSION_ID` to `stale`.
    fn refresh<'a>(&'a self, stale: &'a Session) -> BoxFuture<'a, Result<Session, Error>>;
}

/// An invoking user's session, which nobody can refresh.
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
