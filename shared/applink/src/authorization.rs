//! One authorization as the add-on describes it, and the checks that every session from AppLink passes.

use chrono::{DateTime, Utc};
use secrecy::SecretString;
use serde::Deserialize;

use super::AppLinkError;
use salesforce::{AllowedHosts, Cleaner, SalesforceId, Session};

/// What kind of org an authorization is for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum OrgType {
    /// A Salesforce org.
    Salesforce,
    /// A Data Cloud (Data 360) org.
    DataCloud,
    /// Something newer, as the add-on names it; empty when it does not say.
    Other(String),
}

/// A user's authorization for this app, with a session. `Debug` does not show the token.
#[derive(Debug, Clone)]
pub struct Authorization {
    /// The add-on's id of it.
    pub id: String,
    /// Its name, chosen when it was made.
    pub developer_name: String,
    /// Kind of org.
    pub org_type: OrgType,
    /// Session of the user who authorized.
    pub session: Session,
    /// That user's name; empty when the add-on does not say.
    pub username: String,
    /// When it was made.
    pub created_at: Option<DateTime<Utc>>,
}

impl Authorization {
    /// For callers of the REST API, which a Data Cloud org does not have; `name` is that by which it was asked for.
    ///
    /// # Errors
    /// [`AppLinkError::DataCloud`].
    pub(super) fn of_salesforce(&self, name: &str) -> Result<(), AppLinkError> {
        match self.org_type {
            OrgType::DataCloud => Err(AppLinkError::DataCloud { name: name.to_owned() }),
            OrgType::Salesforce | OrgType::Other(_) => Ok(()),
        }
    }

    /// For what may happen in `org` only; `name` is that by which it was asked for.
    ///
    /// # Errors
    /// [`AppLinkError::AnotherOrg`].
    pub(super) fn of_org(&self, name: &str, org: &SalesforceId) -> Result<(), AppLinkError> {
        let found = self.session.org_id;
        if found == *org { Ok(()) } else { Err(AppLinkError::AnotherOrg { name: name.to_owned(), org: *org, found }) }
    }
}

#[derive(Deserialize)]
struct Body {
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    status: Option<String>,
    #[serde(default)]
    org: Option<Org>,
    #[serde(default)]
    created_at: Option<String>,
}

#[derive(Deserialize)]
struct Org {
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    developer_name: Option<String>,
    #[serde(default)]
    instance_url: Option<String>,
    #[serde(default, rename = "type")]
    org_type: Option<String>,
    #[serde(default)]
    api_version: Option<String>,
    #[serde(default)]
    user_auth: Option<UserAuth>,
}

#[derive(Deserialize)]
struct UserAuth {
    #[serde(default)]
    username: Option<String>,
    #[serde(default)]
    user_id: Option<String>,
    #[serde(default)]
    access_token: Option<String>,
}

/// Reads the add-on's answer to a request for the authorization `name`.
pub(super) fn parse(name: &str, body: &[u8], hosts: &AllowedHosts) -> Result<Authorization, AppLinkError> {
    // Where, not what: the parser's message could show a part of the token.
    let body: Body = serde_json::from_slice(body).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        AppLinkError::Unexpected { reason: format!("{:?} error at line {line} column {column}", error.classify()) }
    })?;
    let token = body.org.as_ref().and_then(|org| org.user_auth.as_ref()?.access_token.clone());
    let cleaner = Cleaner::default().and(&token.unwrap_or_default());
    authorization(name, body, hosts).map_err(|error| error.cleared(&cleaner))
}

fn authorization(name: &str, body: Body, hosts: &AllowedHosts) -> Result<Authorization, AppLinkError> {
    let Body { id, status, org, created_at } = body;
    let status = status.unwrap_or_default();
    let Some(Org { id: org_id, developer_name, instance_url, org_type, api_version: version, user_auth }) = org else {
        let reason = "it has no `org`".to_owned();
        return Err(not_authorized_or(name, &status, || AppLinkError::Unexpected { reason }));
    };
    let Some(UserAuth { username, user_id, access_token: Some(access_token) }) = user_auth else {
        return Err(not_authorized_or(name, &status, || not_authorized(name, "without a token")));
    };
    if status != "authorized" {
        return Err(not_authorized(name, &status));
    }
    let org_id = record_id("org.id", org_id)?;
    check_token(name, &access_token, &org_id)?;
    let org_type = match org_type.unwrap_or_default().as_str() {
        "SalesforceOrg" => OrgType::Salesforce,
        "DataCloudOrg" | "DatacloudOrg" => OrgType::DataCloud,
        other => OrgType::Other(other.to_owned()),
    };
    let mut instance_url = instance_url.unwrap_or_default();
    // Heroku's SDK uses it as it stands, so it may or may not have a scheme there.
    if org_type == OrgType::DataCloud && !instance_url.is_empty() && !instance_url.contains("://") {
        instance_url.insert_str(0, "https://");
    }
    let mut instance_url =
        hosts.check(&instance_url).map_err(|error| malformed(format!("`org.instance_url` {error}")))?;
    instance_url.set_path("/");
    let version = version.unwrap_or_default();
    let version = api_version(&version).ok_or_else(|| malformed("`org.api_version` is not a version"))?.to_owned();
    Ok(Authorization {
        id: id.unwrap_or_default(),
        developer_name: developer_name.unwrap_or_else(|| name.to_owned()),
        org_type,
        session: Session {
            instance_url,
            api_version: version,
            access_token: SecretString::from(access_token),
            org_id,
            user_id: record_id("org.user_auth.user_id", user_id)?,
        },
        username: username.unwrap_or_default(),
        created_at: created_at.and_then(|text| Some(DateTime::parse_from_rfc3339(&text).ok()?.with_timezone(&Utc))),
    })
}

fn check_token(name: &str, token: &str, org_id: &SalesforceId) -> Result<(), AppLinkError> {
    if token.is_empty() {
        return Err(not_authorized(name, "without a token"));
    }
    if let Some(problem) = token_problem(token) {
        return Err(malformed(format!("the access token {problem}")));
    }
    if !token_matches_org(token, org_id) {
        return Err(malformed("the access token is another org's"));
    }
    Ok(())
}

fn record_id(field: &str, text: Option<String>) -> Result<SalesforceId, AppLinkError> {
    text.unwrap_or_default().parse().map_err(|error| malformed(format!("`{field}`: {error}")))
}

fn not_authorized_or(name: &str, status: &str, otherwise: impl FnOnce() -> AppLinkError) -> AppLinkError {
    // Without a status the answer says nothing about the user's consent.
    if matches!(status, "authorized" | "") { otherwise() } else { not_authorized(name, status) }
}

fn not_authorized(name: &str, status: &str) -> AppLinkError {
    let status = if status.is_empty() { "of unknown status" } else { status };
    AppLinkError::NotAuthorized { name: name.to_owned(), status: status.to_owned() }
}

fn malformed(reason: impl Into<String>) -> AppLinkError {
    AppLinkError::Malformed { reason: reason.into() }
}

/// A version of the REST API without its leading `v`, which some senders put there: `62.0`.
pub(super) fn api_version(text: &str) -> Option<&str> {
    let version = text.strip_prefix(['v', 'V']).unwrap_or(text);
    let (major, minor) = version.split_once('.')?;
    let digits = |part: &str| (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    (digits(major) && digits(minor)).then_some(version)
}

/// Why a token cannot be sent, if so.
pub(super) fn token_problem(token: &str) -> Option<&'static str> {
    (!token.bytes().all(|b| b.is_ascii_graphic())).then_some("cannot be sent in a header")
}

/// A session id begins with its org's id and `!`. Tokens of other forms tell nothing.
pub(super) fn token_matches_org(token: &str, org_id: &SalesforceId) -> bool {
    match token.split_once('!') {
        Some((prefix, _)) if prefix.starts_with("00D") => {
            prefix.parse::<SalesforceId>().is_ok_and(|prefix| prefix == *org_id)
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests;
