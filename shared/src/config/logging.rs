//! What a process logs, and in which form.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

use super::reader::Reader;
use super::traces::TracesConfig;
use super::value::FromSetting;

/// The form of log lines.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// Compact text for people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

impl FromSetting for LogFormat {
    fn expected() -> String {
        "text or json".to_owned()
    }

    fn from_setting(text: &str) -> Option<Self> {
        match text {
            "text" => Some(Self::Text),
            "json" => Some(Self::Json),
            _ => None,
        }
    }
}

/// Settings of [`crate::telemetry::init`].
///
/// | variable | default | meaning |
/// |---|---|---|
/// | `LOG_LEVEL` | `info` | a level, or directives such as `info,jobs=debug` |
/// | `LOG_FORMAT` | `text` | `text` or `json` |
///
/// and those of [`TracesConfig::read`].
#[derive(Debug, Clone, PartialEq)]
pub struct TelemetryConfig {
    /// Directives in the syntax of `tracing-subscriber`'s `EnvFilter`.
    pub log_level: String,
    /// Form of the lines.
    pub log_format: LogFormat,
    /// Where traces are sent; nothing is traced without.
    pub traces: Option<TracesConfig>,
}

impl Default for TelemetryConfig {
    fn default() -> Self {
        Self { log_level: "info".to_owned(), log_format: LogFormat::Text, traces: None }
    }
}

impl TelemetryConfig {
    /// Reads the variables above.
    pub fn read(reader: &mut Reader<'_>) -> Self {
        let expected = "a level (error, warn, info, debug, trace, off) or directives such as info,jobs=debug";
        let log_level = reader.parsed("LOG_LEVEL", expected, |text| are_directives(text).then(|| text.to_owned()));
        Self {
            log_level: log_level.unwrap_or_else(|| Self::default().log_level),
            log_format: reader.optional("LOG_FORMAT", LogFormat::Text),
            traces: TracesConfig::read(reader),
        }
    }
}

/// Whether `text` is a filter. `EnvFilter` takes a bare word that is no level for a target and would answer `LOG_LEVEL=inof`
/// with silence, so such a word counts as a mistake; a whole target is written `target=trace`.
fn are_directives(text: &str) -> bool {
    let is_level_or_rule = |part: &str| part.contains(['=', '[', ':']) || part.trim().parse::<LevelFilter>().is_ok();
    EnvFilter::builder().parse(text).is_ok() && (text.contains('[') || text.split(',').all(is_level_or_rule))
}
