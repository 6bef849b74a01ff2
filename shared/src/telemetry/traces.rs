//! Traces: sent to a collector by OTLP over HTTP, by OpenTelemetry's own crates.
//!
//! A collector that is slow or away costs no work: spans wait in a queue of a bounded length, which a thread of its own empties,
//! and what does not fit is dropped. The log says once that spans are lost, and how many when that is over.

mod exporter;
mod lines;
mod taken;

#[cfg(test)]
mod tests;

use std::sync::OnceLock;
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::context::{FutureExt as _, WithContext};
use opentelemetry::global::{self, BoxedTracer};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::resource::TelemetryResourceDetector;
use opentelemetry_sdk::trace::{BatchSpanProcessor, Sampler, SdkTracerProvider};

use crate::config::{Sampling, TracesConfig};
use exporter::{Client, Telling};
pub(super) use lines::TraceIds;
pub use taken::Taken;

/// Longest time for what is left at the end of a process. Before it a web process may have taken 26 and a worker 25 of the 30 s
/// that Heroku gives.
const FLUSH: Duration = Duration::from_secs(2);

/// Not set in a process that does not trace.
static TRACER: OnceLock<BoxedTracer> = OnceLock::new();

/// What makes the spans of requests; `None` in a process that does not trace.
pub fn tracer() -> Option<&'static BoxedTracer> {
    TRACER.get()
}

/// A future that belongs to what is current now, whoever polls it: for work that is left to another task.
pub fn in_this_trace<F: Future>(future: F) -> WithContext<F> {
    future.with_current_context()
}

/// Why traces cannot be sent: a setting that OpenTelemetry's crates read themselves is wrong, or there is no runtime.
#[derive(Debug, thiserror::Error)]
#[error("traces cannot be sent: {0}")]
pub struct TracesError(String);

/// The traces of the process.
#[derive(Debug, Default)]
pub struct Traces(Option<SdkTracerProvider>);

impl Traces {
    /// Begins to trace.
    pub(super) fn start(config: &TracesConfig) -> Result<Self, TracesError> {
        if let Some(protocol) = &config.other_protocol {
            tracing::warn!(
                protocol,
                "nothing is traced: OTEL_EXPORTER_OTLP_PROTOCOL must be http/protobuf, or not set"
            );
            return Ok(Self::default());
        }
        let failed = |error: &dyn std::fmt::Display| TracesError(error.to_string());
        let client = Client::new().map_err(|error| failed(&error))?;
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(client)
            .with_endpoint(config.endpoint.as_str())
            .with_protocol(Protocol::HttpBinary)
            .with_headers(config.headers.iter().cloned().collect())
            .build()
            .map_err(|error| failed(&error))?;
        let provider = SdkTracerProvider::builder()
            .with_span_processor(BatchSpanProcessor::builder(Telling::new(exporter)).build())
            .with_sampler(sampler(config.sampling))
            .with_resource(resource(config))
            .build();
        global::set_tracer_provider(provider.clone());
        global::set_text_map_propagator(TraceContextPropagator::new());
        crate::jobs::trace_with(global::tracer("jobs"));
        TRACER.get_or_init(|| global::tracer("web"));
        tracing::info!(collector = config.endpoint.origin().ascii_serialization(), "traces are sent");
        Ok(Self(Some(provider)))
    }

    /// Sends what is left, as well as that can be done in two seconds.
    pub async fn end(self) {
        let Some(provider) = self.0 else { return };
        let (done, is_done) = tokio::sync::oneshot::channel();
        // A thread that is not waited for: the collector may take its time.
        let thread = std::thread::Builder::new().name("traces-end".to_owned()).spawn(move || {
            let _ = done.send(provider.shutdown_with_timeout(FLUSH));
        });
        if let Err(error) = thread {
            return tracing::warn!(%error, "no thread for the last spans; they are lost");
        }
        match tokio::time::timeout(FLUSH, is_done).await {
            Ok(Ok(Ok(()))) => {}
            _ => tracing::warn!("the collector did not take the last spans in time; they are lost"),
        }
    }
}

fn sampler(Sampling { by_parent, share }: Sampling) -> Sampler {
    let sampler = match share {
        1.0 => Sampler::AlwaysOn,
        0.0 => Sampler::AlwaysOff,
        share => Sampler::TraceIdRatioBased(share),
    };
    if by_parent { Sampler::ParentBased(Box::new(sampler)) } else { sampler }
}

fn resource(config: &TracesConfig) -> Resource {
    let program = std::env::current_exe().ok();
    let program =
        program.as_deref().and_then(std::path::Path::file_stem).map(|name| name.to_string_lossy().into_owned());
    let service = config.service.clone().or(program).unwrap_or_else(|| "unknown_service".to_owned());
    let given = config.attributes.iter().map(|(name, value)| KeyValue::new(name.clone(), value.clone()));
    let instance = config.instance.clone().map(|instance| KeyValue::new("service.instance.id", instance));
    Resource::builder_empty()
        .with_detector(Box::new(TelemetryResourceDetector))
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .with_attributes(instance)
        .with_attributes(given)
        .with_service_name(service)
        .build()
}
