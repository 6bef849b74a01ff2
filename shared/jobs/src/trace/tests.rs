use opentelemetry::trace::{SpanContext, SpanId, TraceFlags, TraceId, TraceState};
use opentelemetry_sdk::propagation::TraceContextPropagator;

use super::*;

const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

fn sending(flags: TraceFlags, state: &str) -> Sending {
    global::set_text_map_propagator(TraceContextPropagator::new());
    let trace = TraceId::from_hex("0af7651916cd43dd8448eb211c80319c").unwrap();
    let span = SpanId::from_hex("b7ad6b7169203331").unwrap();
    let state = state.parse::<TraceState>().unwrap();
    Sending(Context::new().with_remote_span_context(SpanContext::new(trace, span, flags, false, state)))
}

#[test]
fn what_a_job_keeps_is_read_as_it_was() {
    for (flags, state, carried) in [
        (TraceFlags::SAMPLED, "", PARENT.to_owned()),
        (TraceFlags::default(), "", PARENT.replace("-01", "-00")),
        (TraceFlags::SAMPLED, "a=1,b=x y", format!("{PARENT} a=1,b=x y")),
    ] {
        let sending = sending(flags, state);
        assert_eq!(sending.carried(), carried);
        let read = parent(&carried);
        let (read, sent) = (read.span().span_context().clone(), sending.0.span().span_context().clone());
        assert_eq!((read.trace_id(), read.span_id()), (sent.trace_id(), sent.span_id()));
        assert_eq!(read.is_sampled(), sent.is_sampled());
        assert_eq!(read.trace_state().header(), state);
        assert!(read.is_remote());
    }
}

/// A value of more than 64 bytes costs a job's hash its compact form; a very long one is left out.
#[test]
fn a_job_keeps_no_endless_state() {
    let sent = sending(TraceFlags::SAMPLED, "");
    assert!(sent.carried().len() <= 64);
    let long = ["a", "b", "c"].map(|name| format!("{name}={}", "x".repeat(200))).join(",");
    assert_eq!(sending(TraceFlags::SAMPLED, &long).carried(), PARENT);
}

#[test]
fn what_cannot_be_read_begins_a_trace() {
    global::set_text_map_propagator(TraceContextPropagator::new());
    for text in [
        "",
        " ",
        "x",
        "00",
        "00-0-0-0",
        "00-zz-yy-01",
        "\u{0}",
        &PARENT.replace("0af7651916cd43dd8448eb211c80319c", &"0".repeat(32)),
    ] {
        assert!(!parent(text).span().span_context().is_valid(), "{text:?}");
    }
}

#[test]
fn the_name_of_a_queue_is_its_hash_tag() {
    for (prefix, name) in [("{org-job}:", "org-job"), ("x{a}:b", "a"), ("{}:", "{}:"), ("plain", "plain")] {
        assert_eq!(queue_name(prefix), name);
    }
}
