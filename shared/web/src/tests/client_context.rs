//! Who may call, and what a refusal says.

use actix_web::test::TestRequest;
use actix_web::web::{self, Data, ServiceConfig};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::super::client_context::Caller;
use super::{Answer, assert_error, send};
use shared::salesforce::AllowedHosts;

fn routes(config: &mut ServiceConfig) {
    config
        .app_data(Data::new(AllowedHosts::salesforce()))
        .route("/whoami", web::get().to(|caller: Caller| async move { caller.username.clone() }));
}

fn context() -> Value {
    json!({
        "requestId": "00DSG00000DGEIr2AP-7c566091",
        "accessToken": "00DSG00000DGEIr!geheim",
        "apiVersion": "62.0",
        "orgId": "00DSG00000DGEIr2AP",
        "orgDomainUrl": "https://example.my.salesforce.com",
        "userContext": { "userId": "005SG00000DGEIr", "username": "admin@example.com" },
    })
}

async fn call(context: &Value) -> Answer {
    let header = BASE64_STANDARD.encode(context.to_string());
    send(&routes, TestRequest::get().uri("/whoami").insert_header(("x-client-context", header))).await
}

#[actix_web::test]
async fn a_good_context_is_the_caller() {
    let answer = call(&context()).await;
    assert_eq!((answer.status.as_u16(), &answer.body[..]), (200, &b"admin@example.com"[..]));
}

#[actix_web::test]
async fn without_a_readable_header_nobody_gets_in() {
    let missing = send(&routes, TestRequest::get().uri("/whoami")).await;
    let error = assert_error(&missing, 401, "invalid_client_context");
    assert!(error.get("field").is_none());
    for header in ["", "%", "bm8ganNvbg==", "größe"] {
        let request = TestRequest::get().uri("/whoami").insert_header(("x-client-context", header));
        assert_error(&send(&routes, request).await, 401, "invalid_client_context");
    }
}

#[actix_web::test]
async fn the_wrong_field_is_named() {
    for field in ["accessToken", "apiVersion", "orgId", "orgDomainUrl", "userContext"] {
        let mut context = context();
        context.as_object_mut().unwrap().remove(field);
        let answer = call(&context).await;
        let error = assert_error(&answer, 401, "invalid_client_context");
        assert_eq!(error["field"], field);
        assert!(!answer.body.windows(6).any(|part| part == b"geheim"));
    }
}

#[actix_web::test]
async fn a_foreign_host_is_refused_before_it_gets_a_token() {
    for host in ["https://evil.example.com", "http://example.my.salesforce.com", "https://salesforce.com.evil.example"]
    {
        let mut context = context();
        context["orgDomainUrl"] = json!(host);
        let error = assert_error(&call(&context).await, 400, "host_not_allowed");
        assert_eq!(error["field"], "orgDomainUrl");
        assert!(error["message"].as_str().unwrap().contains("ALLOWED_ORG_HOSTS"), "{error}");
    }
}

/// Whoever adds one to the mesh's would choose who is calling.
#[actix_web::test]
async fn two_contexts_are_none() {
    let header = BASE64_STANDARD.encode(context().to_string());
    let request = TestRequest::get().uri("/whoami").insert_header(("x-client-context", header.clone()));
    let request = request.append_header(("x-client-context", header));
    assert_error(&send(&routes, request).await, 401, "invalid_client_context");
}

#[actix_web::test]
async fn an_application_without_allowed_hosts_lets_nobody_in() {
    let forgetful = |config: &mut ServiceConfig| {
        config.route("/whoami", web::get().to(|_: Caller| async { "" }));
    };
    let header = BASE64_STANDARD.encode(context().to_string());
    let request = TestRequest::get().uri("/whoami").insert_header(("x-client-context", header));
    assert_error(&send(&forgetful, request).await, 500, "internal");
}
