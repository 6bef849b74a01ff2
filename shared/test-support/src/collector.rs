//! A collector of traces: takes spans by OTLP over HTTP (protobuf) and shows them to a test.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use prost::Message;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use crate::eventually;

/// Longest request that is read, in bytes.
const MAX_BYTES: usize = 16 * 1024 * 1024;

/// A span as it was received.
#[derive(Debug, Clone, PartialEq)]
pub struct CollectedSpan {
    /// `service.name` of the process that sent it.
    pub service: String,
    /// `service.instance.id` of that process; empty when it told none.
    pub instance: String,
    /// Its name.
    pub name: String,
    /// `server`, `client`, `producer`, `consumer` or `internal`.
    pub kind: &'static str,
    /// Its trace: 32 hexadecimal digits.
    pub trace: String,
    /// Its id: 16 hexadecimal digits.
    pub id: String,
    /// The span that it is a child of; empty when there is none.
    pub parent: String,
    /// `tracestate`.
    pub state: String,
    /// Attributes as text.
    pub attributes: BTreeMap<String, String>,
    /// Whether its status is an error.
    pub failed: bool,
    /// Names and attributes of its events, as text: there should be none.
    pub events: Vec<String>,
}

impl CollectedSpan {
    /// An attribute as text; empty when it is not there.
    pub fn attribute(&self, name: &str) -> &str {
        self.attributes.get(name).map(String::as_str).unwrap_or_default()
    }
}

/// A collector on loopback; gone when dropped.
#[derive(Debug)]
pub struct Collector {
    url: String,
    state: Arc<Mutex<State>>,
    serving: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct State {
    spans: Vec<CollectedSpan>,
    /// Heads of the requests.
    heads: Vec<String>,
    /// What could not be read.
    problems: Vec<String>,
}

/// What a [`Collector`] does with what it is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// It takes all of it.
    Takes,
    /// It takes connections, and never answers.
    Hangs,
}

impl Collector {
    /// Starts one that takes all that it is sent.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn start() -> Result<Self> {
        Self::start_as(Manner::Takes).await
    }

    /// Starts one.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn start_as(manner: Manner) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.context("no free port for a collector")?;
        let url = format!("http://{}", listener.local_addr()?);
        let state = Arc::<Mutex<State>>::default();
        let serving = tokio::spawn(serve(listener, manner, Arc::clone(&state)));
        Ok(Self { url, state, serving })
    }

    /// For `OTEL_EXPORTER_OTLP_ENDPOINT`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// All spans so far.
    ///
    /// # Errors
    /// When something came that is no request with spans.
    pub fn spans(&self) -> Result<Vec<CollectedSpan>> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        ensure!(state.problems.is_empty(), "the collector was sent something else: {:?}", state.problems);
        Ok(state.spans.clone())
    }

    /// The heads of all requests so far.
    pub fn heads(&self) -> Vec<String> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).heads.clone()
    }

    /// Waits until the spans are as they should be. Processes send theirs every few seconds.
    ///
    /// # Errors
    /// What `check` said last, when they are not within `limit`.
    pub async fn has<T>(
        &self,
        limit: Duration,
        what: &str,
        mut check: impl FnMut(&[CollectedSpan]) -> Result<T>,
    ) -> Result<T> {
        eventually(limit, what, async || check(&self.spans()?)).await
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn serve(listener: TcpListener, manner: Manner, state: Arc<Mutex<State>>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        connections.spawn(attend(stream, manner, Arc::clone(&state)));
    }
}

async fn attend(mut stream: TcpStream, manner: Manner, state: Arc<Mutex<State>>) {
    let taken = match manner {
        Manner::Hangs => return std::future::pending().await,
        Manner::Takes => take(&mut stream, &state).await,
    };
    let status = match taken {
        Ok(()) => "200 OK",
        Err(error) => {
            state.lock().unwrap_or_else(PoisonError::into_inner).problems.push(format!("{error:#}"));
            "400 Bad Request"
        }
    };
    // An empty answer says that all was taken.
    let head = "content-type: application/x-protobuf\r\ncontent-length: 0\r\nconnection: close";
    let _ = stream.write_all(format!("HTTP/1.1 {status}\r\n{head}\r\n\r\n").as_bytes()).await;
    let _ = stream.shutdown().await;
}

async fn take(stream: &mut TcpStream, state: &Mutex<State>) -> Result<()> {
    let (head, body) = read(stream).await?;
    let first = head.lines().next().unwrap_or_default();
    ensure!(first == "POST /v1/traces HTTP/1.1", "{first}");
    ensure!(head.to_ascii_lowercase().contains("\r\ncontent-type: application/x-protobuf\r\n"), "{head}");
    let spans = spans(ExportTraceServiceRequest::decode(body.as_slice()).context("no such message")?);
    let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
    state.spans.extend(spans);
    state.heads.push(head);
    Ok(())
}

async fn read(stream: &mut TcpStream) -> Result<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
        more(stream, &mut bytes).await?;
    };
    let mut body = bytes.split_off(end);
    let head = String::from_utf8(bytes).context("the head is no text")?;
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    let length = length.context("no length")?;
    ensure!(length <= MAX_BYTES, "{length} bytes are too many");
    while body.len() < length {
        more(stream, &mut body).await?;
    }
    Ok((head, body))
}

async fn more(stream: &mut TcpStream, bytes: &mut Vec<u8>) -> Result<()> {
    if stream.read_buf(bytes).await? == 0 {
        bail!("a request broke off after {} bytes", bytes.len());
    }
    Ok(())
}

fn spans(request: ExportTraceServiceRequest) -> Vec<CollectedSpan> {
    let mut all = Vec::new();
    for of_process in request.resource_spans {
        let about = attributes(of_process.resource.unwrap_or_default().attributes);
        let told = |name: &str| about.get(name).cloned().unwrap_or_default();
        let (service, instance) = (told("service.name"), told("service.instance.id"));
        let spans = of_process.scope_spans.into_iter().flat_map(|scope| scope.spans);
        all.extend(spans.map(|span| collected(span, service.clone(), instance.clone())));
    }
    all
}

fn collected(span: Span, service: String, instance: String) -> CollectedSpan {
    let kind = match span.kind() {
        SpanKind::Server => "server",
        SpanKind::Client => "client",
        SpanKind::Producer => "producer",
        SpanKind::Consumer => "consumer",
        SpanKind::Internal | SpanKind::Unspecified => "internal",
    };
    let failed = span.status.as_ref().is_some_and(|status| status.code() == StatusCode::Error);
    let events = span.events.into_iter().map(|event| format!("{} {:?}", event.name, attributes(event.attributes)));
    CollectedSpan {
        service,
        instance,
        kind,
        trace: hex(&span.trace_id),
        id: hex(&span.span_id),
        parent: hex(&span.parent_span_id),
        state: span.trace_state,
        attributes: attributes(span.attributes),
        failed,
        events: events.collect(),
        name: span.name,
    }
}

fn attributes(of: Vec<KeyValue>) -> BTreeMap<String, String> {
    of.into_iter().map(|pair| (pair.key, text(pair.value))).collect()
}

fn text(value: Option<AnyValue>) -> String {
    match value.and_then(|value| value.value) {
        Some(Value::StringValue(text)) => text,
        Some(Value::IntValue(number)) => number.to_string(),
        Some(Value::BoolValue(flag)) => flag.to_string(),
        Some(Value::DoubleValue(number)) => number.to_string(),
        Some(Value::ArrayValue(array)) => {
            array.values.into_iter().map(|value| text(Some(value))).collect::<Vec<_>>().join(",")
        }
        Some(_) => "?".to_owned(),
        None => String::new(),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
