//! The settings behind [`AddonConfig`] and [`Source`].

use super::Reader;
use crate::applink::{AddonConfig, AddonConfigError, Source};
use crate::salesforce::AllowedHosts;

/// Names of a session's variables; the first two say that there is one.
const SESSION: [&str; 5] = ["SF_SESSION_ID", "SF_INSTANCE_URL", "SF_USER_ID", "SF_ORG_ID", "SF_API_VERSION"];
const PREFIX: &str = "HEROKU_APPLINK_ADDON_NAME";
const DEFAULT_PREFIX: &str = "HEROKU_APPLINK";

/// Reads the attachment that an app has by default. `None` only when [`Reader::finish`] fails.
///
/// | variable | default | meaning |
/// |---|---|---|
/// | `HEROKU_APPLINK_API_URL` | | address of the add-on: https, or http on loopback and for hosts of `ALLOWED_ORG_HOSTS` |
/// | `HEROKU_APPLINK_TOKEN` | | the app's token for it |
/// | `HEROKU_APP_ID` | | the app's UUID |
/// | `HEROKU_APPLINK_ADDON_NAME` | `HEROKU_APPLINK` | what the first two begin with |
pub fn read(reader: &mut Reader<'_>) -> Option<AddonConfig> {
    let prefix = reader.optional(PREFIX, DEFAULT_PREFIX.to_owned());
    let names = [format!("{prefix}_API_URL"), format!("{prefix}_TOKEN"), "HEROKU_APP_ID".to_owned()];
    let mut vars = vec![(PREFIX.to_owned(), prefix)];
    for name in names {
        if let Some(value) = reader.optional_value::<String>(&name) {
            vars.push((name, value));
        }
    }
    // A list that cannot be read allows nothing; `hosts::read` complains about it.
    let extra = AllowedHosts::with_extra(&reader.list("ALLOWED_ORG_HOSTS"));
    let hosts = extra.unwrap_or_else(|_| AllowedHosts::salesforce());
    AddonConfig::from_vars(vars, None, &hosts).map_err(|error| complain(reader, error)).ok()
}

/// The same for a process that does without where no address of the add-on is set.
pub fn read_if_set(reader: &mut Reader<'_>) -> Option<AddonConfig> {
    let prefix = reader.optional(PREFIX, DEFAULT_PREFIX.to_owned());
    reader.optional_value::<String>(&format!("{prefix}_API_URL")).and_then(|_| read(reader))
}

/// Reads the add-on like [`read`], or in place of it a session of one's own, such as the Salesforce CLI's. `None` only when
/// [`Reader::finish`] fails.
///
/// | variable | default | meaning |
/// |---|---|---|
/// | `SF_SESSION_ID` | | access token of a user, in place of the add-on; not on a dyno |
/// | `SF_INSTANCE_URL` | | the org's address |
/// | `SF_USER_ID` | | id of the user |
/// | `SF_ORG_ID` | as the token says | id of the org |
/// | `SF_API_VERSION` | 62.0 | version of the REST API |
pub fn read_or_session(reader: &mut Reader<'_>) -> Option<Source> {
    let mut vars = Vec::new();
    for name in SESSION {
        if let Some(value) = reader.optional_value::<String>(name) {
            vars.push((name.to_owned(), value));
        }
    }
    if !vars.iter().any(|(name, _)| SESSION[..2].contains(&name.as_str())) {
        return read(reader).map(Source::Addon);
    }
    if reader.optional_value::<String>("DYNO").is_some() {
        reader.problem(SESSION[0], "is for a developer's machine, not for a dyno: attach the AppLink add-on");
    }
    if reader.optional_value::<String>("HEROKU_APPLINK_API_URL").is_some() {
        reader.problem(SESSION[0], "and HEROKU_APPLINK_API_URL are both set; take one of them away");
    }
    let extra = AllowedHosts::with_extra(&reader.list("ALLOWED_ORG_HOSTS"));
    let hosts = extra.unwrap_or_else(|_| AllowedHosts::salesforce());
    Source::session_from_vars(vars, &hosts).map_err(|error| complain(reader, error)).ok()
}

fn complain(reader: &mut Reader<'_>, error: AddonConfigError) {
    match error {
        AddonConfigError::Missing { variable } if SESSION.contains(&variable.as_str()) => {
            reader.problem(&variable, "is not set; bin/sf-session sets what a session needs");
        }
        AddonConfigError::Missing { variable } => {
            reader.missing(&variable, "the AppLink add-on sets it; docs/local-org.md has what it is for local-org");
        }
        AddonConfigError::Invalid { variable, reason } => reader.problem(&variable, reason),
        AddonConfigError::Insecure { variable } => reader.problem(
            &variable,
            "must begin with https://; http:// is for this machine and for hosts in ALLOWED_ORG_HOSTS",
        ),
        error => reader.problem(PREFIX, error.to_string()),
    }
}
