//! `POST /api/generatequotes` and `/api/testevent`: change events over HTTP.

use crate::app::App;
use crate::cloudevents::{CloudEvent, Mode, example, example_change, json, read, read_change};
use crate::filter::{InvalidChange, Verdict};
use crate::meters;
use crate::token::{Authorized, AuthorizedOrBasic};
use ::web::ApiError;
use ::web::jobs::job_error;
use actix_web::http::StatusCode;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse, post};
use shared::salesforce::pubsub::ChangeEvent;

/// The header that makes a request with plain JSON a CloudEvent in binary mode.
const ATTRIBUTES: &str = "ce-specversion";

/// Takes change events as CloudEvents in structured, batched or binary mode. Opportunities that were created, changed or
/// restored get Quotes; other events are taken and ignored.
#[utoipa::path(
    tag = "events",
    operation_id = "generateQuotes",
    request_body(content = CloudEvent, content_type = "application/cloudevents+json", example = json!(example())),
    responses(
        (status = 204, description = "The events are safe, or none of this service's business."),
        (status = 400, description = "An event is not a change event; the field is named. Nothing was taken."),
        (status = 401, description = "The token is missing or wrong."),
        (status = 503, description = "The events are not safe; send them again.")
    ),
    security(("token" = []))
)]
#[post("/api/generatequotes")]
pub(crate) async fn generate_quotes(
    request: HttpRequest,
    _authorized: AuthorizedOrBasic,
    app: Data<App>,
    body: Bytes,
) -> Result<HttpResponse, ApiError> {
    let headers = request.headers();
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mode = Mode::of(content_type, headers.contains_key(ATTRIBUTES)).ok_or_else(|| {
        let message =
            "Send CloudEvents as application/cloudevents+json, application/cloudevents-batch+json or application/json.";
        ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", message)
    })?;
    take(&app, &read(mode, &body).map_err(refused)?, mode).await
}

/// Takes one change event as Salesforce has it: the fields of the record, and `ChangeEventHeader`.
#[utoipa::path(
    tag = "events",
    operation_id = "testEvent",
    request_body(content = Object, content_type = "application/json", example = json!(example_change())),
    responses(
        (status = 204, description = "The event is safe, or none of this service's business."),
        (status = 400, description = "It is not a change event; the field is named."),
        (status = 401, description = "The token is missing or wrong."),
        (status = 503, description = "The event is not safe; send it again.")
    ),
    security(("token" = []))
)]
#[post("/api/testevent")]
pub(crate) async fn test_event(_authorized: Authorized, app: Data<App>, body: Bytes) -> Result<HttpResponse, ApiError> {
    let event = json(&body, "body").and_then(read_change).map_err(refused)?;
    take(&app, &[event], Mode::Binary).await
}

/// Answers once all that counts is in Redis. One event that is wrong refuses all: the sender would otherwise not learn.
async fn take(app: &App, events: &[ChangeEvent], mode: Mode) -> Result<HttpResponse, ApiError> {
    let mut changes = Vec::new();
    for (index, event) in events.iter().enumerate() {
        match app.filter.judge(event).map_err(|error| refused(within(mode, index, error)))? {
            Verdict::Take(change) => changes.push(change),
            Verdict::Ignore(why) => {
                tracing::debug!(why = why.name(), "event ignored");
                meters::event("webhook", why.name());
            }
        }
    }
    if !changes.is_empty() {
        app.buffer.collect(&changes, app.org.get().await).await.map_err(job_error)?;
        changes.iter().for_each(|_| meters::event("webhook", "taken"));
        tracing::info!(events = events.len(), taken = changes.len(), "events taken");
    }
    Ok(HttpResponse::NoContent().finish())
}

/// The path of the field in the body.
fn within(mode: Mode, index: usize, error: InvalidChange) -> InvalidChange {
    let field = match mode {
        Mode::Binary => error.field,
        Mode::Structured => format!("data.{}", error.field),
        Mode::Batched => format!("[{index}].data.{}", error.field),
    };
    InvalidChange { field, ..error }
}

fn refused(error: InvalidChange) -> ApiError {
    meters::event("webhook", "unreadable");
    let message = format!("{error}.");
    ApiError::bad_request(error.field, message)
}
