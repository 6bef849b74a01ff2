//! Settings of the process.

use crate::access::{Access, AccessSettings};
use crate::connections::{Connection, parse_connections};
use ::web::WebConfig;
use shared::applink::AddonConfig;
use shared::config::{Callers, ConfigError, Reader, Settings, addon};
use shared::loads::QUEUE_PREFIX;
use std::time::Duration;

/// Settings of `api-access-web`.
///
/// | variable | default | meaning |
/// |---|---|---|
/// | `CONNECTION_NAMES` | | AppLink authorizations whose orgs are shown, a comma list |
/// | `ORG_DEADLINE_MILLISECONDS` | 1500 | longest wait for one org's answer |
/// | `AUTH` | `password` | `none` lets everyone in who reaches the process, which must then listen on loopback |
/// | `APP_USERNAME` | `admin` | name to log in with |
/// | `APP_PASSWORD` | | password to log in with, 8 characters at least |
/// | `SESSION_HOURS` | 12 | hours until a login ends |
/// | `TRUSTED_PROXIES` | 1 on Heroku, else 0 | proxies in front, each of which appends to `X-Forwarded-For` |
///
/// and those of [`WebConfig::read`] and [`addon::read`].
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
        let access = AccessSettings {
            access: Access::read(&mut reader, web.bind.address.ip()),
            lifetime: Duration::from_secs(60 * 60 * reader.bounded("SESSION_HOURS", 12, 1..=24 * 30)),
            proxies: proxies(&mut reader),
        };
        let addon = reader.finish_with(addon)?;
        Ok(Self { web, addon, connections, access, deadline })
    }
}

/// Heroku's router writes who is calling into a header. Anyone could who calls directly.
fn proxies(reader: &mut Reader<'_>) -> usize {
    let on_heroku = reader.optional_value::<String>("DYNO").is_some();
    reader.bounded("TRUSTED_PROXIES", usize::from(on_heroku), 0..=5)
}
