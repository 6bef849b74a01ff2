//! The form of lines, the filter, and what `/metrics` shows.

use serde_json::Value;
use test_support::Lines;

use super::{ProcessMemory, TelemetryError, init, metrics_handle, subscriber};
use crate::config::{LogFormat, TelemetryConfig};

fn logged(log_level: &str, log_format: LogFormat, work: impl FnOnce()) -> String {
    let lines = Lines::default();
    let config = TelemetryConfig { log_level: log_level.to_owned(), log_format, traces: None };
    tracing::subscriber::with_default(subscriber(&config, lines.clone(), false).unwrap(), work);
    lines.text()
}

fn work() {
    let span = tracing::info_span!("request", request_id = "r-1");
    let _entered = span.enter();
    tracing::info!(status = 200, "request");
    tracing::debug!("detail");
}

#[test]
fn json_lines_hold_the_fields_of_event_and_span() {
    let text = logged("info", LogFormat::Json, work);
    let line: Value = serde_json::from_str(text.trim()).unwrap();
    assert_eq!(line["level"], "INFO");
    assert_eq!(line["message"], "request");
    assert_eq!(line["status"], 200);
    assert_eq!(line["span"]["request_id"], "r-1");
}

#[test]
fn text_is_one_plain_line_an_event() {
    let text = logged("info", LogFormat::Text, work);
    assert_eq!(text.lines().count(), 1, "{text}");
    assert!(text.contains("request_id=\"r-1\"") && text.contains("status=200"), "{text}");
    assert!(!text.contains('\u{1b}'), "{text}");
}

/// Ends a line, returns to its start, steers terminals (ESC, and CSI as one character), and turns the direction of text.
const HOSTILE: &str = "a\r\nERROR b\u{1b}[31mc\u{9b}2Jd\u{202e}e\u{2066}f\u{2028}g\u{7f}h\0i\u{85}j";

#[derive(Debug, thiserror::Error)]
#[error("{HOSTILE}")]
struct Hostile;

fn hostile_work() {
    let span = tracing::info_span!("request", org_id = %HOSTILE, late = tracing::field::Empty);
    let _entered = span.enter();
    span.record("late", tracing::field::display(HOSTILE));
    let error: &(dyn std::error::Error + 'static) = &Hostile;
    tracing::warn!(text = HOSTILE, shown = %HOSTILE, debugged = ?HOSTILE, raw = ?format_args!("{HOSTILE}"), error, "{HOSTILE}");
}

#[test]
fn text_of_others_neither_begins_a_line_nor_steers_the_terminal() {
    let shown = |c: char| !c.is_control() && !"\u{202e}\u{2066}\u{2028}".contains(c);
    let text = logged("info", LogFormat::Text, hostile_work);
    assert!(text.strip_suffix('\n').unwrap().chars().all(shown), "{text:?}");
    assert_eq!(text.matches(r"a\r\nERROR b\u{1b}[31mc\u{9b}2Jd\u{202e}e").count(), 8, "{text}");

    let text = logged("info", LogFormat::Json, hostile_work);
    let line = text.strip_suffix('\n').unwrap();
    assert!(line.chars().all(shown), "{text:?}");
    let line: Value = serde_json::from_str(line).unwrap();
    assert_eq!(
        (&line["message"], &line["shown"], &line["span"]["org_id"]),
        (&HOSTILE.into(), &HOSTILE.into(), &HOSTILE.into())
    );
}

#[test]
fn colours_are_our_own_only() {
    let lines = Lines::default();
    let config = TelemetryConfig { log_level: "info".to_owned(), log_format: LogFormat::Text, traces: None };
    tracing::subscriber::with_default(subscriber(&config, lines.clone(), true).unwrap(), hostile_work);
    let text = lines.text();
    assert_eq!(text.lines().count(), 1, "{text:?}");
    assert!(text.contains("\u{1b}[3mshown") && !text.contains("\u{1b}[31m") && !text.contains('\u{9b}'), "{text:?}");
}

#[test]
fn directives_choose_what_is_logged() {
    assert_eq!(logged("off", LogFormat::Text, work), "");
    assert_eq!(logged("error,shared::telemetry=debug", LogFormat::Text, work).lines().count(), 2);
}

#[test]
fn memory_is_read_from_the_status_file() {
    let status = "Name:\tx\nVmPeak:\t 999 kB\nVmHWM:\t  2048 kB\nVmRSS:\t  1024 kB\nThreads:\t4\n";
    let memory = ProcessMemory { resident_bytes: 1 << 20, peak_bytes: 2 << 20 };
    assert_eq!(ProcessMemory::from_status(status), Some(memory));
    assert_eq!(ProcessMemory::from_status("Name:\tx\n"), None);
}

#[test]
fn metrics_show_counters_and_memory() {
    let handle = metrics_handle();
    metrics::counter!("telemetry_test_total").increment(2);
    metrics::histogram!("telemetry_test_seconds").record(0.2);
    let text = handle.render();
    assert!(text.contains("telemetry_test_total 2"), "{text}");
    assert!(text.contains("telemetry_test_seconds_bucket{le=\"0.25\"} 1"), "{text}");
    if ProcessMemory::now().is_some() {
        assert!(text.contains("process_resident_memory_bytes "), "{text}");
        assert!(text.contains("process_peak_resident_memory_bytes "), "{text}");
    }
}

#[test]
fn a_second_start_is_an_error() {
    let silent = TelemetryConfig { log_level: "off".to_owned(), log_format: LogFormat::Text, traces: None };
    init(&silent).unwrap();
    assert!(matches!(init(&silent), Err(TelemetryError::AlreadyInitialized)));
    let wrong = TelemetryConfig { log_level: "shared=loud".to_owned(), ..silent };
    assert!(matches!(init(&wrong), Err(TelemetryError::Filter(_))));
}
