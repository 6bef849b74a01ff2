//! The settings behind [`AddonConfig`].

use super::Reader;
use crate::applink::{AddonConfig, AddonConfigError};
use crate::salesforce::AllowedHosts;

const PREFIX: &str = "HEROKU_APPLINK_ADDON_NAME";

/// Reads the attachment that an app has by default. `None` only when [`Reader::finish`] fails.
///
/// | variable | default | meaning |
/// |---|---|---|
/// | `HEROKU_APPLINK_API_URL` | | address of the add-on: https, or http on loopback and for hosts of `ALLOWED_ORG_HOSTS` |
/// | `HEROKU_APPLINK_TOKEN` | | the app's token for it |
/// | `HEROKU_APP_ID` | | the app's UUID |
/// | `HEROKU_APPLINK_ADDON_NAME` | `HEROKU_APPLINK` | what the first two begin with |
pub fn read(reader: &mut Reader<'_>) -> Option<AddonConfig> {
    let prefix = reader.optional(PREFIX, "HEROKU_APPLINK".to_owned());
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
    let error = match AddonConfig::from_vars(vars, None, &hosts) {
        Ok(addon) => return Some(addon),
        Err(error) => error,
    };
    match error {
        AddonConfigError::Missing { variable } => {
            reader.missing(&variable, "the AppLink add-on sets it; the README has what it is for local-org");
        }
        AddonConfigError::Invalid { variable, reason } => reader.problem(&variable, reason),
        AddonConfigError::Insecure { variable } => reader.problem(
            &variable,
            "must begin with https://; http:// is for this machine and for hosts in ALLOWED_ORG_HOSTS",
        ),
        error => reader.problem(PREFIX, error.to_string()),
    }
    None
}
