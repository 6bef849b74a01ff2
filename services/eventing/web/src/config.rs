//! Settings of the process.

use shared::changes::QUEUE_PREFIX;
use shared::config::{ConfigError, Settings};
use shared::web::WebConfig;

/// Settings of `eventing-web`: those of [`WebConfig::read`].
pub struct Config {
    /// The process, and its jobs.
    pub web: WebConfig,
}

impl Config {
    /// Reads the settings.
    ///
    /// # Errors
    /// Every variable that is missing or wrong.
    pub fn read(settings: &Settings) -> Result<Self, ConfigError> {
        let mut reader = settings.reader();
        let web = WebConfig::read(&mut reader, QUEUE_PREFIX);
        reader.finish()?;
        Ok(Self { web })
    }
}
