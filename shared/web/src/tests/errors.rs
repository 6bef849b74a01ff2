//! Codes, statuses, and what callers do not get to see.

use std::time::Duration;

use actix_web::test::TestRequest;
use actix_web::web;
use actix_web::{HttpResponse, error};
use serde_json::json;

use super::super::ApiError;
use super::{assert_error, send};

#[test]
fn every_constructor_has_its_status_and_code() {
    let wait = Duration::from_secs(1);
    let table = [
        (ApiError::bad_request("field", "m"), 400, "bad_request"),
        (ApiError::unauthorized("m"), 401, "unauthorized"),
        (ApiError::not_found("m"), 404, "not_found"),
        (ApiError::conflict("m"), 409, "conflict"),
        (ApiError::payload_too_large(1), 413, "payload_too_large"),
        (ApiError::unprocessable("REQUIRED_FIELD_MISSING", "m"), 422, "REQUIRED_FIELD_MISSING"),
        (ApiError::internal(anyhow::anyhow!("c")), 500, "internal"),
        (ApiError::bad_gateway("m"), 502, "bad_gateway"),
        (ApiError::service_unavailable("m", wait), 503, "service_unavailable"),
        (ApiError::gateway_timeout("m"), 504, "gateway_timeout"),
        (ApiError::unauthorized("m").with_code("invalid_client_context"), 401, "invalid_client_context"),
    ];
    for (error, status, code) in table {
        assert_eq!((error.status().as_u16(), error.code()), (status, code));
    }
}

/// What a route that fails with `error` answers.
async fn answer(error: fn() -> ApiError) -> super::Answer {
    let routes = move |config: &mut web::ServiceConfig| {
        config.route("/", web::get().to(move || async move { Err::<HttpResponse, _>(error()) }));
    };
    send(&routes, TestRequest::get().uri("/").insert_header(("x-request-id", "r-1"))).await
}

#[actix_web::test]
async fn the_body_names_code_message_request_and_field() {
    let answer = answer(|| ApiError::bad_request("opportunityId", "The Id is not valid.")).await;
    let expected = json!({ "error": {
        "code": "bad_request", "message": "The Id is not valid.", "requestId": "r-1", "field": "opportunityId",
    } });
    assert_eq!(answer.json(), expected);
}

#[actix_web::test]
async fn an_internal_error_hides_its_cause() {
    let answer = answer(|| ApiError::internal(anyhow::anyhow!("geheim").context("Failed to do it"))).await;
    let error = assert_error(&answer, 500, "internal");
    assert!(error.get("field").is_none());
    assert!(!answer.body.windows(6).any(|part| part == b"geheim"));
}

#[actix_web::test]
async fn retry_after_is_whole_seconds_and_at_least_one() {
    let unavailable = answer(|| ApiError::service_unavailable("m", Duration::from_millis(2500))).await;
    assert_error(&unavailable, 503, "service_unavailable");
    assert_eq!(unavailable.header("retry-after"), Some("3"));
    let at_once = answer(|| ApiError::service_unavailable("m", Duration::ZERO)).await;
    assert_eq!(at_once.header("retry-after"), Some("1"));
}

#[actix_web::test]
async fn unknown_paths_and_methods() {
    let routes = |config: &mut web::ServiceConfig| {
        config.service(web::resource("/jobs").route(web::get().to(HttpResponse::Ok)));
    };
    assert_error(&send(&routes, TestRequest::get().uri("/nothing")).await, 404, "not_found");
    let answer = send(&routes, TestRequest::delete().uri("/jobs")).await;
    assert_error(&answer, 405, "method_not_allowed");
}

#[actix_web::test]
async fn bare_statuses_and_errors_of_the_framework_get_the_shape() {
    let routes = |config: &mut web::ServiceConfig| {
        config
            .route("/bare", web::get().to(HttpResponse::Unauthorized))
            .route("/teapot", web::get().to(HttpResponse::ImATeapot))
            .route("/actix", web::get().to(|| async { Err::<HttpResponse, _>(error::ErrorConflict("m")) }))
            .route(
                "/io",
                web::get().to(|| async { Err::<HttpResponse, _>(error::ErrorInternalServerError("geheim")) }),
            );
    };
    assert_error(&send(&routes, TestRequest::get().uri("/bare")).await, 401, "unauthorized");
    assert_error(&send(&routes, TestRequest::get().uri("/teapot")).await, 418, "i'm_a_teapot");
    assert_error(&send(&routes, TestRequest::get().uri("/actix")).await, 409, "conflict");
    let internal = send(&routes, TestRequest::get().uri("/io")).await;
    assert_error(&internal, 500, "internal");
    assert!(!internal.body.windows(6).any(|part| part == b"geheim"));
}

#[actix_web::test]
async fn an_error_page_that_a_handler_made_stays() {
    let routes = |config: &mut web::ServiceConfig| {
        let page = || async { HttpResponse::BadGateway().content_type("text/html").body("<p>page</p>") };
        config.route("/", web::get().to(page));
    };
    let answer = send(&routes, TestRequest::get().uri("/")).await;
    assert_eq!((answer.status.as_u16(), &answer.body[..]), (502, &b"<p>page</p>"[..]));
}
