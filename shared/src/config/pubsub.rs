//! The settings behind [`PubSubConfig`] and [`SubscribeSettings`].

use std::path::PathBuf;
use std::time::Duration;

use url::Url;

use super::Reader;
use crate::salesforce::AllowedHosts;
use crate::salesforce::pubsub::{
    Backoff, DEFAULT_ENDPOINT, MAX_REQUESTED, PubSubConfig, ReplayStart, SubscribeSettings, check_endpoint,
};

/// Reads the settings of the client. `hosts` says where a token may go (see [`hosts::read`](super::hosts::read)).
///
/// | variable | default | meaning |
/// |---|---|---|
/// | `PUBSUB_ENDPOINT` | `https://api.pubsub.salesforce.com:7443` | address of the Pub/Sub API |
/// | `PUBSUB_CA_FILE` | | PEM file with further certificates to trust |
/// | `PUBSUB_WATCHDOG_SECONDS` | 300 | silence after which a subscription is opened anew |
/// | `PUBSUB_PING_SECONDS` | 120 | time between HTTP/2 pings; 0 turns them off |
/// | `PUBSUB_BACKOFF_SECONDS` | 1 | upper bound of the first wait after a failure |
/// | `PUBSUB_MAX_BACKOFF_SECONDS` | 60 | upper bound of any wait after a failure |
/// | `PUBSUB_UNAVAILABLE_SECONDS` | 5 | least wait after the service said that it is not available |
/// | `PUBSUB_BUSY_SECONDS` | 60 | first wait while another subscriber or a used-up allocation is in the way |
pub fn read(reader: &mut Reader<'_>, hosts: &AllowedHosts) -> PubSubConfig {
    let endpoint = reader.parsed("PUBSUB_ENDPOINT", "an address such as https://host:7443", parse_endpoint);
    if let Some(Err(error)) = endpoint.as_ref().map(|endpoint| check_endpoint(endpoint, hosts)) {
        reader.problem("PUBSUB_ENDPOINT", error.to_string());
    }
    let Some(endpoint) = endpoint.or_else(|| parse_endpoint(DEFAULT_ENDPOINT)) else {
        unreachable!("the default endpoint is a URL");
    };
    let defaults = PubSubConfig::new(endpoint);
    let backoff = Backoff {
        base: reader.seconds("PUBSUB_BACKOFF_SECONDS", defaults.backoff.base, 0..=600),
        max: reader.seconds("PUBSUB_MAX_BACKOFF_SECONDS", defaults.backoff.max, 0..=3_600),
        unavailable: reader.seconds("PUBSUB_UNAVAILABLE_SECONDS", defaults.backoff.unavailable, 0..=600),
        busy: reader.seconds("PUBSUB_BUSY_SECONDS", defaults.backoff.busy, 1..=3_600),
    };
    let ping = reader.seconds("PUBSUB_PING_SECONDS", Duration::from_secs(120), 0..=3_600);
    PubSubConfig {
        ca_file: reader.optional_value::<String>("PUBSUB_CA_FILE").map(PathBuf::from),
        watchdog: reader.seconds("PUBSUB_WATCHDOG_SECONDS", defaults.watchdog, 1..=3_600),
        ping_interval: (!ping.is_zero()).then_some(ping),
        backoff,
        ..defaults
    }
}

fn parse_endpoint(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let plain = matches!(url.path(), "" | "/") && url.query().is_none() && url.fragment().is_none();
    (plain && url.has_host() && matches!(url.scheme(), "https" | "http")).then_some(url)
}

/// Reads the settings of a subscription.
///
/// | variable | default | meaning |
/// |---|---|---|
/// | `PUBSUB_START` | LATEST | `LATEST` or `EARLIEST`: where to start when no replay id is stored |
/// | `PUBSUB_FALLBACK` | EARLIEST | `LATEST` or `EARLIEST`: where to go on when the stored replay id is too old |
/// | `PUBSUB_MAX_OUTSTANDING` | 100 | events asked for and not finished, 1 to 100 |
pub fn read_subscription(reader: &mut Reader<'_>) -> SubscribeSettings {
    let defaults = SubscribeSettings::default();
    let mut start = |name, default| reader.parsed(name, "LATEST or EARLIEST", parse_start).unwrap_or(default);
    SubscribeSettings {
        start: start("PUBSUB_START", defaults.start),
        fallback: start("PUBSUB_FALLBACK", defaults.fallback),
        unplaced: defaults.unplaced,
        max_outstanding: reader.bounded("PUBSUB_MAX_OUTSTANDING", defaults.max_outstanding, 1..=MAX_REQUESTED),
        longest_wait: defaults.longest_wait,
    }
}

/// `LATEST` or `EARLIEST`, in any case.
fn parse_start(text: &str) -> Option<ReplayStart> {
    match text.to_ascii_uppercase().as_str() {
        "LATEST" => Some(ReplayStart::Latest),
        "EARLIEST" => Some(ReplayStart::Earliest),
        _ => None,
    }
}
