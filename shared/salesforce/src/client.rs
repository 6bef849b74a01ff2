//! The client and its settings. Each area of the API adds its calls in its own file, all made by `transport`.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::{ApiUsage, ErrorKind, Operation, RetryPolicy, SalesforceId, SessionSource};

/// Told of every HTTP exchange with Salesforce; for metrics. Must not block.
pub type OnCall = Arc<dyn Fn(&CallRecord) + Send + Sync>;

/// One HTTP exchange: what counts against the org's limit of API calls.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CallRecord {
    /// The org called.
    pub org_id: SalesforceId,
    /// The call.
    pub operation: Operation,
    /// HTTP status; `None` when no answer came.
    pub status: Option<u16>,
    /// Why it failed; `None` when it went well. Of an answer that is read as a stream this is known by its head alone.
    pub failure: Option<ErrorKind>,
    /// From sending to the last byte of the answer; to its first byte when the answer is read as a stream.
    pub duration: Duration,
    /// The org's use of its daily calls, when the answer told.
    pub usage: Option<ApiUsage>,
}

/// Settings of a [`Client`].
#[derive(Clone)]
pub struct ClientSettings {
    /// Longest time for one try, from connecting to the last byte. Salesforce itself gives up after ten minutes, and after
    /// two for a query.
    pub attempt_timeout: Duration,
    /// The same for calls that the org answers at once, if at all.
    pub quick_timeout: Duration,
    /// Time without any answer after which the client asks for something simpler, and for which it waits for that: an org
    /// that does not answer either is [silent](super::ErrorKind::Silent), any other may take its time.
    pub patience: Duration,
    /// When to try again, and the longest time for a call with all its tries.
    pub retry: RetryPolicy,
    /// Longest answer that is read, in bytes.
    pub max_response_bytes: usize,
    /// Rows a page of a query asks for, 200 to 2000; `None` leaves it to Salesforce.
    pub query_batch_size: Option<u16>,
    /// Name of this application in `Sforce-Call-Options`; appears in change events as the origin of a change.
    pub client_name: String,
    /// Told of every HTTP exchange.
    pub on_call: Option<OnCall>,
}

impl Default for ClientSettings {
    fn default() -> Self {
        Self {
            attempt_timeout: Duration::from_secs(130),
            quick_timeout: Duration::from_secs(30),
            patience: Duration::from_secs(10),
            retry: RetryPolicy::default(),
            max_response_bytes: 32 * 1024 * 1024,
            query_batch_size: None,
            client_name: "heroku-applink-patterns-rust".to_owned(),
            on_call: None,
        }
    }
}

impl fmt::Debug for ClientSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientSettings")
            .field("attempt_timeout", &self.attempt_timeout)
            .field("quick_timeout", &self.quick_timeout)
            .field("patience", &self.patience)
            .field("retry", &self.retry)
            .field("max_response_bytes", &self.max_response_bytes)
            .field("query_batch_size", &self.query_batch_size)
            .field("client_name", &self.client_name)
            .finish_non_exhaustive()
    }
}

/// Client of one org, for one user. Cheap to clone; clones share everything.
///
/// Calls that fail are repeated when that cannot do harm, as [`RetryPolicy::decide`] says. A session that Salesforce
/// does not accept is renewed once per call; that is safe for every call, as nothing of it was carried out.
#[derive(Clone)]
pub struct Client {
    pub(super) inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub(super) http: reqwest::Client,
    pub(super) source: Arc<dyn SessionSource>,
    pub(super) settings: ClientSettings,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("settings", &self.inner.settings).finish_non_exhaustive()
    }
}

impl Client {
    /// A client that makes its calls through `http` (see [`http_client`](super::http_client)) with sessions of
    /// `source`.
    #[must_use]
    pub fn new(http: reqwest::Client, source: Arc<dyn SessionSource>, settings: ClientSettings) -> Self {
        Self { inner: Arc::new(Inner { http, source, settings }) }
    }
}
