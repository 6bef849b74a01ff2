//! Settings of the process.

use shared::config::{ConfigError, Reader, Settings, TelemetryConfig};
use shared::jobs::{JobsConfig, WorkerSettings};
use shared::quotes::pricing::{DEFAULT_RULES, PricingRules};
use shared::quotes::{GeneratorSettings, MAX_CHUNK};
use shared::salesforce::AllowedHosts;
use std::time::Duration;

/// Settings of `org-job-worker`.
///
/// | variable | default | meaning |
/// |---|---|---|
/// | `WORKER_CONCURRENCY` | 4 | chunks in flight |
/// | `WORKER_NAME` | `DYNO`, or the process id | name in a job's counts per worker |
/// | `CHUNK_SIZE` | 215 | Opportunities of a chunk, 1 to 215 |
/// | `ENABLE_DISCOUNT_OVERRIDES` | false | whether `DiscountOverride__c` replaces the computed discount |
/// | `PRICING_RULES` | built in | pricing rules: the path of a TOML file, or its text |
/// | `API_LIMIT_PAUSE_SECONDS` | 60 | rest of an org's jobs after `REQUEST_LIMIT_EXCEEDED` |
///
/// and those of [`TelemetryConfig`], [`JobsConfig::read`] and [`AllowedHosts::read`].
pub struct Config {
    /// Logs.
    pub telemetry: TelemetryConfig,
    /// Redis.
    pub jobs: JobsConfig,
    /// Orgs that may be called.
    pub hosts: AllowedHosts,
    /// The worker loop.
    pub worker: WorkerSettings,
    /// Pricing rules.
    pub rules: PricingRules,
    /// How Quotes are made.
    pub generator: GeneratorSettings,
    /// Opportunities of a chunk.
    pub chunk_size: usize,
    /// Rest after the API limit.
    pub limit_pause: Duration,
}

impl Config {
    /// Reads the settings.
    ///
    /// # Errors
    /// Every variable that is missing or wrong.
    pub fn read(settings: &Settings) -> Result<Self, ConfigError> {
        let mut reader = settings.reader();
        let telemetry = TelemetryConfig::read(&mut reader);
        let jobs = JobsConfig::read(&mut reader, "{org-job}:");
        let hosts = AllowedHosts::read(&mut reader);
        let name = reader
            .optional_value("WORKER_NAME")
            .or_else(|| reader.optional_value("DYNO"))
            .unwrap_or_else(|| format!("worker-{}", std::process::id()));
        let concurrency = reader.bounded("WORKER_CONCURRENCY", 4, 1..=256);
        let chunk_size = reader.bounded("CHUNK_SIZE", MAX_CHUNK, 1..=MAX_CHUNK);
        let discount_overrides = reader.optional("ENABLE_DISCOUNT_OVERRIDES", false);
        let limit_pause = reader.seconds("API_LIMIT_PAUSE_SECONDS", Duration::from_secs(60), 1..=86_400);
        let rules = pricing_rules(&mut reader, discount_overrides);
        reader.finish()?;
        // Reading has succeeded, so the rules are there.
        let rules = rules.ok_or_else(|| ConfigError::Invalid(Vec::new()))?;
        Ok(Self {
            telemetry,
            jobs,
            hosts,
            worker: WorkerSettings { name, concurrency, ..WorkerSettings::default() },
            rules,
            generator: GeneratorSettings { discount_overrides, ..GeneratorSettings::default() },
            chunk_size,
            limit_pause,
        })
    }
}

/// `None` when the reader has a problem on record.
fn pricing_rules(reader: &mut Reader<'_>, overrides: bool) -> Option<PricingRules> {
    let text = match reader.optional_value::<String>("PRICING_RULES") {
        None => Ok(DEFAULT_RULES.to_owned()),
        // No path has an equals sign and a line break, and no rules go without.
        Some(text) if text.contains('=') && text.contains('\n') => Ok(text),
        Some(path) => std::fs::read_to_string(path).map_err(|error| error.to_string()),
    };
    let rules = text.and_then(|text| PricingRules::parse(&text).map_err(|error| error.to_string()));
    match rules {
        Ok(rules) => Some(rules.with_overrides(overrides)),
        Err(error) => {
            reader.problem("PRICING_RULES", format!("cannot be used: {error}"));
            None
        }
    }
}
