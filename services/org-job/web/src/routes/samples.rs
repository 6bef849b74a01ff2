//! `POST /api/data/create` and `/api/data/delete`: sample data, made and deleted by jobs.

use super::accept;
use ::web::client_context::Caller;
use ::web::samples::{CreateParams, DeleteParams};
use ::web::{ApiError, ErrorAnswer, RequestId};
use actix_web::web::{Data, Query};
use actix_web::{HttpRequest, HttpResponse, post};
use shared::jobs::Jobs;
use shared::samples::{CREATE_SAMPLES, DELETE_SAMPLES};

use super::JobResponse;

/// Starts a job that makes sample Opportunities with lines, on existing Accounts and from the active price book.
#[utoipa::path(
    operation_id = "datacreate",
    params(
        ("numberOfOpportunities" = Option<u32>, Query, minimum = 1, maximum = 1_000_000, description = "How many Opportunities, 1 to 1,000,000; 100 when absent."),
        ("lines" = Option<u32>, Query, minimum = 1, maximum = 10, description = "How many products each, 1 to 10; 2 when absent."),
        ("Idempotency-Key" = Option<String>, Header, description = "A repeated request of the same user with the same key is the same job for 24 hours; with other parameters it is refused.")
    ),
    responses(
        (status = 202, description = "The job is accepted and will run.", body = JobResponse),
        (status = 422, description = "The Idempotency-Key was used with other parameters."),
        (status = 429, description = "The org has too many jobs; nothing was accepted.", body = ErrorAnswer)
    )
)]
#[post("/api/data/create")]
pub(crate) async fn data_create(
    request: HttpRequest,
    jobs: Data<Jobs>,
    caller: Caller,
    request_id: RequestId,
    params: Query<CreateParams>,
) -> Result<HttpResponse, ApiError> {
    let asked = params.read()?;
    accept(&request, &jobs, &caller, &request_id, CREATE_SAMPLES, &asked).await
}

/// Starts a job that deletes all sample Opportunities with their lines and Quotes, and no other record.
#[utoipa::path(
    operation_id = "datadelete",
    params(
        ("hardDelete" = Option<bool>, Query, description = "true: delete for good instead of moving to the recycle bin. Needs the permission Bulk API Hard Delete."),
        ("Idempotency-Key" = Option<String>, Header, description = "A repeated request of the same user with the same key is the same job for 24 hours; with other parameters it is refused.")
    ),
    responses(
        (status = 202, description = "The job is accepted and will run.", body = JobResponse),
        (status = 422, description = "The Idempotency-Key was used with other parameters."),
        (status = 429, description = "The org has too many jobs; nothing was accepted.", body = ErrorAnswer)
    )
)]
#[post("/api/data/delete")]
pub(crate) async fn data_delete(
    request: HttpRequest,
    jobs: Data<Jobs>,
    caller: Caller,
    request_id: RequestId,
    params: Query<DeleteParams>,
) -> Result<HttpResponse, ApiError> {
    let asked = params.read()?;
    accept(&request, &jobs, &caller, &request_id, DELETE_SAMPLES, &asked).await
}
