//! The settings behind [`AddonConfig`].

use super::{
    APP_ID_VAR, AddonConfig, AddonConfigError, DEFAULT_PREFIX, HOSTS_VAR, PREFIX_VAR, TOKEN_SUFFIX, URL_SUFFIX,
};
use crate::config::Reader;
use crate::salesforce::AllowedHosts;
use url::{Host, Url};

impl AddonConfig {
    /// Reads the attachment that an app has by default. `None` only when [`Reader::finish`] fails.
    ///
    /// | variable | default | meaning |
    /// |---|---|---|
    /// | `HEROKU_APPLINK_API_URL` | | address of the add-on: https, or http on loopback and for hosts of `ALLOWED_ORG_HOSTS` |
    /// | `HEROKU_APPLINK_TOKEN` | | the app's token for it |
    /// | `HEROKU_APP_ID` | | the app's UUID |
    /// | `HEROKU_APPLINK_ADDON_NAME` | `HEROKU_APPLINK` | what the first two begin with |
    pub fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let prefix = reader.optional(PREFIX_VAR, DEFAULT_PREFIX.to_owned());
        let names = [format!("{prefix}{URL_SUFFIX}"), format!("{prefix}{TOKEN_SUFFIX}"), APP_ID_VAR.to_owned()];
        let mut vars = vec![(PREFIX_VAR.to_owned(), prefix.clone())];
        for name in names {
            if let Some(value) = reader.optional_value::<String>(&name) {
                vars.push((name, value));
            }
        }
        let hosts = reader.list(HOSTS_VAR);
        vars.push((HOSTS_VAR.to_owned(), hosts.join(",")));
        match Self::from_vars(vars, None) {
            Ok(addon) => {
                if !is_private(&addon.api_url, &reader.list("ALLOWED_ORG_HOSTS")) {
                    let only = "must use https; http is for this machine, and for hosts in ALLOWED_ORG_HOSTS";
                    reader.problem(&format!("{prefix}{URL_SUFFIX}"), only);
                }
                Some(addon)
            }
            Err(AddonConfigError::Missing { variable }) => {
                reader.problem(&variable, "is not set; the AppLink add-on sets it, or local-org tells it");
                None
            }
            Err(AddonConfigError::Invalid { variable, reason }) => {
                reader.problem(&variable, reason);
                None
            }
            Err(AddonConfigError::UnknownAttachment { attachment, .. }) => {
                reader.problem(PREFIX_VAR, format!("no attachment is named `{attachment}`"));
                None
            }
        }
    }
}

/// Whether nobody on the way reads the add-on's token and those of users, which it answers with: over https, or on a
/// network of the operator's own.
fn is_private(url: &Url, extra_hosts: &[String]) -> bool {
    let loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    let allowed = || AllowedHosts::with_extra(extra_hosts).is_ok_and(|hosts| hosts.check(url.as_str()).is_ok());
    url.scheme() == "https" || loopback || allowed()
}
