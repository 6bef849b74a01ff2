//! Runs of tasks as spans: see [`trace`](crate::trace).

use opentelemetry::trace::{SpanBuilder, SpanKind, TraceContextExt as _, Tracer as _};
use opentelemetry::{Context, KeyValue};

use super::ended::Ended;
use crate::kind::TaskContext;
use crate::lease::Task;
use crate::trace::{failed, messaging, parent, queue_name, tracer};

/// A run of a task, as a span; `None` where nothing is traced. A job that keeps no trace, or none that can be read, begins one
/// with each task.
pub(super) fn of_task(cx: &TaskContext, attempts: u32) -> Option<Context> {
    let tracer = tracer()?;
    let queue = queue_name(&cx.jobs.config().prefix);
    let task = cx.lease.task();
    let operation = match task {
        Task::Plan => "plan",
        Task::Chunk(_) => "chunk",
        Task::Finish => "finish",
    };
    let mut attributes = messaging(queue, operation, "process", &cx.job_id);
    attributes.extend([
        KeyValue::new("job.kind", cx.kind.clone()),
        KeyValue::new("job.org", cx.org.clone()),
        KeyValue::new("job.task", task.to_string()),
        KeyValue::new("job.run", i64::from(cx.run)),
        KeyValue::new("job.attempt", i64::from(attempts) + 1),
        KeyValue::new("job.delivery", i64::from(cx.delivery)),
    ]);
    let parent = cx.trace.as_deref().map(parent).unwrap_or_default();
    let span = SpanBuilder::from_name(format!("{operation} {queue}")).with_kind(SpanKind::Consumer);
    let span = tracer.build_with_context(span.with_attributes(attributes), &parent);
    Some(parent.with_span(span))
}

/// The current span is that of a run of a task, which has ended so.
pub(super) fn task_ended(how: Ended) {
    if tracer().is_none() {
        return;
    }
    let current = Context::current();
    current.span().set_attribute(KeyValue::new("job.outcome", how.as_str()));
    if how.is_failure() {
        failed(&current, how.as_str());
    }
    // The chunk that a plan goes on with has a span of its own.
    current.span().end();
}
