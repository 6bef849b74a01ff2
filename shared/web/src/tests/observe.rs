//! Request ids, and the one log event of a request.

use actix_web::HttpResponse;
use actix_web::test::TestRequest;
use actix_web::web::{self, ServiceConfig};
use serde_json::Value;

use super::super::health::Health;
use super::super::{ApiError, RequestId};
use super::send;
use shared::config::{LogFormat, TelemetryConfig};
use shared::telemetry::subscriber;
use test_support::Lines;

fn routes(config: &mut ServiceConfig) {
    let fails = || async {
        let cause = anyhow::anyhow!("the innermost reason").context("Failed to do it");
        Err::<HttpResponse, _>(ApiError::internal(cause))
    };
    config
        .route("/id", web::get().to(|id: RequestId| async move { id.to_string() }))
        .route("/jobs/{id}", web::post().to(HttpResponse::Accepted))
        .route("/fails", web::get().to(fails))
        .configure(|config| Health::new().routes(config));
}

#[actix_web::test]
async fn a_clean_id_is_taken_over() {
    for id in ["r-1", "00Dxx0000000000EAA-7c566091-2024-09-03T20:56:27.608444Z", &"x".repeat(128)] {
        let answer = send(&routes, TestRequest::get().uri("/id").insert_header(("X-Request-Id", id))).await;
        assert_eq!(answer.header("x-request-id"), Some(id));
        assert_eq!(answer.body, id.as_bytes());
    }
}

#[actix_web::test]
async fn a_missing_or_odd_id_is_replaced() {
    let mut seen = std::collections::HashSet::new();
    for id in [None, Some(""), Some("two words"), Some("größe"), Some("tab\t"), Some(&*"x".repeat(129))] {
        let mut request = TestRequest::get().uri("/id");
        if let Some(id) = id {
            request = request.insert_header(("x-request-id", id));
        }
        let answer = send(&routes, request).await;
        let new = answer.header("x-request-id").unwrap().to_owned();
        assert!(uuid::Uuid::parse_str(&new).is_ok(), "{id:?} gave {new}");
        assert_eq!(answer.body, new.as_bytes());
        assert!(seen.insert(new));
    }
}

/// The JSON log lines of one request.
async fn logged(filter: &str, request: TestRequest) -> (String, Vec<Value>) {
    let lines = Lines::default();
    let config = TelemetryConfig { log_level: filter.to_owned(), log_format: LogFormat::Json, traces: None };
    let subscriber = subscriber(&config, lines.clone(), false).unwrap();
    let guard = tracing::subscriber::set_default(subscriber);
    send(&routes, request).await;
    drop(guard);
    let text = lines.text();
    let events = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    (text, events)
}

#[actix_web::test]
async fn one_event_a_request_with_the_pattern_and_without_headers_and_bodies() {
    let request = TestRequest::post()
        .uri("/jobs/17?token=geheim")
        .insert_header(("x-request-id", "r-1"))
        .insert_header(("x-client-context", "geheim"))
        .set_payload("geheim");
    let (text, events) = logged("web=info", request).await;
    assert!(!text.contains("geheim"), "{text}");
    let [event] = events.as_slice() else { panic!("{text}") };
    assert_eq!(event["level"], "INFO");
    assert_eq!(event["method"], "POST");
    assert_eq!(event["route"], "/jobs/{id}");
    assert_eq!(event["status"], 202);
    assert!(event["duration_ms"].is_u64(), "{text}");
    assert_eq!(event["span"]["request_id"], "r-1");
}

#[actix_web::test]
async fn an_internal_error_logs_its_chain_once() {
    let (text, events) = logged("web=debug", TestRequest::get().uri("/fails")).await;
    let [event] = events.as_slice() else { panic!("{text}") };
    assert_eq!(event["level"], "ERROR");
    assert_eq!(event["code"], "internal");
    assert_eq!(event["cause"], "Failed to do it: the innermost reason");
}

#[actix_web::test]
async fn unknown_paths_share_one_route() {
    let (text, events) = logged("web=info", TestRequest::get().uri("/wp-admin/geheim")).await;
    assert_eq!(events[0]["route"], "unmatched", "{text}");
    assert_eq!(events[0]["code"], "not_found");
    assert!(!text.contains("geheim"), "{text}");
}

#[actix_web::test]
async fn probes_are_logged_at_debug() {
    let (text, _) = logged("web=info", TestRequest::get().uri("/health")).await;
    assert_eq!(text, "");
    let (_, events) = logged("web=debug", TestRequest::get().uri("/health")).await;
    assert_eq!(events[0]["level"], "DEBUG");
}
