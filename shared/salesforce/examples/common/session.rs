//! What the examples share: a session from the environment, and a client with it.

use salesforce::{AllowedHosts, Client, ClientSettings, FixedSession, HttpSettings, Session, http_client};
use std::error::Error;
use std::sync::Arc;

/// The session of `INSTANCE_URL`, `ACCESS_TOKEN`, `ORG_ID` and `USER_ID`; `API_VERSION` is 62.0 unless it is set.
///
/// Whoever runs an example chooses the host. A service has a list of its own, because a token must not go to a host that a
/// caller chose.
pub(crate) fn session() -> Result<Session, Box<dyn Error>> {
    let url = variable("INSTANCE_URL")?;
    let instance_url = hosts(&url)?.check(&url)?;
    Ok(Session {
        instance_url,
        api_version: variable("API_VERSION").unwrap_or_else(|_| "62.0".to_owned()),
        access_token: variable("ACCESS_TOKEN")?.into(),
        org_id: variable("ORG_ID")?.parse()?,
        user_id: variable("USER_ID")?.parse()?,
    })
}

/// A client with that session, which cannot be renewed.
pub(crate) fn client() -> Result<Client, Box<dyn Error>> {
    let http = http_client(&HttpSettings::default())?;
    Ok(Client::new(http, Arc::new(FixedSession(session()?)), ClientSettings::default()))
}

/// Salesforce's hosts and the one of `url`, so that a local org may be it.
pub(crate) fn hosts(url: &str) -> Result<AllowedHosts, Box<dyn Error>> {
    let url: url::Url = url.parse()?;
    let host = url.host_str().ok_or("the URL has no host")?;
    let extra = url.port().map(|port| format!("{host}:{port}"));
    Ok(AllowedHosts::with_extra(extra.as_slice())?)
}

/// A variable of the environment.
#[expect(clippy::disallowed_methods, reason = "an example has no other settings")]
pub(crate) fn variable(name: &str) -> Result<String, Box<dyn Error>> {
    std::env::var(name).map_err(|error| format!("{name}: {error}").into())
}
