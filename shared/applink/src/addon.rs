//! Which add-on to ask, from the config vars that its attachment sets.

use std::collections::BTreeMap;

use secrecy::SecretString;
use thiserror::Error;
use url::{Host, Url};

use salesforce::AllowedHosts;

/// What the names of the config vars begin with, unless [`PREFIX_VAR`] says otherwise.
const DEFAULT_PREFIX: &str = "HEROKU_APPLINK";
const PREFIX_VAR: &str = "HEROKU_APPLINK_ADDON_NAME";
const APP_ID_VAR: &str = "HEROKU_APP_ID";
const URL_SUFFIX: &str = "_API_URL";
const TOKEN_SUFFIX: &str = "_TOKEN";

/// Address of an AppLink add-on and the app's credentials for it. `Debug` does not show the token.
#[derive(Debug, Clone)]
pub struct AddonConfig {
    /// `…_API_URL`, for example `https://applink.heroku.com/addons/01234567-89ab-cdef-0123-456789abcdef`.
    pub api_url: Url,
    /// `…_TOKEN`.
    pub token: SecretString,
    /// `HEROKU_APP_ID`, the app's UUID; tells the add-on which of the attached apps asks.
    pub app_id: String,
}

/// The config vars do not describe an add-on.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum AddonConfigError {
    /// A variable is not set, or is empty.
    #[error("{variable} is not set")]
    Missing {
        /// Name of the variable.
        variable: String,
    },
    /// A variable has a value that cannot be used.
    #[error("{variable} {reason}")]
    Invalid {
        /// Name of the variable.
        variable: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The address is http, and neither on this machine nor among the allowed hosts: the token would go there in clear.
    #[error("{variable} must begin with https://; http:// is for this machine and for allowed hosts")]
    Insecure {
        /// Name of the variable.
        variable: String,
    },
    /// No attachment has this name, colour or URL.
    #[error("no AppLink attachment is named `{attachment}`; looked for {}", looked_for.join(", "))]
    UnknownAttachment {
        /// The name, colour or URL.
        attachment: String,
        /// Variables that would have told.
        looked_for: Vec<String>,
    },
}

impl AddonConfig {
    /// Finds the add-on in environment variables.
    ///
    /// Without `attachment` it is the one of `HEROKU_APPLINK_API_URL` and `HEROKU_APPLINK_TOKEN`, where the value of
    /// `HEROKU_APPLINK_ADDON_NAME` replaces the prefix. With it, it is another attachment: by its name (`BILLING` for
    /// `BILLING_API_URL`), its colour (`PURPLE` for `HEROKU_APPLINK_PURPLE_API_URL`), or its API URL.
    ///
    /// The address must be https, since the token goes there: http is for loopback, and for the extra hosts of `hosts`.
    ///
    /// # Errors
    /// [`AddonConfigError`] naming the variable.
    pub fn from_vars(
        vars: impl IntoIterator<Item = (String, String)>,
        attachment: Option<&str>,
        hosts: &AllowedHosts,
    ) -> Result<Self, AddonConfigError> {
        let vars: BTreeMap<String, String> = vars.into_iter().filter(|(_, value)| !value.trim().is_empty()).collect();
        let prefix = match attachment.map(str::trim).filter(|attachment| !attachment.is_empty()) {
            None => default_prefix(&vars).to_owned(),
            Some(attachment) => attachment_prefix(&vars, attachment)?,
        };
        let get = |variable: String| match vars.get(&variable) {
            Some(value) => Ok((variable, value.trim())),
            None => Err(AddonConfigError::Missing { variable }),
        };
        let (variable, url) = get(format!("{prefix}{URL_SUFFIX}"))?;
        let api_url = Url::parse(url).ok().filter(|url| matches!(url.scheme(), "https" | "http") && url.has_host());
        let Some(api_url) = api_url else {
            return Err(AddonConfigError::Invalid { variable, reason: "is not an http or https URL" });
        };
        if !may_have_the_token(&api_url, hosts) {
            return Err(AddonConfigError::Insecure { variable });
        }
        let (variable, token) = get(format!("{prefix}{TOKEN_SUFFIX}"))?;
        if !token.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(AddonConfigError::Invalid { variable, reason: "cannot be sent in a header" });
        }
        let (variable, app_id) = get(APP_ID_VAR.to_owned())?;
        if !app_id.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(AddonConfigError::Invalid { variable, reason: "is not an app id" });
        }
        Ok(Self { api_url, token: SecretString::from(token), app_id: app_id.to_owned() })
    }
}

/// Whether the token is safe on the way to this address.
fn may_have_the_token(url: &Url, hosts: &AllowedHosts) -> bool {
    let this_machine = match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    };
    url.scheme() == "https" || this_machine || hosts.check(url.as_str()).is_ok()
}

fn default_prefix(vars: &BTreeMap<String, String>) -> &str {
    vars.get(PREFIX_VAR).map_or(DEFAULT_PREFIX, |prefix| prefix.trim())
}

fn attachment_prefix(vars: &BTreeMap<String, String>, attachment: &str) -> Result<String, AddonConfigError> {
    let unknown = |looked_for| AddonConfigError::UnknownAttachment { attachment: attachment.to_owned(), looked_for };
    if attachment.contains("://") {
        let same = |value: &str| value.trim().eq_ignore_ascii_case(attachment);
        let mut prefixes =
            vars.iter().filter_map(|(name, value)| name.strip_suffix(URL_SUFFIX).filter(|_| same(value)));
        return prefixes.next().map(str::to_owned).ok_or_else(|| unknown(vec![format!("*{URL_SUFFIX}")]));
    }
    let upper = attachment.to_ascii_uppercase();
    let candidates = [upper.clone(), format!("{}_{upper}", default_prefix(vars))];
    let found = candidates.iter().find(|prefix| vars.contains_key(&format!("{prefix}{URL_SUFFIX}")));
    let looked_for = || candidates.iter().map(|prefix| format!("{prefix}{URL_SUFFIX}")).collect();
    found.cloned().ok_or_else(|| unknown(looked_for()))
}

#[cfg(test)]
mod tests;
