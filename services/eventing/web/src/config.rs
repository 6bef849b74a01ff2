//! Settings of the process.

use crate::buffer::BufferSettings;
use crate::filter::Filter;
use crate::token;
use ::web::WebConfig;
use ::web::token::Token;
use shared::applink::Source;
use shared::config::{Callers, ConfigError, Reader, Settings, addon, pubsub};
use shared::contracts::eventing::QUEUE_PREFIX;
use shared::salesforce::pubsub::{PubSubConfig, SubscribeSettings};
use std::process;

/// New jobs in a minute, unless `JOBS_PER_MINUTE` says otherwise. They are one org's own transactions, which wait in the
/// buffer when there are more, so the limit on open jobs is enough.
const JOBS_PER_MINUTE: u32 = 60_000;
/// Longest name of an authorization: it is the owner of jobs.
const MAX_AUTHORIZATION: usize = 64;

/// Settings of `eventing-web`.
///
/// | variable | default | meaning |
/// |---|---|---|
/// | `EVENT_AUTHORIZATION` | | AppLink authorization through which events come and in whose name jobs run |
/// | `WEBHOOK_TOKEN` | | what callers must send, 16 characters at least |
/// | `EVENT_SUBSCRIBER` | true | whether to subscribe to the Pub/Sub API; if not, events come to the webhook only |
/// | `EVENT_TOPIC` | /data/OpportunityChangeEvent | what to subscribe to |
/// | `JOBS_PER_MINUTE` | 60000 | new jobs; further transactions wait |
///
/// and those of `Filter::read`, `BufferSettings::read`, [`WebConfig::read`] and, with a subscriber, [`addon::read_or_session`],
/// [`pubsub::read`] and [`pubsub::read_subscription`]. Without one, those of [`addon::read`] where they are set.
pub struct Config {
    /// The process, and its jobs.
    pub web: WebConfig,
    pub(crate) authorization: String,
    pub(crate) token: Token,
    pub(crate) topic: String,
    pub(crate) filter: Filter,
    pub(crate) buffer: BufferSettings,
    /// What tells of which org the authorization is. A subscriber needs it.
    pub(crate) addon: Option<Source>,
    pub(crate) subscriber: Option<SubscriberConfig>,
    /// What people know this process by.
    pub(crate) process: String,
}

/// Settings of the subscriber.
pub(crate) struct SubscriberConfig {
    pub(crate) pubsub: PubSubConfig,
    pub(crate) subscribe: SubscribeSettings,
}

impl Config {
    /// Reads the settings.
    ///
    /// # Errors
    /// Every variable that is missing or wrong.
    pub fn read(settings: &Settings) -> Result<Self, ConfigError> {
        let mut reader = settings.reader();
        let mut web = WebConfig::read(&mut reader, QUEUE_PREFIX, Callers::Credential);
        if reader.optional_value::<u32>("JOBS_PER_MINUTE").is_none() {
            web.jobs.jobs_per_minute = JOBS_PER_MINUTE;
        }
        let authorization = authorization(&mut reader);
        let token = token::read(&mut reader);
        let topic = reader.parsed("EVENT_TOPIC", "a topic such as /data/OpportunityChangeEvent", topic);
        let filter = Filter::read(&mut reader);
        let buffer = BufferSettings::read(&mut reader);
        let subscribes = reader.optional("EVENT_SUBSCRIBER", true);
        let addon =
            if subscribes { source(&mut reader, &web) } else { addon::read_if_set(&mut reader).map(Source::Addon) };
        let subscriber = subscribes.then(|| SubscriberConfig::read(&mut reader, &web));
        let process = reader.optional("DYNO", format!("process {}", process::id()));
        let token = reader.finish_with(token)?;
        let topic = topic.unwrap_or_else(|| "/data/OpportunityChangeEvent".to_owned());
        Ok(Self { web, authorization, token, topic, filter, buffer, addon, subscriber, process })
    }
}

impl SubscriberConfig {
    fn read(reader: &mut Reader<'_>, web: &WebConfig) -> Self {
        let pubsub = pubsub::read(reader, &web.hosts);
        let subscribe = pubsub::read_subscription(reader);
        Self { pubsub, subscribe }
    }
}

fn source(reader: &mut Reader<'_>, web: &WebConfig) -> Option<Source> {
    let addon = addon::read_or_session(reader);
    if matches!(addon, Some(Source::Session(_))) && !web.bind.address.ip().to_canonical().is_loopback() {
        reader.problem(
            "BIND_ADDRESS",
            "must be a loopback address with SF_SESSION_ID, which is for one machine: 127.0.0.1",
        );
    }
    addon
}

fn authorization(reader: &mut Reader<'_>) -> String {
    let name: String = reader.required("EVENT_AUTHORIZATION", "my_org, a name of `heroku salesforce:authorizations`");
    let good = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    if !name.is_empty() && (name.len() > MAX_AUTHORIZATION || !name.bytes().all(good)) {
        reader.problem("EVENT_AUTHORIZATION", "expected the developer name of an AppLink authorization");
    }
    name
}

/// A channel of change events.
fn topic(text: &str) -> Option<String> {
    let name = text.strip_prefix("/data/")?;
    let good =
        !name.is_empty() && name.len() <= 100 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    good.then(|| text.to_owned())
}
