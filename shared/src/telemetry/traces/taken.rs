//! Messages that a process takes from a topic of another system, as spans.

use futures_util::future::Either;
use opentelemetry::context::{FutureExt as _, WithContext};
use opentelemetry::trace::{SpanBuilder, SpanKind, TraceContextExt as _, Tracer as _};
use opentelemetry::{Context, KeyValue};

use super::tracer;

/// The taking of some messages, as a span that begins a trace: whoever published them tells none. Nothing where nothing is traced.
/// It ends when it is dropped. Names and attributes are those of the semantic conventions for messaging.
#[derive(Debug)]
#[must_use]
pub struct Taken(Option<Context>);

impl Taken {
    /// Begins to take `messages` of them from a topic of `system`, such as `salesforce`, which are of this org.
    pub fn begin(system: &'static str, topic: &str, messages: usize, org: &str) -> Self {
        let context = tracer().map(|tracer| {
            let attributes = [
                KeyValue::new("messaging.system", system),
                KeyValue::new("messaging.destination.name", topic.to_owned()),
                KeyValue::new("messaging.operation.name", "process"),
                KeyValue::new("messaging.operation.type", "process"),
                KeyValue::new("messaging.batch.message_count", i64::try_from(messages).unwrap_or(i64::MAX)),
                KeyValue::new("salesforce.org_id", org.to_owned()),
            ];
            let span = SpanBuilder::from_name(format!("process {topic}")).with_kind(SpanKind::Consumer);
            let context = Context::new();
            let span = tracer.build_with_context(span.with_attributes(attributes), &context);
            context.with_span(span)
        });
        Self(context)
    }

    /// None, as there is nothing to tell of.
    pub fn nothing() -> Self {
        Self(None)
    }

    /// A future within the span.
    pub fn around<F: Future>(&self, future: F) -> Either<WithContext<F>, F> {
        match &self.0 {
            Some(context) => Either::Left(future.with_context(context.clone())),
            None => Either::Right(future),
        }
    }

    /// What was taken could not be kept; `why` is one of few names.
    pub fn failed(&self, why: &'static str) {
        if let Some(context) = &self.0 {
            context.span().set_attribute(KeyValue::new("error.type", why));
            context.span().set_status(opentelemetry::trace::Status::error(why));
        }
    }
}
