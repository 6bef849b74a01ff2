//! Settings of the process.

use ::web::WebConfig;
use shared::config::{Callers, ConfigError, Settings};
use shared::contracts::org_action::QUEUE_PREFIX;
use shared::quotes::QuoteSettings;
use std::time::Duration;

/// Settings of `org-action-web`.
///
/// | variable | default | meaning |
/// |---|---|---|
/// | `REQUEST_DEADLINE_SECONDS` | 20 | longest time for a synchronous Quote, 1 to 28: Heroku's router gives up after 30 |
///
/// and those of [`WebConfig::read`] and [`QuoteSettings::read`].
pub struct Config {
    /// The process, and its jobs.
    pub web: WebConfig,
    /// How Quotes are priced and written.
    pub quotes: QuoteSettings,
    /// Longest time for a synchronous Quote.
    pub deadline: Duration,
}

impl Config {
    /// Reads the settings.
    ///
    /// # Errors
    /// Every variable that is missing or wrong.
    pub fn read(settings: &Settings) -> Result<Self, ConfigError> {
        let mut reader = settings.reader();
        let web = WebConfig::read(&mut reader, QUEUE_PREFIX, Callers::Header);
        let quotes = QuoteSettings::read(&mut reader);
        let deadline = reader.seconds("REQUEST_DEADLINE_SECONDS", Duration::from_secs(20), 1..=28);
        reader.finish()?;
        Ok(Self { web, quotes, deadline })
    }
}
