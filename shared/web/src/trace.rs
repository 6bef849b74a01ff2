//! Requests as spans of OpenTelemetry, children of what the caller says in the W3C's header `traceparent`. Names and attributes are
//! those of the semantic conventions for HTTP servers, with the pattern of the route in place of the path, in which ids stand.

use std::borrow::Cow;

use actix_web::dev::ServiceRequest;
use actix_web::http::header::HeaderMap;
use futures_util::future::Either;
use opentelemetry::context::{FutureExt as _, WithContext};
use opentelemetry::propagation::Extractor;
use opentelemetry::trace::{SpanBuilder, SpanKind, Status, TraceContextExt as _, Tracer as _};
use opentelemetry::{Array, Context, KeyValue, StringValue, Value, global};

use super::probes::is_probe;
use super::request_id::RequestId;

/// Headers of the W3C's "Trace Context".
const TRACEPARENT: &str = "traceparent";
const TRACESTATE: &str = "tracestate";

/// Longest `tracestate` that is taken over: what everybody has to pass on ("Trace Context", "tracestate Limits").
const MAX_TRACESTATE_BYTES: usize = 512;

/// Begins the span of a request with a method that is known, or OTHER; `None` where nothing is traced, and for machines that watch the process.
pub(super) fn begun(method: &'static str, request: &ServiceRequest, id: &RequestId) -> Option<Context> {
    let tracer = shared::telemetry::tracer()?;
    if is_probe(request.path()) {
        return None;
    }
    let mut attributes = Vec::with_capacity(8);
    let ids = Value::Array(Array::String(vec![StringValue::from(id.as_str().to_owned())]));
    attributes.extend([
        KeyValue::new("http.request.method", if method == "OTHER" { "_OTHER" } else { method }),
        KeyValue::new("http.request.header.x-request-id", ids),
        KeyValue::new("url.scheme", scheme(request.headers())),
    ]);
    let parent = Caller::of(request.headers());
    let parent = global::get_text_map_propagator(|words| words.extract_with_context(&Context::new(), &parent));
    let name = if method == "OTHER" { "HTTP" } else { method };
    let span = SpanBuilder::from_name(name).with_kind(SpanKind::Server).with_attributes(attributes);
    let span = tracer.build_with_context(span, &parent);
    Some(parent.with_span(span))
}

/// The head of the answer is ready. `route` is its pattern, if there is one.
pub(super) fn answered(method: &'static str, route: Option<&str>, status: u16) {
    if shared::telemetry::tracer().is_none() {
        return;
    }
    let current = Context::current();
    let span = current.span();
    if let Some(route) = route {
        let method = if method == "OTHER" { "HTTP" } else { method };
        span.update_name(format!("{method} {route}"));
        span.set_attribute(KeyValue::new("http.route", route.to_owned()));
        span.set_attribute(KeyValue::new("url.path", route.to_owned()));
    }
    span.set_attribute(KeyValue::new("http.response.status_code", i64::from(status)));
    // What is wrong with a request is no failure of the server.
    if status >= 500 {
        span.set_attribute(KeyValue::new("error.type", status.to_string()));
        span.set_status(Status::error(""));
    }
    span.end();
}

/// A future in whose polls `context` is the current one.
pub(super) fn within<F: Future>(context: Option<Context>, future: F) -> Either<WithContext<F>, F> {
    match context {
        Some(context) => Either::Left(future.with_context(context)),
        None => Either::Right(future),
    }
}

/// As the caller has it, in front of Heroku's router.
fn scheme(headers: &HeaderMap) -> &'static str {
    match headers.get("x-forwarded-proto").map(|value| value.as_bytes()) {
        Some(b"https") => "https",
        _ => "http",
    }
}

/// What a caller says of its trace; nothing when that is not of the standard's form.
#[derive(Default)]
struct Caller<'a> {
    parent: Option<&'a str>,
    state: Option<Cow<'a, str>>,
}

impl<'a> Caller<'a> {
    fn of(headers: &'a HeaderMap) -> Self {
        let mut parents = headers.get_all(TRACEPARENT);
        let (Some(parent), None) = (parents.next(), parents.next()) else { return Self::default() };
        let parent = parent.to_str().ok().map(str::trim).filter(|text| is_traceparent(text));
        Self { parent, state: parent.and_then(|_| state(headers)) }
    }
}

/// One list, from however many headers.
fn state(headers: &HeaderMap) -> Option<Cow<'_, str>> {
    let parts: Option<Vec<&str>> = headers.get_all(TRACESTATE).map(|value| value.to_str().ok()).collect();
    let text = match parts?.as_slice() {
        [] => return None,
        [text] => Cow::Borrowed(*text),
        parts => Cow::Owned(parts.join(",")),
    };
    (text.len() <= MAX_TRACESTATE_BYTES).then_some(text)
}

/// Whether a text has the form of version 0, or begins so in a later one. The propagator of OpenTelemetry also reads numbers that
/// are too short.
fn is_traceparent(text: &str) -> bool {
    let bytes = text.as_bytes();
    let is_hex = |range: std::ops::Range<usize>| {
        bytes.get(range).is_some_and(|part| part.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')))
    };
    let is_dash = |place: usize| bytes.get(place) == Some(&b'-');
    let has_form = is_hex(0..2) && is_dash(2) && is_hex(3..35) && is_dash(35) && is_hex(36..52) && is_dash(52);
    let is_over = if bytes.starts_with(b"00") { bytes.len() == 55 } else { bytes.len() == 55 || is_dash(55) };
    has_form && is_hex(53..55) && is_over && !bytes.starts_with(b"ff")
}

impl Extractor for Caller<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        match key {
            TRACEPARENT => self.parent,
            TRACESTATE => self.state.as_deref(),
            _ => None,
        }
    }

    fn keys(&self) -> Vec<&str> {
        vec![TRACEPARENT, TRACESTATE]
    }
}

#[cfg(test)]
mod tests;
