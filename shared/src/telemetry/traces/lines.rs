//! The ids of the current span in log lines, so that from a line one finds its trace.

use std::io::{self, Write};

use opentelemetry::Context;
use opentelemetry::trace::TraceContextExt as _;
use tracing_subscriber::fmt::MakeWriter;

use crate::config::LogFormat;

/// A writer whose lines carry the ids, at their end; with no format, they go through as they are.
pub(in crate::telemetry) struct TraceIds<W> {
    pub(in crate::telemetry) inner: W,
    pub(in crate::telemetry) format: Option<LogFormat>,
}

/// What [`TraceIds`] makes.
pub(in crate::telemetry) struct Line<W> {
    inner: W,
    format: Option<LogFormat>,
}

impl<'w, M: MakeWriter<'w>> MakeWriter<'w> for TraceIds<M> {
    type Writer = Line<M::Writer>;

    fn make_writer(&'w self) -> Self::Writer {
        Line { inner: self.inner.make_writer(), format: self.format }
    }
}

impl<W: Write> Write for Line<W> {
    /// Takes whole lines, as `tracing-subscriber` writes them.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Some(format) = self.format else { return self.inner.write(bytes) };
        let (end, ids) = match (format, current_ids()) {
            (LogFormat::Text, Some((trace, _))) => ("\n", format!(" trace_id={trace}\n")),
            (LogFormat::Json, Some((trace, span))) => {
                ("}\n", format!(",\"trace_id\":\"{trace}\",\"span_id\":\"{span}\"}}\n"))
            }
            (_, None) => ("", String::new()),
        };
        match bytes.strip_suffix(end.as_bytes()) {
            Some(line) if !end.is_empty() => self.inner.write_all(&[line, ids.as_bytes()].concat())?,
            _ => self.inner.write_all(bytes)?,
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// The ids of the current span, in hexadecimal; `None` outside of a trace.
fn current_ids() -> Option<(String, String)> {
    Context::map_current(|context| {
        let span = context.span();
        let span = span.span_context();
        span.is_valid().then(|| (span.trace_id().to_string(), span.span_id().to_string()))
    })
}
