//! Health, readiness, metrics and the document.

use std::future::pending;
use std::time::Duration;

use actix_web::test::TestRequest;
use actix_web::web::ServiceConfig;
use serde_json::json;

use super::super::health::Health;
use super::super::openapi::Document;
use super::{Answer, send};

async fn get(health: &Health, path: &str) -> Answer {
    let routes = |config: &mut ServiceConfig| health.routes(config);
    send(&routes, TestRequest::get().uri(path)).await
}

#[actix_web::test]
async fn the_process_is_healthy_whatever_the_checks_say() {
    let health = Health::new().check("redis", || async { Err("down".to_owned()) });
    let answer = get(&health, "/health").await;
    assert_eq!((answer.status.as_u16(), answer.json()), (200, json!({ "status": "ok" })));
}

#[actix_web::test]
async fn it_is_ready_when_all_checks_pass() {
    let health = Health::new().check("redis", || async { Ok(()) }).check("config", || async { Ok(()) });
    let answer = get(&health, "/ready").await;
    assert_eq!((answer.status.as_u16(), answer.json()), (200, json!({ "status": "ready" })));
}

#[actix_web::test]
async fn failing_and_hanging_checks_are_named() {
    let health = Health::new()
        .check("good", || async { Ok(()) })
        .check("bad", || async { Err("no connection".to_owned()) })
        .check("hangs", pending)
        .timeout(Duration::from_millis(20));
    let answer = get(&health, "/ready").await;
    let failing = json!({ "bad": "no connection", "hangs": "no answer within 20 ms" });
    assert_eq!(answer.json(), json!({ "status": "unavailable", "failing": failing }));
    assert_eq!(answer.status.as_u16(), 503);
}

#[actix_web::test]
async fn metrics_count_requests_by_pattern() {
    let health = Health::new();
    // The first look at the metrics starts the counting.
    get(&health, "/metrics").await;
    get(&health, "/health").await;
    let answer = get(&health, "/metrics").await;
    assert_eq!(answer.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    let text = String::from_utf8(answer.body.to_vec()).unwrap();
    let line = "http_request_duration_seconds_count{method=\"GET\",route=\"/health\",status=\"200\"}";
    assert!(text.contains(line), "{text}");
}

#[actix_web::test]
async fn the_document_is_served_as_yaml_and_as_a_page() {
    let api = utoipa::openapi::OpenApiBuilder::new().info(utoipa::openapi::Info::new("Test", "1")).build();
    let document = Document::new(&api).unwrap();
    let health = Health::new().document(&document);
    let yaml = get(&health, "/api-docs.yaml").await;
    assert_eq!(yaml.header("content-type"), Some("application/yaml"));
    assert_eq!(yaml.body, document.yaml().as_bytes());
    let page = get(&health, "/docs").await;
    assert!(page.body.starts_with(b"<!doctype html>"));
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("script-src 'self'") && !policy.contains("unsafe"), "{policy}");
    let text = String::from_utf8(page.body.to_vec()).unwrap();
    for (path, content_type) in
        [("/docs/style.css", "text/css"), ("/docs/copy.js", "text/javascript"), ("/docs/icon.svg", "image/svg+xml")]
    {
        assert!(text.contains(path), "the page does not load {path}: {text}");
        let file = get(&health, path).await;
        assert!(file.header("content-type").unwrap().starts_with(content_type), "{path}");
        assert!(!file.body.is_empty(), "{path}");
        assert_eq!(get(&Health::new(), path).await.status.as_u16(), 404);
    }
    assert_eq!(get(&Health::new(), "/docs").await.status.as_u16(), 404);
}
