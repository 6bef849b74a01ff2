//! What the other side gets to see of a trace.

use opentelemetry::context::FutureExt as _;
use opentelemetry::trace::{SpanContext, SpanId, TraceFlags, TraceId, TraceState};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use serde_json::json;

use super::*;
use crate::test_server::{TestServer, reply};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

fn traced() -> Context {
    global::set_text_map_propagator(TraceContextPropagator::new());
    let (trace, span) = (TraceId::from_hex(TRACE).unwrap(), SpanId::from_hex("b7ad6b7169203331").unwrap());
    let state = "vendor=secret".parse::<TraceState>().unwrap();
    Context::new().with_remote_span_context(SpanContext::new(trace, span, TraceFlags::SAMPLED, true, state))
}

#[tokio::test]
async fn a_call_within_a_trace_carries_its_id_and_nothing_else_of_it() {
    let created = reply(201, r#"{"id":"0Q0000000000001CAA","success":true,"errors":[]}"#);
    let server = TestServer::script([created.clone(), created]).await;
    let (client, account) = (server.client(), json!({"Name": "a"}));
    client.create("Account", &account).await.unwrap();
    client.create("Account", &account).with_context(traced()).await.unwrap();
    let [outside, within] = &server.seen()[..] else { panic!("two calls") };
    assert_eq!(outside.headers.get("traceparent"), None);
    let parent = within.headers.get("traceparent").expect("a traceparent");
    assert!(parent.starts_with(&format!("00-{TRACE}-")) && parent.ends_with("-01"), "{parent}");
    assert_eq!(within.headers.get("tracestate"), None);
}

/// 16,384 bytes are all that Salesforce takes for the URL and the headers.
#[tokio::test]
async fn a_query_that_takes_all_the_room_goes_without() {
    let rows = reply(200, r#"{"totalSize":7,"done":true,"records":[]}"#);
    let server = TestServer::script([rows.clone(), rows]).await;
    let client = server.client();
    for length in [100, 15_880] {
        let query = format!("SELECT COUNT() FROM A WHERE Name = '{}'", "x".repeat(length));
        client.count(&query).with_context(traced()).await.unwrap();
    }
    let carry: Vec<_> = server.seen().iter().map(|seen| seen.headers.contains_key("traceparent")).collect();
    assert_eq!(carry, [true, false]);
}
