//! Log lines within a trace, and what is told of a collector that is away.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState};
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{SpanData, SpanExporter};
use serde_json::Value;
use test_support::Lines;

use super::exporter::Telling;
use crate::config::{LogFormat, Sampling, TelemetryConfig, TracesConfig};
use crate::telemetry::subscriber;

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const SPAN: &str = "b7ad6b7169203331";

fn config(log_format: LogFormat) -> TelemetryConfig {
    let traces = TracesConfig {
        endpoint: "http://127.0.0.1:4318/v1/traces".parse().unwrap(),
        headers: Vec::new(),
        other_protocol: None,
        service: None,
        instance: None,
        attributes: Vec::new(),
        sampling: Sampling { by_parent: true, share: 1.0 },
    };
    TelemetryConfig { log_level: "info".to_owned(), log_format, traces: Some(traces) }
}

fn context() -> Context {
    let (trace, span) = (TraceId::from_hex(TRACE).unwrap(), SpanId::from_hex(SPAN).unwrap());
    Context::new().with_remote_span_context(SpanContext::new(
        trace,
        span,
        TraceFlags::SAMPLED,
        true,
        TraceState::default(),
    ))
}

fn logged(log_format: LogFormat, within: bool) -> String {
    let lines = Lines::default();
    tracing::subscriber::with_default(subscriber(&config(log_format), lines.clone(), false).unwrap(), || {
        let _guard = within.then(|| context().attach());
        tracing::info_span!("request", request_id = "r-1").in_scope(|| tracing::info!(text = "a}\n", "hello"));
    });
    lines.text()
}

#[test]
fn lines_within_a_trace_carry_its_id() {
    let text = logged(LogFormat::Text, true);
    assert!(text.ends_with(&format!(" trace_id={TRACE}\n")) && text.lines().count() == 1, "{text:?}");
    let line: Value = serde_json::from_str(logged(LogFormat::Json, true).trim()).unwrap();
    assert_eq!((&line["trace_id"], &line["span_id"]), (&TRACE.into(), &SPAN.into()));
    assert_eq!(
        (&line["message"], &line["text"], &line["span"]["request_id"]),
        (&"hello".into(), &"a}\n".into(), &"r-1".into())
    );
}

#[test]
fn lines_outside_of_a_trace_are_as_they_were() {
    assert!(!logged(LogFormat::Text, false).contains("trace_id"));
    let line: Value = serde_json::from_str(logged(LogFormat::Json, false).trim()).unwrap();
    assert_eq!((&line["message"], line.get("trace_id")), (&"hello".into(), None));
}

/// Fails as long as it is away.
#[derive(Clone, Debug, Default)]
struct Collector(Arc<AtomicBool>);

impl SpanExporter for Collector {
    async fn export(&self, _batch: Vec<SpanData>) -> OTelSdkResult {
        if self.0.load(Ordering::SeqCst) { Ok(()) } else { Err(OTelSdkError::Timeout(Duration::from_secs(10))) }
    }
}

#[tokio::test]
async fn an_outage_of_the_collector_is_told_once_and_when_it_is_over() {
    let lines = Lines::default();
    let config = TelemetryConfig { log_level: "info".to_owned(), ..TelemetryConfig::default() };
    let guard = tracing::subscriber::set_default(subscriber(&config, lines.clone(), false).unwrap());
    let collector = Collector::default();
    let telling = Telling::new(collector.clone());
    for _ in 0..3 {
        telling.export(spans(2)).await.unwrap();
    }
    collector.0.store(true, Ordering::SeqCst);
    telling.export(spans(2)).await.unwrap();
    telling.export(spans(2)).await.unwrap();
    drop(guard);
    let text = lines.text();
    assert_eq!(text.lines().count(), 2, "{text}");
    assert!(text.contains("does not take spans") && text.contains("takes spans again lost=6"), "{text}");
}

fn spans(count: usize) -> Vec<SpanData> {
    let span = SpanData {
        span_context: context().span().span_context().clone(),
        parent_span_id: SpanId::INVALID,
        parent_span_is_remote: false,
        span_kind: opentelemetry::trace::SpanKind::Internal,
        name: "test".into(),
        start_time: std::time::SystemTime::UNIX_EPOCH,
        end_time: std::time::SystemTime::UNIX_EPOCH,
        attributes: Vec::new(),
        dropped_attributes_count: 0,
        events: Default::default(),
        links: Default::default(),
        status: opentelemetry::trace::Status::Unset,
        instrumentation_scope: Default::default(),
    };
    vec![span; count]
}
