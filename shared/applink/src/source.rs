//! Where the sessions of authorized users come from: the add-on, or one session that was given at the start.

use std::collections::BTreeMap;

use secrecy::SecretString;
use url::Url;

use super::authorization::{Authorization, OrgType, api_version, token_matches_org, token_problem};
use super::{AddonConfig, AddonConfigError};
use salesforce::{AllowedHosts, SalesforceId, Session};

const TOKEN_VAR: &str = "SF_SESSION_ID";
const URL_VAR: &str = "SF_INSTANCE_URL";
const USER_VAR: &str = "SF_USER_ID";
const ORG_VAR: &str = "SF_ORG_ID";
const VERSION_VAR: &str = "SF_API_VERSION";
const DEFAULT_VERSION: &str = "62.0";

/// Where [`AppLink`](super::AppLink) gets sessions. `Debug` shows no token.
#[derive(Debug, Clone)]
pub enum Source {
    /// The add-on, which gives each authorization its own, and a new one when that has ended.
    Addon(AddonConfig),
    /// One session for every name, such as the Salesforce CLI's, for a developer's machine. Nothing renews it.
    Session(Box<Session>),
}

impl From<AddonConfig> for Source {
    fn from(addon: AddonConfig) -> Self {
        Self::Addon(addon)
    }
}

impl Source {
    /// Reads a session from environment variables: `SF_SESSION_ID` (an access token), `SF_INSTANCE_URL` and `SF_USER_ID`;
    /// `SF_API_VERSION` (62.0 when not set) and `SF_ORG_ID`, which most tokens tell.
    ///
    /// # Errors
    /// [`AddonConfigError`] naming the variable.
    pub fn session_from_vars(
        vars: impl IntoIterator<Item = (String, String)>,
        hosts: &AllowedHosts,
    ) -> Result<Self, AddonConfigError> {
        let vars: BTreeMap<String, String> = vars.into_iter().collect();
        let given = |name: &str| vars.get(name).map(|value| value.trim()).filter(|value| !value.is_empty());
        let needed = |name: &str| given(name).ok_or_else(|| AddonConfigError::Missing { variable: name.to_owned() });
        let token = needed(TOKEN_VAR)?;
        if token_problem(token).is_some() {
            return Err(invalid(TOKEN_VAR, "cannot be sent in a header"));
        }
        let url = needed(URL_VAR)?;
        if Url::parse(url).is_err() {
            return Err(invalid(URL_VAR, "is not a URL"));
        }
        let mut instance_url = hosts
            .check(url)
            .map_err(|_| invalid(URL_VAR, "must be the https address of an org, or one of ALLOWED_ORG_HOSTS"))?;
        instance_url.set_path("/");
        let user_id = id(USER_VAR, needed(USER_VAR)?, "005", "is not the id of a user (005…)")?;
        let org_id = match given(ORG_VAR) {
            Some(text) => id(ORG_VAR, text, "00D", "is not the id of an org (00D…)")?,
            None => {
                let org = token.split_once('!').and_then(|(org, _)| org.parse().ok());
                org.ok_or_else(|| AddonConfigError::Missing { variable: ORG_VAR.to_owned() })?
            }
        };
        if !token_matches_org(token, &org_id) {
            return Err(invalid(ORG_VAR, "is not the org of SF_SESSION_ID"));
        }
        let version = api_version(given(VERSION_VAR).unwrap_or(DEFAULT_VERSION));
        let api_version = version.ok_or_else(|| invalid(VERSION_VAR, "is not a version such as 62.0"))?.to_owned();
        let access_token = SecretString::from(token);
        Ok(Self::Session(Box::new(Session { instance_url, api_version, access_token, org_id, user_id })))
    }
}

/// The authorization of this name when there is one session for all.
pub(super) fn of_session(name: &str, session: &Session) -> Authorization {
    Authorization {
        id: String::new(),
        developer_name: name.to_owned(),
        org_type: OrgType::Salesforce,
        session: session.clone(),
        username: String::new(),
        created_at: None,
    }
}

fn id(variable: &str, text: &str, prefix: &str, reason: &'static str) -> Result<SalesforceId, AddonConfigError> {
    text.parse().ok().filter(|_| text.starts_with(prefix)).ok_or_else(|| invalid(variable, reason))
}

fn invalid(variable: &str, reason: &'static str) -> AddonConfigError {
    AddonConfigError::Invalid { variable: variable.to_owned(), reason }
}

#[cfg(test)]
mod tests;
