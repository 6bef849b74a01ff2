//! Settings of the process.

use shared::applink::AddonConfig;
use shared::config::{ConfigError, Reader, Settings, addon};
use shared::contracts::org_action::QUEUE_PREFIX;
use shared::quotes::QuoteSettings;
use shared::work::WorkSettings;

/// Settings of `org-action-worker`.
///
/// | variable | default | meaning |
/// |---|---|---|
/// | `CALLBACK_AUTHORIZATION` | | AppLink authorization of the user who calls back, and removes incomplete Quotes of calls whose session has ended; without it the caller of the job |
///
/// and those of [`WorkSettings::read`] and [`QuoteSettings::read`]; with `CALLBACK_AUTHORIZATION` also those of
/// [`addon::read`].
pub struct Config {
    /// The worker.
    pub work: WorkSettings,
    /// How Quotes are priced and written.
    pub quotes: QuoteSettings,
    /// Who calls back.
    pub callback: Option<CallbackAuthorization>,
}

/// A user who authorized this app, and whose sessions do not end with the caller's.
pub struct CallbackAuthorization {
    /// Developer name or alias of the authorization.
    pub name: String,
    /// The add-on that knows it.
    pub addon: AddonConfig,
}

impl Config {
    /// Reads the settings.
    ///
    /// # Errors
    /// Every variable that is missing or wrong.
    pub fn read(settings: &Settings) -> Result<Self, ConfigError> {
        let mut reader = settings.reader();
        let work = WorkSettings::read(&mut reader, QUEUE_PREFIX);
        let quotes = QuoteSettings::read(&mut reader);
        let callback = CallbackAuthorization::read(&mut reader);
        reader.finish()?;
        Ok(Self { work, quotes, callback })
    }
}

impl CallbackAuthorization {
    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let name = reader.optional_value("CALLBACK_AUTHORIZATION")?;
        Some(Self { name, addon: addon::read(reader)? })
    }
}
