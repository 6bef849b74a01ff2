//! The common behaviour of web processes, through actix's test service and, where it matters, real connections.

mod client_context;
mod errors;
mod extractors;
mod health;
mod observe;
mod server;
mod sse;
mod upstream;

use actix_web::http::StatusCode;
use actix_web::http::header::HeaderMap;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::web::{Bytes, ServiceConfig};
use serde_json::Value;

/// An answer, read whole.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {:?}", self.body))
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

/// Sends one request to an application with `routes`.
async fn send(routes: &dyn Fn(&mut ServiceConfig), request: TestRequest) -> Answer {
    let app = init_service(super::app(routes)).await;
    let response = call_service(&app, request.to_request()).await;
    let (status, headers) = (response.status(), response.headers().clone());
    Answer { status, headers, body: read_body(response).await }
}

/// Asserts the one error shape and gives the error's fields.
#[track_caller]
fn assert_error(answer: &Answer, status: u16, code: &str) -> Value {
    assert_eq!(answer.status.as_u16(), status, "{:?}", answer.body);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let body = answer.json();
    let error = body["error"].clone();
    assert_eq!(error["code"], code, "{body}");
    assert_eq!(error["requestId"].as_str(), answer.header("x-request-id"), "{body}");
    assert!(!error["message"].as_str().unwrap().is_empty(), "{body}");
    error
}
