//! Settings of the process.

use shared::applink::AddonConfig;
use shared::changes::QUEUE_PREFIX;
use shared::config::{ConfigError, Settings};
use shared::work::WorkSettings;

/// Settings of `eventing-worker`: those of [`WorkSettings::read`] and [`AddonConfig::read`].
pub struct Config {
    /// The worker.
    pub work: WorkSettings,
    pub(crate) addon: AddonConfig,
}

impl Config {
    /// Reads the settings.
    ///
    /// # Errors
    /// Every variable that is missing or wrong.
    pub fn read(settings: &Settings) -> Result<Self, ConfigError> {
        let mut reader = settings.reader();
        let work = WorkSettings::read(&mut reader, QUEUE_PREFIX);
        let addon = AddonConfig::read(&mut reader);
        reader.finish()?;
        // Reading has succeeded, so the add-on is there.
        let addon = addon.ok_or_else(|| ConfigError::Invalid(Vec::new()))?;
        Ok(Self { work, addon })
    }
}
