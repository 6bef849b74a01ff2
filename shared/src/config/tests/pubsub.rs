//! The settings of the Pub/Sub API.

use std::path::PathBuf;
use std::time::Duration;

use super::super::{ConfigError, Settings, hosts, pubsub};
use crate::salesforce::pubsub::{Backoff, PubSubConfig, ReplayStart, SubscribeSettings};

fn read(pairs: &[(&str, &str)]) -> Result<(PubSubConfig, SubscribeSettings), ConfigError> {
    let settings = Settings::from_map(pairs.iter().copied())?;
    let mut reader = settings.reader();
    let hosts = hosts::read(&mut reader);
    let read = (pubsub::read(&mut reader, &hosts), pubsub::read_subscription(&mut reader));
    reader.finish()?;
    Ok(read)
}

#[test]
fn defaults() {
    let (config, subscribe) = read(&[]).unwrap();
    assert_eq!(config.endpoint.as_str(), "https://api.pubsub.salesforce.com:7443/");
    assert_eq!(config.watchdog, Duration::from_secs(300));
    assert_eq!(config.ping_interval, Some(Duration::from_secs(120)));
    assert_eq!(config.backoff, Backoff::default());
    assert_eq!(subscribe, SubscribeSettings::default());
}

#[test]
fn everything_can_be_set() {
    let (config, subscribe) = read(&[
        ("ALLOWED_ORG_HOSTS", "127.0.0.1:*"),
        ("PUBSUB_ENDPOINT", "http://127.0.0.1:7011"),
        ("PUBSUB_CA_FILE", "/etc/ca.pem"),
        ("PUBSUB_WATCHDOG_SECONDS", "20"),
        ("PUBSUB_PING_SECONDS", "0"),
        ("PUBSUB_BACKOFF_SECONDS", "2"),
        ("PUBSUB_MAX_BACKOFF_SECONDS", "3"),
        ("PUBSUB_UNAVAILABLE_SECONDS", "4"),
        ("PUBSUB_BUSY_SECONDS", "5"),
        ("PUBSUB_START", "earliest"),
        ("PUBSUB_FALLBACK", "LATEST"),
        ("PUBSUB_MAX_OUTSTANDING", "7"),
    ])
    .unwrap();
    assert_eq!(config.endpoint.as_str(), "http://127.0.0.1:7011/");
    assert_eq!(config.ca_file, Some(PathBuf::from("/etc/ca.pem")));
    assert_eq!((config.watchdog, config.ping_interval), (Duration::from_secs(20), None));
    let seconds = Duration::from_secs;
    let backoff = Backoff { base: seconds(2), max: seconds(3), unavailable: seconds(4), busy: seconds(5) };
    assert_eq!(config.backoff, backoff);
    let expected = SubscribeSettings {
        start: ReplayStart::Earliest,
        fallback: ReplayStart::Latest,
        unplaced: ReplayStart::Earliest,
        max_outstanding: 7,
        longest_wait: Duration::MAX,
    };
    assert_eq!(subscribe, expected);
}

#[test]
fn what_is_wrong_is_named() {
    for (name, value) in [
        ("PUBSUB_ENDPOINT", "api.pubsub.salesforce.com:7443"),
        ("PUBSUB_ENDPOINT", "https://evil.example:7443"),
        ("PUBSUB_ENDPOINT", "http://127.0.0.1:7011"),
        ("PUBSUB_ENDPOINT", "https://api.pubsub.salesforce.com:7443/path"),
        ("PUBSUB_START", "FIRST"),
        ("PUBSUB_FALLBACK", "CUSTOM"),
        ("PUBSUB_MAX_OUTSTANDING", "101"),
        ("PUBSUB_MAX_OUTSTANDING", "0"),
    ] {
        let error = read(&[(name, value)]).unwrap_err().to_string();
        assert!(error.starts_with(&format!("{name}: ")) && error.lines().count() == 1, "{name}={value}: {error}");
    }
}
