//! Calls as spans of OpenTelemetry. For the calls of others to Salesforce and Heroku too: an add-on, a callback.
//!
//! A call is a span when it is made within one, such as that of a request or of a job's task, and else nothing: outside of a trace
//! this costs a look at a variable of the thread. Attributes are those of the semantic conventions for HTTP clients, without what
//! may hold data: no path with ids, no query, no body, no text of an answer.

use opentelemetry::propagation::Injector;
use opentelemetry::trace::{SpanBuilder, SpanKind, Status, TraceContextExt as _, Tracer as _};
use opentelemetry::{Context, KeyValue, Value, global};
use reqwest::Method;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use url::Url;

use super::{Error, Operation, SalesforceId};

/// The header of the W3C's "Trace Context". `tracestate` is not sent: it holds what systems of others noted for each other.
const TRACEPARENT: &str = "traceparent";

/// Longest URL beside which the header is sent, in bytes: a longer one takes the room that Salesforce leaves to headers.
const MAX_URL_BYTES: usize = 15_900;

/// One exchange as a span, or nothing when nothing is traced. Ends when it is dropped.
#[derive(Debug)]
#[must_use]
pub struct CallSpan(Option<Context>, Header);

/// Whether there is room for the header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Header {
    Fits,
    IsLeftOut,
}

impl CallSpan {
    /// Begins an exchange over HTTP. `template` is the path with names in place of what differs from call to call, as
    /// `/services/data/{version}/query`, and `earlier` how often it was made before.
    pub fn http(method: &Method, url: &Url, template: &'static str, earlier: u32) -> Self {
        let header = if url.as_str().len() <= MAX_URL_BYTES { Header::Fits } else { Header::IsLeftOut };
        Self::begin(header, || {
            let mut attributes = place(url);
            attributes.push(KeyValue::new("http.request.method", method.as_str().to_owned()));
            attributes.push(KeyValue::new("url.scheme", url.scheme().to_owned()));
            attributes.push(KeyValue::new("url.template", template));
            if earlier > 0 {
                attributes.push(KeyValue::new("http.request.resend_count", i64::from(earlier)));
            }
            SpanBuilder::from_name(format!("{method} {template}")).with_attributes(attributes)
        })
    }

    /// Begins an exchange with an org.
    pub(crate) fn of_operation(operation: Operation, method: &Method, url: &Url, earlier: u32) -> Self {
        let span = Self::http(method, url, operation.template(), earlier);
        span.note("salesforce.operation", operation.name());
        span
    }

    /// Begins a call over gRPC, such as `eventbus.v1.PubSub/Publish`, of the service at this address.
    #[cfg(feature = "pubsub")]
    pub(crate) fn grpc(method: &'static str, endpoint: &Url) -> Self {
        Self::begin(Header::Fits, || {
            let mut attributes = place(endpoint);
            attributes.push(KeyValue::new("rpc.system.name", "grpc"));
            attributes.push(KeyValue::new("rpc.method", method));
            SpanBuilder::from_name(method).with_attributes(attributes)
        })
    }

    /// How a call over gRPC ended, by the name of its status; one that the caller gave up is `DEADLINE_EXCEEDED`.
    #[cfg(feature = "pubsub")]
    pub(crate) fn ended_with(&self, status: tonic::Code) {
        self.note("rpc.response.status_code", status_name(status));
    }

    fn begin(header: Header, span: impl FnOnce() -> SpanBuilder) -> Self {
        let parent = Context::map_current(|current| current.has_active_span().then(|| current.clone()));
        let within = parent.map(|parent| {
            let span = global::tracer("salesforce").build_with_context(span().with_kind(SpanKind::Client), &parent);
            parent.with_span(span)
        });
        Self(within, header)
    }

    /// Notes something that holds neither data nor a secret.
    pub fn note(&self, name: &'static str, value: impl Into<Value>) {
        if let Some(context) = &self.0 {
            context.span().set_attribute(KeyValue::new(name, value));
        }
    }

    /// Notes the org that is called.
    pub(crate) fn of_org(&self, org: SalesforceId) {
        if self.0.is_some() {
            self.note("salesforce.org_id", org.as_str().to_owned());
        }
    }

    /// How an exchange with an org ended. Of an answer that is read as a stream it does with its head.
    pub(crate) fn ended(&self, org: SalesforceId, status: Option<u16>, failure: Option<&Error>) {
        self.of_org(org);
        if let Some(failure) = failure {
            self.failed(failure.kind().name());
        }
        if let Some(status) = status {
            self.answered(status);
        }
    }

    /// These headers, and the one that tells the other side of the span, if there is one.
    pub fn added_to(&self, mut headers: HeaderMap) -> HeaderMap {
        if let Some(value) = self.traceparent().and_then(|value| HeaderValue::try_from(value).ok()) {
            headers.insert(HeaderName::from_static(TRACEPARENT), value);
        }
        headers
    }

    pub(crate) fn traceparent(&self) -> Option<String> {
        let context = self.0.as_ref().filter(|_| self.1 == Header::Fits)?;
        let mut value = None;
        global::get_text_map_propagator(|propagator| propagator.inject_context(context, &mut Traceparent(&mut value)));
        value
    }

    /// An answer came, with this status; one of 400 or more is a failure.
    pub fn answered(&self, status: u16) {
        self.note("http.response.status_code", i64::from(status));
        if status >= 400 && self.0.is_some() {
            self.note("error.type", status.to_string());
            self.set_failed();
        }
    }

    /// The exchange failed; `why` is one of few names, and no text of others.
    pub fn failed(&self, why: &'static str) {
        self.note("error.type", why);
        self.set_failed();
    }

    fn set_failed(&self) {
        if let Some(context) = &self.0 {
            context.span().set_status(Status::error(""));
        }
    }
}

/// A status of gRPC as the conventions write it ("Semantic conventions for gRPC").
#[cfg(feature = "pubsub")]
fn status_name(status: tonic::Code) -> &'static str {
    use tonic::Code;
    match status {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}

fn place(url: &Url) -> Vec<KeyValue> {
    let mut attributes = Vec::with_capacity(10);
    attributes.extend(url.host_str().map(|host| KeyValue::new("server.address", host.to_owned())));
    attributes.extend(url.port_or_known_default().map(|port| KeyValue::new("server.port", i64::from(port))));
    attributes
}

/// Takes that one header.
struct Traceparent<'a>(&'a mut Option<String>);

impl Injector for Traceparent<'_> {
    fn set(&mut self, key: &str, value: String) {
        if key == TRACEPARENT {
            *self.0 = Some(value);
        }
    }
}

#[cfg(test)]
mod tests;
