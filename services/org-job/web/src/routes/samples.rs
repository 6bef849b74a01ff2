//! `POST /api/data/create` and `/api/data/delete`: sample data, made and deleted by jobs.

use ::web::jobs::described::{KEY_REUSED, MANY_JOBS};
use ::web::jobs::{UserJobs, accept};
use ::web::samples::{CreateParams, DataJobResponse, DeleteParams};
use ::web::{ApiError, ErrorAnswer, RequestId};
use actix_web::web::Query;
use actix_web::{HttpRequest, HttpResponse, post};

/// Starts a job that makes sample Opportunities with lines, on existing Accounts and from the active price book.
///
/// A program that calls it over HTTP may say in the query how many: `numberOfOpportunities` (1 to 1,000,000; 100 when absent)
/// with `lines` products each (1 to 10; 2 when absent). A request with a header `Idempotency-Key` (1 to 255 visible ASCII
/// characters) that the same user sends again is the same job for 24 hours.
// These are no parameters of the document: External Services gives an operation with parameters, even if all are optional, a
// request to be passed, and Apex written for Heroku's samples calls `datacreate()` and `datadelete()`.
#[utoipa::path(
    operation_id = "datacreate",
    responses(
        (status = 202, description = "The job is accepted and will run.", body = DataJobResponse),
        (status = 422, description = KEY_REUSED),
        (status = 429, description = MANY_JOBS, body = ErrorAnswer)
    )
)]
#[post("/api/data/create")]
pub(crate) async fn data_create(
    request: HttpRequest,
    owner: UserJobs,
    request_id: RequestId,
    params: Query<CreateParams>,
) -> Result<HttpResponse, ApiError> {
    accept::<DataJobResponse>(&owner, &request, &request_id, &params.read()?).await
}

/// Starts a job that deletes all sample Opportunities with their lines and Quotes, and no other record.
///
/// A program that calls it over HTTP may say `hardDelete=true` in the query: delete for good instead of moving to the recycle
/// bin, which needs the permission Bulk API Hard Delete. A request with a header `Idempotency-Key` (1 to 255 visible ASCII
/// characters) that the same user sends again is the same job for 24 hours.
// As for `datacreate`.
#[utoipa::path(
    operation_id = "datadelete",
    responses(
        (status = 202, description = "The job is accepted and will run.", body = DataJobResponse),
        (status = 422, description = KEY_REUSED),
        (status = 429, description = MANY_JOBS, body = ErrorAnswer)
    )
)]
#[post("/api/data/delete")]
pub(crate) async fn data_delete(
    request: HttpRequest,
    owner: UserJobs,
    request_id: RequestId,
    params: Query<DeleteParams>,
) -> Result<HttpResponse, ApiError> {
    accept::<DataJobResponse>(&owner, &request, &request_id, &params.read()?).await
}
