//! Metrics in Prometheus' text format, without a listener of their own: the web process serves `/metrics`.

use std::sync::OnceLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

use super::memory::ProcessMemory;

/// Upper bounds of histograms whose name ends in `seconds`: from a quick answer to Heroku's 30 s limit.
const SECONDS: [f64; 12] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

/// Content type of what is rendered.
pub const METRICS_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// How often samples of histograms are folded into their buckets. Until then they are kept one by one.
const UPKEEP: Duration = Duration::from_secs(5);

/// Renders what the process has counted. Cheap to clone.
#[derive(Clone)]
pub struct MetricsHandle(PrometheusHandle);

impl MetricsHandle {
    /// All metrics in Prometheus' text format, the memory of the process among them.
    pub fn render(&self) -> String {
        if let Some(memory) = ProcessMemory::now() {
            memory.record();
        }
        self.0.render()
    }
}

/// The metrics of the process, installed as the recorder of the `metrics` macros on first use.
///
/// When something else installed a recorder before, that one stays, and this handle renders nothing.
pub fn metrics_handle() -> MetricsHandle {
    static HANDLE: OnceLock<MetricsHandle> = OnceLock::new();
    HANDLE.get_or_init(install).clone()
}

fn install() -> MetricsHandle {
    let builder = PrometheusBuilder::new();
    let recorder = match builder.set_buckets_for_metric(Matcher::Suffix("seconds".to_owned()), &SECONDS) {
        Ok(builder) => builder.build_recorder(),
        // Only an empty list of bounds is refused; without bounds the histograms come out as summaries.
        Err(_) => PrometheusBuilder::new().build_recorder(),
    };
    let handle = recorder.handle();
    if metrics::set_global_recorder(recorder).is_ok() {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        metrics::gauge!("process_start_time_seconds").set(now.as_secs_f64().round());
        fold_samples_regularly(handle.clone());
    }
    MetricsHandle(handle)
}

/// Keeps memory flat when nobody reads `/metrics`. A thread, because workers record before any runtime exists and the
/// work is a few microseconds.
fn fold_samples_regularly(handle: PrometheusHandle) {
    let upkeep = move || {
        loop {
            std::thread::sleep(UPKEEP);
            handle.run_upkeep();
        }
    };
    if let Err(error) = std::thread::Builder::new().name("metrics-upkeep".to_owned()).spawn(upkeep) {
        tracing::warn!(%error, "no thread for the upkeep of metrics; histograms grow until /metrics is read");
    }
}
