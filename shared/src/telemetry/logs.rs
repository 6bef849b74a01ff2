//! Log lines: a filter, a form, stdout.

use std::io::IsTerminal;

use tracing::Subscriber;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::{self, MakeWriter};
use tracing_subscriber::layer::{Layer, SubscriberExt};

use super::escape::{JsonLines, TextFields};
use super::traces::{TraceIds, Traces, TracesError};
use crate::config::{LogFormat, TelemetryConfig};

/// Why telemetry could not start.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// `LOG_LEVEL` is not a filter. [`TelemetryConfig::read`] finds this first.
    #[error("LOG_LEVEL: not a valid filter")]
    Filter(#[from] tracing_subscriber::filter::ParseError),
    /// The process has a subscriber already; it stays as it was.
    #[error("logging is set up already")]
    AlreadyInitialized,
    /// What sends traces cannot be set up.
    #[error(transparent)]
    Traces(#[from] TracesError),
}

/// Sets up logs, metrics and traces of the process. Call it once, first thing in `main`; with traces, within a tokio runtime.
///
/// # Errors
/// [`TelemetryError`]; nothing has changed then, but that there are logs where traces cannot be sent.
pub fn init(config: &TelemetryConfig) -> Result<Traces, TelemetryError> {
    let stdout = std::io::stdout;
    let subscriber = subscriber(config, stdout, stdout().is_terminal())?;
    tracing::subscriber::set_global_default(subscriber).map_err(|_| TelemetryError::AlreadyInitialized)?;
    super::metrics_handle();
    Ok(config.traces.as_ref().map(Traces::start).transpose()?.unwrap_or_default())
}

/// The subscriber that writes to `writer`; `ansi` colours text. Text that others wrote is escaped in it.
///
/// # Errors
/// [`TelemetryError::Filter`].
pub fn subscriber<W>(
    config: &TelemetryConfig,
    writer: W,
    ansi: bool,
) -> Result<impl Subscriber + Send + Sync + use<W>, TelemetryError>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let filter = EnvFilter::builder().parse(&config.log_level)?;
    let writer = TraceIds { inner: writer, format: config.traces.is_some().then_some(config.log_format) };
    let lines = match config.log_format {
        LogFormat::Text => fmt::layer().compact().fmt_fields(TextFields).with_ansi(ansi).with_writer(writer).boxed(),
        // Fields of the event stand beside level and target; those of the span, such as the request id, under `span`.
        LogFormat::Json => {
            let lines = fmt::layer().json().flatten_event(true).with_current_span(true).with_span_list(false);
            lines.with_writer(JsonLines(writer)).boxed()
        }
    };
    Ok(tracing_subscriber::registry().with(filter).with(lines))
}
