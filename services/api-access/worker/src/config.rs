//! Settings of the process.

use shared::applink::AddonConfig;
use shared::config::{ConfigError, Settings, addon};
use shared::contracts::api_access::QUEUE_PREFIX;
use shared::work::WorkSettings;

/// Settings of `api-access-worker`: those of [`WorkSettings::read`] and [`addon::read`].
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
        let addon = addon::read(&mut reader);
        Ok(Self { work, addon: reader.finish_with(addon)? })
    }
}
