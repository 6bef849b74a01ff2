//! What extractors refuse, and the limits of bodies.

use actix_web::http::header;
use actix_web::test::TestRequest;
use actix_web::web::{self, Bytes, Form, Json, Path, Query, ServiceConfig};
use actix_web::{HttpResponse, Responder};
use serde::Deserialize;

use super::super::{DEFAULT_BODY_LIMIT, body_limit};
use super::{assert_error, send};

#[derive(Deserialize)]
struct Input {
    #[serde(rename = "opportunityId")]
    opportunity_id: String,
}

async fn json(input: Json<Input>) -> impl Responder {
    input.into_inner().opportunity_id
}

fn routes(config: &mut ServiceConfig) {
    config
        .route("/json", web::post().to(json))
        .route("/form", web::post().to(|input: Form<Input>| async { input.into_inner().opportunity_id }))
        .route("/raw", web::post().to(|body: Bytes| async move { body.len().to_string() }))
        .route("/query", web::get().to(|input: Query<Input>| async { input.into_inner().opportunity_id }))
        .route("/path/{number}", web::get().to(|number: Path<u32>| async move { number.to_string() }))
        .service(web::scope("/small").configure(|config| body_limit(config, 4)).route("", web::post().to(json)));
}

fn post(path: &str, body: impl Into<Bytes>) -> TestRequest {
    TestRequest::post().uri(path).insert_header(header::ContentType::json()).set_payload(body)
}

#[actix_web::test]
async fn unknown_fields_are_ignored() {
    let answer = send(&routes, post("/json", r#"{"opportunityId":"006","other":1}"#)).await;
    assert_eq!((answer.status.as_u16(), &answer.body[..]), (200, &b"006"[..]));
}

#[actix_web::test]
async fn a_missing_field_is_named() {
    let error = assert_error(&send(&routes, post("/json", "{}")).await, 400, "bad_request");
    assert_eq!(error["field"], "opportunityId");
    let error = assert_error(&send(&routes, TestRequest::get().uri("/query")).await, 400, "bad_request");
    assert_eq!(error["field"], "opportunityId");
}

#[actix_web::test]
async fn malformed_input_is_a_400() {
    for body in ["", "{", "[]", r#"{"opportunityId":1}"#] {
        assert_error(&send(&routes, post("/json", body)).await, 400, "bad_request");
    }
    assert_error(&send(&routes, TestRequest::get().uri("/path/abc")).await, 400, "bad_request");
    let form = TestRequest::post()
        .uri("/form")
        .insert_header((header::CONTENT_TYPE, "application/x-www-form-urlencoded"))
        .set_payload("a=b");
    assert_error(&send(&routes, form).await, 400, "bad_request");
}

#[actix_web::test]
async fn the_content_type_is_checked() {
    let text = TestRequest::post().uri("/json").insert_header(header::ContentType::plaintext()).set_payload("{}");
    assert_error(&send(&routes, text).await, 415, "unsupported_media_type");
    assert_error(
        &send(&routes, TestRequest::post().uri("/json").set_payload("{}")).await,
        415,
        "unsupported_media_type",
    );
    assert_error(&send(&routes, post("/form", "{}")).await, 415, "unsupported_media_type");
}

#[actix_web::test]
async fn bodies_are_bounded() {
    let large = format!(r#"{{"opportunityId":"{}"}}"#, "x".repeat(DEFAULT_BODY_LIMIT));
    let fits = format!(r#"{{"opportunityId":"{}"}}"#, "x".repeat(DEFAULT_BODY_LIMIT - 20));
    assert_eq!(fits.len(), DEFAULT_BODY_LIMIT);
    assert_eq!(send(&routes, post("/json", fits)).await.status.as_u16(), 200);

    let known = post("/json", large.clone()).insert_header((header::CONTENT_LENGTH, large.len()));
    assert_error(&send(&routes, known).await, 413, "payload_too_large");
    let error = assert_error(&send(&routes, post("/json", large.clone())).await, 413, "payload_too_large");
    assert_eq!(error["message"], "The request body is larger than 65536 bytes.");
    assert_error(&send(&routes, post("/raw", large)).await, 413, "payload_too_large");
    assert_error(&send(&routes, post("/small", r#"{"opportunityId":"006"}"#)).await, 413, "payload_too_large");
}

#[actix_web::test]
async fn answers_carry_the_security_headers() {
    let routes = |config: &mut ServiceConfig| {
        let page = || async { HttpResponse::Ok().insert_header(("Cache-Control", "max-age=60")).body("") };
        config.route("/", web::get().to(page));
    };
    let answer = send(&routes, TestRequest::get().uri("/")).await;
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
    assert_eq!(answer.header("cache-control"), Some("max-age=60"), "the handler wins");
    let missing = send(&routes, TestRequest::get().uri("/missing")).await;
    assert_eq!(missing.header("cache-control"), Some("no-store"));
}
