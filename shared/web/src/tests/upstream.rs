//! What a caller is told when Salesforce fails.

use crate::upstream::salesforce_error;
use actix_web::ResponseError;
use shared::salesforce::{ApiError as SalesforceError, Error, Operation};
use std::time::Duration;

fn refused(status: u16, code: &str) -> Error {
    let error = SalesforceError { error_code: code.to_owned(), message: "Words.".to_owned(), fields: Vec::new() };
    Error::Api { operation: Operation::Query, status, errors: vec![error], retry_after: None }
}

fn without_words(status: u16, retry_after: Option<Duration>) -> Error {
    Error::Status { operation: Operation::Graph, host: "acme.my.salesforce.com".to_owned(), status, retry_after }
}

#[test]
fn every_kind_of_failure_has_its_status() {
    let malformed = Error::Malformed { operation: Operation::Query, reason: "no JSON".to_owned() };
    for (error, status, code) in [
        (refused(401, "INVALID_SESSION_ID"), 401, "session_expired"),
        (Error::SessionExpired, 401, "session_expired"),
        (refused(400, "INVALID_FIELD"), 422, "INVALID_FIELD"),
        (refused(403, "INSUFFICIENT_ACCESS"), 422, "INSUFFICIENT_ACCESS"),
        (refused(403, "REQUEST_LIMIT_EXCEEDED"), 503, "REQUEST_LIMIT_EXCEEDED"),
        (refused(503, "SERVER_UNAVAILABLE"), 503, "service_unavailable"),
        (refused(400, "UNABLE_TO_LOCK_ROW"), 503, "service_unavailable"),
        (without_words(502, None), 503, "service_unavailable"),
        (without_words(404, None), 502, "bad_gateway"),
        (malformed, 502, "bad_gateway"),
    ] {
        let told = format!("{error}");
        let answer = salesforce_error(error);
        assert_eq!((answer.status().as_u16(), answer.code()), (status, code), "{told}");
    }
}

#[test]
fn salesforces_words_and_wait_reach_the_caller() {
    assert!(salesforce_error(refused(400, "INVALID_FIELD")).to_string().ends_with("Words."));
    let wait = |error| {
        let response = salesforce_error(error).error_response();
        response.headers().get("Retry-After").and_then(|value| value.to_str().ok()).map(str::to_owned)
    };
    assert_eq!(wait(without_words(503, Some(Duration::from_secs(7)))).as_deref(), Some("7"));
    assert_eq!(wait(refused(403, "REQUEST_LIMIT_EXCEEDED")).as_deref(), Some("60"));
    assert_eq!(wait(refused(400, "INVALID_FIELD")), None);
}
