//! Configuration of a process: flat settings under Heroku's names, from layers.
//!
//! From weakest to strongest: the default that the code names where it reads a setting, an optional TOML file named by
//! `CONFIG_FILE`, the environment. An empty value counts as unset, as an emptied config var does on Heroku.
//!
//! ```no_run
//! use shared::config::{Bind, Callers, ConfigError, Settings, TelemetryConfig};
//! use secrecy::SecretString;
//!
//! fn read() -> Result<(Bind, TelemetryConfig, SecretString), ConfigError> {
//!     let settings = Settings::from_process_env()?;
//!     let mut reader = settings.reader();
//!     let bind = Bind::read(&mut reader, Callers::Credential);
//!     let telemetry = TelemetryConfig::read(&mut reader);
//!     let redis_url: SecretString = reader.required("REDIS_URL", "redis://127.0.0.1:6379");
//!     reader.finish()?; // every wrong variable at once
//!     Ok((bind, telemetry, redis_url))
//! }
//! ```
//!
//! This module knows no service: what a service needs, it reads itself. The crates `salesforce`, `applink` and `jobs` read
//! nothing; [`hosts`], [`pubsub`], [`addon`] and [`queue`] read for them.

pub mod addon;
mod bind;
mod core_dumps;
mod error;
pub mod hosts;
mod logging;
mod misspelt;
mod published;
#[cfg(feature = "pubsub")]
pub mod pubsub;
pub mod queue;
mod reader;
mod settings;
mod token;
mod traces;
mod value;

#[cfg(test)]
mod tests;

pub use bind::{Bind, Callers};
pub use error::{ConfigError, EXIT_CONFIG, Problem, exit_on_error};
pub use logging::{LogFormat, TelemetryConfig};
pub use misspelt::Misspelt;
pub use reader::Reader;
pub use settings::Settings;
pub use token::Token;
pub use traces::{Sampling, TracesConfig};
pub use value::FromSetting;
