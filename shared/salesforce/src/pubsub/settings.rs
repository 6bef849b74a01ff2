//! Settings of the client and of a subscription.

use std::path::PathBuf;
use std::time::Duration;

use url::Url;

use super::{MAX_REQUESTED, ReplayStart};
use crate::RetryPolicy;

/// Where Salesforce serves the Pub/Sub API. Regional addresses such as `api.deu.pubsub.salesforce.com` exist too.
pub const DEFAULT_ENDPOINT: &str = "https://api.pubsub.salesforce.com:7443";

/// Settings of a [`PubSub`](super::PubSub).
#[derive(Debug, Clone)]
pub struct PubSubConfig {
    /// Scheme, host and port of the service. `http` (HTTP/2 without TLS) is for extra hosts of [`AllowedHosts`](crate::AllowedHosts) only.
    pub endpoint: Url,
    /// PEM file with certificates to trust besides the public ones, for a local org with its own.
    pub ca_file: Option<PathBuf>,
    /// Longest time to connect, and again for the TLS handshake.
    pub connect_timeout: Duration,
    /// Longest time for one try of a call with one answer.
    pub call_timeout: Duration,
    /// A subscription that is owed events or a sign of life and hears nothing for so long is opened anew. Salesforce
    /// promises a sign of life every 270 seconds, and is known to fall silent without ending the stream.
    pub watchdog: Duration,
    /// Time between HTTP/2 pings of an open subscription; `None` turns them off. A gRPC server may end a connection
    /// that pings more than twice within five minutes without an answer of data in between, hence the long default.
    pub ping_interval: Option<Duration>,
    /// A ping that is not answered for so long ends the connection.
    pub ping_timeout: Duration,
    /// Waits between the tries of a subscription.
    pub backoff: Backoff,
    /// Tries of calls with one answer.
    pub retry: RetryPolicy,
    /// Schemas that are kept at a time.
    pub max_schemas: usize,
}

/// Waits between the tries of a subscription, which never gives up on failures that pass by themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backoff {
    /// Upper bound of the first wait; doubles with every failure in a row.
    pub base: Duration,
    /// No wait but that of `busy` is longer than this.
    pub max: Duration,
    /// Least wait after the service said that it is not available ("try again later").
    pub unavailable: Duration,
    /// First wait while another subscriber holds the managed subscription or the org has used up its deliveries;
    /// doubles up to ten times this.
    pub busy: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self {
            base: Duration::from_secs(1),
            max: Duration::from_secs(60),
            unavailable: Duration::from_secs(5),
            busy: Duration::from_secs(60),
        }
    }
}

impl PubSubConfig {
    /// The defaults, for an endpoint.
    #[must_use]
    pub fn new(endpoint: Url) -> Self {
        Self {
            endpoint,
            ca_file: None,
            connect_timeout: Duration::from_secs(10),
            call_timeout: Duration::from_secs(30),
            watchdog: Duration::from_secs(300),
            ping_interval: Some(Duration::from_secs(120)),
            ping_timeout: Duration::from_secs(20),
            backoff: Backoff::default(),
            retry: RetryPolicy { total: Duration::from_secs(60), ..RetryPolicy::default() },
            max_schemas: 200,
        }
    }
}

/// Settings of one subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubscribeSettings {
    /// Where to start when no replay id is stored.
    pub start: ReplayStart,
    /// Where to go on when Salesforce does not know the replay id (any more): `Earliest` repeats events, `Latest`
    /// leaves some out.
    pub fallback: ReplayStart,
    /// Where to go on when a stream that began with [`Latest`](ReplayStart::Latest) ends before it has told any place in
    /// the topic, which may take minutes: `Earliest` brings all events that are kept, also those from before its beginning
    /// (their times tell), `Latest` leaves out what was published meanwhile.
    pub unplaced: ReplayStart,
    /// Most events asked for and not finished, 1 to 100.
    pub max_outstanding: u32,
    /// The longest wait until another stream is opened after a failure that passes by itself; where more is due, as for the
    /// hours until an org may deliver again, the subscription ends with the failure instead. [`Duration::MAX`]: never.
    pub longest_wait: Duration,
}

impl Default for SubscribeSettings {
    fn default() -> Self {
        Self {
            start: ReplayStart::Latest,
            fallback: ReplayStart::Earliest,
            unplaced: ReplayStart::Earliest,
            max_outstanding: MAX_REQUESTED,
            longest_wait: Duration::MAX,
        }
    }
}
