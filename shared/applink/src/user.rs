//! Sessions of an authorized user, for the Salesforce client.

use std::time::Duration;

use futures_util::future::BoxFuture;
use secrecy::ExposeSecret;

use super::{AppLink, AppLinkError};
use salesforce::{Error, SalesforceId, Session, SessionSource};

/// Gives the session of an AppLink authorization of a Salesforce org, and asks the add-on for a new one when Salesforce
/// refuses it.
///
/// An operator can authorize another org under the same name at any time. A session is never renewed with one of another org
/// than its own; who must not begin in another either says which org it is: [`of_org`](Self::of_org).
#[derive(Debug, Clone)]
pub struct AuthorizedUser {
    applink: AppLink,
    name: String,
    /// The only org of which it gives sessions.
    org: Option<SalesforceId>,
}

impl AppLink {
    /// Sessions of the user with this authorization, for a [`Client`](salesforce::Client).
    #[must_use]
    pub fn authorized_user(&self, name: impl Into<String>) -> AuthorizedUser {
        AuthorizedUser { applink: self.clone(), name: name.into(), org: None }
    }
}

impl AuthorizedUser {
    /// Developer name or alias of the authorization.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The same user, as a source that gives sessions of `org` and of no other.
    #[must_use]
    pub fn of_org(&self, org: SalesforceId) -> Self {
        Self { org: Some(org), ..self.clone() }
    }

    /// The org of which the authorization was at most `age` ago, as the add-on says.
    ///
    /// # Errors
    /// Any [`AppLinkError`].
    pub async fn current_org(&self, age: Duration) -> Result<SalesforceId, AppLinkError> {
        Ok(self.applink.asked_within(&self.name, age).await?.session.org_id)
    }
}

impl SessionSource for AuthorizedUser {
    fn session(&self) -> BoxFuture<'_, Result<Session, Error>> {
        Box::pin(async {
            let authorization = match &self.org {
                Some(org) => self.applink.of_org(&self.name, org).await?,
                None => self.applink.salesforce(&self.name).await?,
            };
            Ok(authorization.session.clone())
        })
    }

    fn refresh<'a>(&'a self, stale: &'a Session) -> BoxFuture<'a, Result<Session, Error>> {
        Box::pin(async {
            let authorization = self.applink.refresh(&self.name, stale.access_token.expose_secret()).await?;
            authorization.of_org(&self.name, self.org.as_ref().unwrap_or(&stale.org_id))?;
            authorization.of_salesforce(&self.name)?;
            Ok(authorization.session.clone())
        })
    }
}
