//! A session as text, to be sealed and kept for a job.

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use url::Url;

use super::{AllowedHosts, HostError, SalesforceId, Session};

#[derive(Serialize, Deserialize)]
struct Stored {
    instance_url: Url,
    api_version: String,
    access_token: String,
    org_id: SalesforceId,
    user_id: SalesforceId,
}

/// A stored session that cannot be used. Never quotes the text.
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
    /// The session with its token, as JSON. Seal it before it leaves the process.
    ///
    /// # Errors
    /// Never for a session whose fields are text; writing JSON is fallible in its type only.
    pub fn to_stored(&self) -> Result<SecretString, serde_json::Error> {
        let stored = Stored {
            instance_url: self.instance_url.clone(),
            api_version: self.api_version.clone(),
            access_token: self.access_token.expose_secret().to_owned(),
            org_id: self.org_id,
            user_id: self.user_id,
        };
        serde_json::to_string(&stored).map(SecretString::from)
    }

    /// The session that [`Session::to_stored`] wrote, its host checked again.
    ///
    /// # Errors
    /// [`StoredSessionError`].
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
