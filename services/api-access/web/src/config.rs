//! Settings of the process.

use crate::connections::{Connection, parse_connections};
use ::web::WebConfig;
use ::web::login::AccessSettings;
use shared::applink::AddonConfig;
use shared::config::{Callers, ConfigError, Settings, addon};
use shared::contracts::api_access::QUEUE_PREFIX;
use std::time::Duration;

/// Settings of `api-access-web`.
///
/// | variable | default | meaning |
/// |---|---|---|
/// | `CONNECTION_NAMES` | | AppLink authorizations whose orgs are shown, a comma list |
/// | `ORG_DEADLINE_MILLISECONDS` | 1500 | longest wait for one org's answer |
///
/// and those of [`WebConfig::read`], [`AccessSettings::read`] and [`addon::read`].
pub struct Config {
    /// What every web process with jobs has.
    pub web: WebConfig,
    pub(crate) addon: AddonConfig,
    pub(crate) connections: Vec<Connection>,
    pub(crate) access: AccessSettings,
    pub(crate) deadline: Duration,
}

impl Config {
    /// Reads the settings.
    ///
    /// # Errors
    /// Every variable that is missing or wrong.
    pub fn read(settings: &Settings) -> Result<Self, ConfigError> {
        let mut reader = settings.reader();
        let web = WebConfig::read(&mut reader, QUEUE_PREFIX, Callers::Credential);
        let addon = addon::read(&mut reader);
        let connections = parse_connections(&reader.list("CONNECTION_NAMES")).unwrap_or_else(|problem| {
            reader.problem("CONNECTION_NAMES", problem);
            Vec::new()
        });
        let deadline = Duration::from_millis(reader.bounded("ORG_DEADLINE_MILLISECONDS", 1_500, 50..=25_000));
        let access = AccessSettings::read(&mut reader, web.bind.address.ip(), "api_access_session");
        let addon = reader.finish_with(addon)?;
        Ok(Self { web, addon, connections, access, deadline })
    }
}
