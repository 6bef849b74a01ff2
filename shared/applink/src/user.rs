//! Sessions of an authorized user, for the Salesforce client.

use futures_util::future::BoxFuture;
use secrecy::ExposeSecret;

use super::AppLink;
use salesforce::{Error, ErrorKind, Session, SessionSource};

/// Gives the session of an AppLink authorization of a Salesforce org, and asks the add-on for a new one when Salesforce
/// refuses it.
#[derive(Debug, Clone)]
pub struct AuthorizedUser {
    applink: AppLink,
    name: String,
}

impl AppLink {
    /// Sessions of the user with this authorization, for a [`Client`](salesforce::Client).
    #[must_use]
    pub fn authorized_user(&self, name: impl Into<String>) -> AuthorizedUser {
        AuthorizedUser { applink: self.clone(), name: name.into() }
    }
}

impl AuthorizedUser {
    /// Developer name or alias of the authorization.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// What was begun in one org must not go on in another.
#[derive(Debug, thiserror::Error)]
#[error("the authorization {name} is another org's by now")]
struct AnotherOrg {
    name: String,
}

impl SessionSource for AuthorizedUser {
    fn session(&self) -> BoxFuture<'_, Result<Session, Error>> {
        Box::pin(async { Ok(self.applink.salesforce(&self.name).await?.session.clone()) })
    }

    fn refresh<'a>(&'a self, stale: &'a Session) -> BoxFuture<'a, Result<Session, Error>> {
        Box::pin(async {
            let authorization = self.applink.refresh(&self.name, stale.access_token.expose_secret()).await?;
            if authorization.session.org_id != stale.org_id {
                let source = Box::new(AnotherOrg { name: self.name.clone() });
                return Err(Error::Session { kind: ErrorKind::SessionExpired, source });
            }
            authorization.of_salesforce(&self.name)?;
            Ok(authorization.session.clone())
        })
    }
}
