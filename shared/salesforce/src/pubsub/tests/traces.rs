//! Calls within a trace, as spans: what was called, of whom, and how it ended.

use std::sync::OnceLock;

use opentelemetry::context::FutureExt as _;
use opentelemetry::trace::{SpanBuilder, SpanKind, TraceContextExt as _, Tracer as _};
use opentelemetry::{Context, global};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanData, SpanExporter};
use serde_json::json;
use tonic::Code;

use super::fake::status;
use super::*;

/// All spans that have ended, of all tests.
#[derive(Debug, Clone, Default)]
struct Ended(Arc<Mutex<Vec<SpanData>>>);

impl SpanExporter for Ended {
    async fn export(&self, spans: Vec<SpanData>) -> OTelSdkResult {
        self.0.lock().unwrap().extend(spans);
        Ok(())
    }
}

/// A span to make calls in, and where the calls are seen.
fn traced() -> (Context, Ended) {
    static ENDED: OnceLock<Ended> = OnceLock::new();
    let ended = ENDED.get_or_init(|| {
        let ended = Ended::default();
        global::set_tracer_provider(SdkTracerProvider::builder().with_simple_exporter(ended.clone()).build());
        global::set_text_map_propagator(TraceContextPropagator::new());
        ended
    });
    let span = SpanBuilder::from_name("cause").with_kind(SpanKind::Server);
    let context = Context::new();
    let span = global::tracer("test").build_with_context(span, &context);
    (context.with_span(span), ended.clone())
}

impl Ended {
    /// Name, status code and `error.type` of the calls that were made in a span, in the order in which they ended.
    fn of(&self, cause: &Context) -> Vec<(String, String, String)> {
        let cause = cause.span().span_context().clone();
        let spans = self.0.lock().unwrap();
        let calls = spans.iter().filter(|span| span.parent_span_id == cause.span_id());
        calls
            .map(|call| {
                let value = |name: &str| {
                    let found = call.attributes.iter().filter(|pair| pair.key.as_str() == name);
                    let found: Vec<_> = found.map(|pair| pair.value.to_string()).collect();
                    assert!(found.len() < 2, "{name} twice: {found:?}");
                    found.concat()
                };
                assert_eq!((call.span_kind.clone(), value("rpc.system.name")), (SpanKind::Client, "grpc".to_owned()));
                assert_eq!(
                    (call.name.to_string(), value("server.address")),
                    (value("rpc.method"), "127.0.0.1".to_owned())
                );
                (value("rpc.method"), value("rpc.response.status_code"), value("error.type"))
            })
            .collect()
    }
}

fn call(name: &str, status: &str, error: &str) -> (String, String, String) {
    (format!("eventbus.v1.PubSub/{name}"), status.to_owned(), error.to_owned())
}

#[tokio::test]
async fn a_publication_shows_each_call_that_it_takes() {
    let fake = Fake::start().await;
    fake.book().failures.push_back(status(Code::Unauthenticated, "service.auth.error"));
    let (cause, ended) = traced();
    let note = json!({ "Number__c": 7 }).as_object().unwrap().clone();
    pubsub(&fake).publish(TOPIC, &[note]).with_context(cause.clone()).await.unwrap()[0].as_ref().unwrap();
    let calls = [
        call("GetTopic", "UNAUTHENTICATED", "session_expired"),
        call("GetTopic", "OK", ""),
        call("GetSchema", "OK", ""),
        call("Publish", "OK", ""),
    ];
    assert_eq!(ended.of(&cause), calls);
    let trace = cause.span().span_context().trace_id().to_string();
    for metadata in &fake.book().metadata {
        let parent = metadata.get("traceparent").map(|value| value.to_str().unwrap().to_owned());
        assert!(parent.as_ref().is_some_and(|parent| parent.contains(&trace)), "{parent:?}");
    }
}

#[tokio::test]
async fn a_stream_is_a_span_within_a_trace_and_nothing_without_one() {
    let fake = Fake::start().await;
    fake.add(1);
    let (cause, ended) = traced();
    let pubsub = pubsub(&fake);
    let streams = async {
        let mut events = subscribe(&pubsub, from_start(), &Arc::default());
        event(&mut events).await.finish();
        fake.end_streams(status(Code::Unavailable, "service.unavailable"));
        // Else the next event may come over the stream that is about to end.
        eventually("the first stream has ended", || ended.of(&cause).len() == 2).await;
        fake.add(1);
        event(&mut events).await.finish();
    };
    streams.with_context(cause.clone()).await;
    eventually("the second stream has ended", || ended.of(&cause).len() == 3).await;
    let calls = [
        call("GetSchema", "OK", ""),
        call("Subscribe", "UNAVAILABLE", "stream_ended"),
        call("Subscribe", "CANCELLED", ""),
    ];
    assert_eq!(ended.of(&cause), calls);

    // As the subscriber of a service, which belongs to no request.
    let mut events = subscribe(&pubsub, from_start(), &Arc::default());
    event(&mut events).await.finish();
    assert!(fake.book().metadata.last().is_some_and(|metadata| metadata.get("traceparent").is_none()));
}
