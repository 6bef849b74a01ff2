//! Settings of the process.

use crate::stages::Stages;
use shared::applink::Source;
use shared::config::{ConfigError, Settings, addon, pubsub};
use shared::contracts::eventing::QUEUE_PREFIX;
use shared::quotes::{MAX_CHUNK, QuoteSettings};
use shared::salesforce::pubsub::PubSubConfig;
use shared::work::WorkSettings;
use shared::work::samples::SampleSettings;
use std::time::Duration;

/// Longest run of a task. Salesforce works on a bulk load of sample data for as long as it needs; the calls have time limits
/// of their own.
const TASK_TIMEOUT: Duration = Duration::from_secs(2 * 60 * 60);

/// Settings of `eventing-worker`.
///
/// | variable | default | meaning |
/// |---|---|---|
/// | `EVENT_AUTHORIZATION` | | AppLink authorization (developer name) of the user in whose name the worker works |
/// | `EVENT_STAGES` | | a comma list: only Opportunities in one of these stages get a Quote; without it all do |
/// | `CHUNK_SIZE` | 215 | Opportunities of a chunk, 1 to 215 |
///
/// and those of [`WorkSettings::read`], [`addon::read_or_session`], [`QuoteSettings::read`], [`SampleSettings::read`] and
/// [`pubsub::read`].
pub struct Config {
    /// The worker.
    pub work: WorkSettings,
    pub(crate) addon: Source,
    pub(crate) authorization: String,
    pub(crate) stages: Stages,
    pub(crate) quotes: QuoteSettings,
    pub(crate) chunk_size: usize,
    pub(crate) samples: SampleSettings,
    pub(crate) pubsub: PubSubConfig,
}

impl Config {
    /// Reads the settings.
    ///
    /// # Errors
    /// Every variable that is missing or wrong.
    pub fn read(settings: &Settings) -> Result<Self, ConfigError> {
        let mut reader = settings.reader();
        let mut work = WorkSettings::read(&mut reader, QUEUE_PREFIX);
        let addon = addon::read_or_session(&mut reader);
        let authorization =
            reader.required("EVENT_AUTHORIZATION", "my_org, a name of `heroku salesforce:authorizations`");
        let stages = Stages::of(&reader.list("EVENT_STAGES"));
        if let Err(error) = &stages {
            reader.problem("EVENT_STAGES", error.to_string());
        }
        let quotes = QuoteSettings::read(&mut reader);
        let chunk_size = reader.bounded("CHUNK_SIZE", MAX_CHUNK, 1..=MAX_CHUNK);
        let samples = SampleSettings::read(&mut reader);
        let pubsub = pubsub::read(&mut reader, &work.hosts);
        let addon = reader.finish_with(addon)?;
        work.worker.task_timeout = TASK_TIMEOUT;
        // Reading has succeeded, so the stages are right.
        let stages = stages.unwrap_or_default();
        Ok(Self { work, addon, authorization, stages, quotes, chunk_size, samples, pubsub })
    }
}
