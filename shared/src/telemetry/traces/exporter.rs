//! The way to the collector, and what is told of its troubles.

use std::error::Error as _;
use std::fmt;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{SpanData, SpanExporter};
use tokio::runtime::Handle;

use crate::salesforce::http::{BodyError, read_body};
use crate::salesforce::{HttpSettings, http_client};

/// Longest time for one request, as OpenTelemetry's specification has it.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Longest answer that is read, in bytes: what the collector did not like.
const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// The HTTP client of the services on the runtime it was made in. Spans are sent from a thread without one.
pub(super) struct Client {
    http: reqwest::Client,
    runtime: Handle,
}

impl Client {
    pub(super) fn new() -> Result<Self, Box<dyn std::error::Error>> {
        Ok(Self { http: http_client(&HttpSettings::default())?, runtime: Handle::try_current()? })
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Client")
    }
}

type Sent<'a> = Pin<Box<dyn Future<Output = Result<Response<Bytes>, HttpError>> + Send + 'a>>;

impl HttpClient for Client {
    /// What the macro `async_trait` makes of `async fn`.
    fn send_bytes<'life0, 'async_trait>(&'life0 self, request: Request<Bytes>) -> Sent<'async_trait>
    where
        'life0: 'async_trait,
        Self: 'async_trait,
    {
        let sending = send(self.http.clone(), request);
        let task = self.runtime.spawn(sending);
        Box::pin(async move { task.await? })
    }
}

async fn send(http: reqwest::Client, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
    let (mut parts, body) = request.into_parts();
    // The collector's key is among them; no HTTP layer is to log it.
    parts.headers.values_mut().for_each(|value| value.set_sensitive(true));
    let request = http.request(parts.method, parts.uri.to_string()).headers(parts.headers).body(body).timeout(TIMEOUT);
    let answer = request.send().await.map_err(reqwest::Error::without_url)?;
    let (status, headers) = (answer.status(), answer.headers().clone());
    let body = match read_body(answer, MAX_ANSWER_BYTES).await {
        Ok(body) => body,
        Err(BodyError::Read(error)) => return Err(error.without_url().into()),
        Err(BodyError::TooLarge(_)) => Vec::new(),
    };
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    Ok(response)
}

/// An exporter that tells of its failures: once when they begin, and when they are over.
#[derive(Debug)]
pub(super) struct Telling<E> {
    inner: E,
    /// Spans that are lost since the collector took some last.
    lost: AtomicU64,
}

impl<E> Telling<E> {
    pub(super) fn new(inner: E) -> Self {
        Self { inner, lost: AtomicU64::new(0) }
    }

    fn tell(&self, spans: u64, result: &OTelSdkResult) {
        match result {
            Ok(()) => match self.lost.swap(0, Ordering::Relaxed) {
                0 => {}
                lost => tracing::info!(lost, "the collector takes spans again"),
            },
            Err(error) => {
                if self.lost.fetch_add(spans, Ordering::Relaxed) == 0 {
                    tracing::warn!(
                        error = reason(error),
                        "the collector does not take spans; they are lost, and work goes on"
                    );
                }
            }
        }
    }
}

/// The crates' own words: a status or that there is no connection.
fn reason(error: &OTelSdkError) -> String {
    match error.source() {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}

impl<E: SpanExporter> SpanExporter for Telling<E> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let spans = u64::try_from(batch.len()).unwrap_or(u64::MAX);
        let result = self.inner.export(batch).await;
        self.tell(spans, &result);
        // It has been told, and the processor would tell it with each batch.
        Ok(())
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        match self.lost.load(Ordering::Relaxed) {
            0 => {}
            lost => tracing::warn!(lost, "spans that the collector did not take are lost"),
        }
        self.inner.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.inner.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.inner.set_resource(resource);
    }
}
