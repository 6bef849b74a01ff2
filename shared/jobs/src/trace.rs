//! Traces of OpenTelemetry: one leads from the request that asks for a job to each run of each of its tasks, in whichever
//! process it runs.
//!
//! A job that is made gets a span (`send`), a child of whatever span is current, and keeps that one's `traceparent` in Redis.
//! Each run of a task gets a span of its own (`plan`, `chunk`, `finish`), a child of it, which is current while the task runs.
//! Names and attributes are those of the semantic conventions for messaging. Whoever traces says so once ([`trace_with`]), and sets
//! the global propagator; until then nothing of this costs more than a look at a variable.

use std::sync::OnceLock;

use futures_util::future::Either;
use opentelemetry::context::{FutureExt as _, WithContext};
use opentelemetry::global::{self, BoxedTracer};
use opentelemetry::propagation::{Extractor, Injector};
use opentelemetry::trace::{SpanBuilder, SpanKind, Status, TraceContextExt as _, Tracer as _};
use opentelemetry::{Context, KeyValue};

use super::error::{JobsError, JobsErrorKind};
use super::types::{Created, JobId};

/// Headers of the W3C's "Trace Context".
const TRACEPARENT: &str = "traceparent";
const TRACESTATE: &str = "tracestate";

/// Longest `tracestate` that a job keeps: what everybody has to pass on ("Trace Context", "tracestate Limits").
const MAX_TRACESTATE_BYTES: usize = 512;

/// Makes the spans; not set in a process that does not trace.
static TRACER: OnceLock<BoxedTracer> = OnceLock::new();

/// From now on jobs that this process makes, and tasks that it runs, are spans of this tracer. Counts once.
pub fn trace_with(tracer: BoxedTracer) {
    // An error says that there is one, which stays.
    let _ = TRACER.set(tracer);
}

/// Not there where nothing is traced.
pub(super) fn tracer() -> Option<&'static BoxedTracer> {
    TRACER.get()
}

/// The name of the queue whose keys begin with `prefix`: what stands in its hash tag.
#[must_use]
pub fn queue_name(prefix: &str) -> &str {
    let tag = prefix.split_once('{').and_then(|(_, rest)| rest.split_once('}')).map(|(tag, _)| tag);
    tag.filter(|tag| !tag.is_empty()).unwrap_or(prefix)
}

/// The making of a job, as a span.
pub(super) struct Sending(Context);

impl Sending {
    /// `None` where nothing is traced.
    pub(super) fn of(job: &JobId, kind: &'static str, org: &str, prefix: &str) -> Option<Self> {
        let tracer = tracer()?;
        let queue = queue_name(prefix);
        let mut attributes = messaging(queue, "send", "send", job);
        attributes.extend([KeyValue::new("job.kind", kind), KeyValue::new("job.org", org.to_owned())]);
        let span = SpanBuilder::from_name(format!("send {queue}")).with_kind(SpanKind::Producer);
        let parent = Context::current();
        let span = tracer.build_with_context(span.with_attributes(attributes), &parent);
        Some(Self(parent.with_span(span)))
    }

    /// What the job keeps.
    pub(super) fn carried(&self) -> String {
        written(&self.0)
    }

    pub(super) fn ended(self, created: &Result<Created, JobsError>) {
        let span = self.0.span();
        match created {
            // The trace that goes on is that of the request which made it.
            Ok(created) if created.existing => span.set_attribute(KeyValue::new("job.existing", true)),
            Ok(_) => {}
            Err(error) => failed(&self.0, name(error.kind())),
        }
        span.end();
    }
}

/// What is current, as text for whoever makes a job of it later, in another process perhaps: `traceparent` and, where there is
/// one, a space and the `tracestate`. Empty where nothing is traced.
#[must_use]
pub fn carried() -> String {
    match tracer() {
        Some(_) => Context::map_current(written),
        None => String::new(),
    }
}

/// A future that belongs to the trace that a text tells of, as [`carried`] gave it. A text that cannot be read tells of none.
pub fn carried_on<F: Future>(trace: &str, future: F) -> Either<WithContext<F>, F> {
    within(tracer().map(|_| parent(trace)), future)
}

fn written(context: &Context) -> String {
    let mut words = Words::default();
    global::get_text_map_propagator(|propagator| propagator.inject_context(context, &mut words));
    match words.state {
        Some(state) if (1..=MAX_TRACESTATE_BYTES).contains(&state.len()) => {
            format!("{} {state}", words.parent.unwrap_or_default())
        }
        _ => words.parent.unwrap_or_default(),
    }
}

/// A future in whose polls `context` is the current one.
pub(super) fn within<F: Future>(context: Option<Context>, future: F) -> Either<WithContext<F>, F> {
    match context {
        Some(context) => Either::Left(future.with_context(context)),
        None => Either::Right(future),
    }
}

/// The conventions' attributes of a message; a job is one.
pub(super) fn messaging(queue: &str, name: &'static str, kind: &'static str, job: &JobId) -> Vec<KeyValue> {
    let mut attributes = Vec::with_capacity(11);
    attributes.extend([
        KeyValue::new("messaging.system", "redis"),
        KeyValue::new("messaging.destination.name", queue.to_owned()),
        KeyValue::new("messaging.operation.name", name),
        KeyValue::new("messaging.operation.type", kind),
        KeyValue::new("messaging.message.id", job.hyphenated()),
    ]);
    attributes
}

/// Nothing but names of ours: what an org or Redis said may hold anything.
pub(super) fn failed(cx: &Context, why: &'static str) {
    let span = cx.span();
    span.set_attribute(KeyValue::new("error.type", why));
    span.set_status(Status::error(why));
}

fn name(kind: JobsErrorKind) -> &'static str {
    match kind {
        JobsErrorKind::Invalid => "invalid",
        JobsErrorKind::Reused => "reused",
        JobsErrorKind::Limited => "limited",
        JobsErrorKind::Unavailable => "unavailable",
        JobsErrorKind::Unproven => "unproven",
        JobsErrorKind::Bug => "bug",
    }
}

/// Reads what [`written`] wrote.
pub(super) fn parent(trace: &str) -> Context {
    let (parent, state) = match trace.split_once(' ') {
        Some((parent, state)) => (parent, Some(state.to_owned())),
        None => (trace, None),
    };
    let words = Words { parent: Some(parent.to_owned()), state };
    global::get_text_map_propagator(|propagator| propagator.extract_with_context(&Context::new(), &words))
}

/// The two headers.
#[derive(Default)]
struct Words {
    parent: Option<String>,
    state: Option<String>,
}

impl Injector for Words {
    fn set(&mut self, key: &str, value: String) {
        match key {
            TRACEPARENT => self.parent = Some(value),
            TRACESTATE => self.state = Some(value),
            _ => {}
        }
    }
}

impl Extractor for Words {
    fn get(&self, key: &str) -> Option<&str> {
        match key {
            TRACEPARENT => self.parent.as_deref(),
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
