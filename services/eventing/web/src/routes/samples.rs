//! `POST /api/datacreate` and `/api/datadelete`: sample data, made and deleted by jobs in the name of the authorization.
//!
//! Events of sample data are own writes, so no Quotes follow: edit a sample Opportunity for that.

use crate::owner::OperatorJobs;
use ::web::jobs::accept;
use ::web::jobs::described::{KEY_REUSED, MANY_JOBS};
use ::web::samples::{CreateParams, DataJobResponse, DeleteParams};
use ::web::{ApiError, ErrorAnswer, RequestId};
use actix_web::web::Query;
use actix_web::{HttpRequest, HttpResponse, post};
use shared::contracts::samples::{CreateSamples, DeleteSamples};

/// Starts a job that makes sample Opportunities with lines, on existing Accounts and from the active price book.
#[utoipa::path(
    tag = "samples",
    operation_id = "datacreate",
    params(
        ("numberOfOpportunities" = Option<u32>, Query, minimum = 1, maximum = 1_000_000, description = "How many Opportunities, 1 to 1,000,000; 100 when absent."),
        ("lines" = Option<u32>, Query, minimum = 1, maximum = 10, description = "How many products each, 1 to 10; 2 when absent."),
        ("Idempotency-Key" = Option<String>, Header, description = "A repeated request with the same key is the same job for 24 hours.")
    ),
    responses(
        (status = 202, description = "The job is accepted and will run.", body = DataJobResponse),
        (status = 422, description = KEY_REUSED, body = ErrorAnswer),
        (status = 429, description = MANY_JOBS, body = ErrorAnswer)
    ),
    security(("token" = []))
)]
#[post("/api/datacreate")]
pub(crate) async fn data_create(
    request: HttpRequest,
    owner: OperatorJobs,
    request_id: RequestId,
    params: Query<CreateParams>,
) -> Result<HttpResponse, ApiError> {
    let create = CreateSamples { org_id: owner.current_org().await, ..params.read()? };
    accept::<DataJobResponse>(&owner, &request, &request_id, &create).await
}

/// Starts a job that deletes all sample Opportunities with their lines and Quotes, and no other record.
#[utoipa::path(
    tag = "samples",
    operation_id = "datadelete",
    params(
        ("hardDelete" = Option<bool>, Query, description = "true: delete for good instead of moving to the recycle bin. Needs the permission Bulk API Hard Delete."),
        ("Idempotency-Key" = Option<String>, Header, description = "A repeated request with the same key is the same job for 24 hours.")
    ),
    responses(
        (status = 202, description = "The job is accepted and will run.", body = DataJobResponse),
        (status = 422, description = KEY_REUSED, body = ErrorAnswer),
        (status = 429, description = MANY_JOBS, body = ErrorAnswer)
    ),
    security(("token" = []))
)]
#[post("/api/datadelete")]
pub(crate) async fn data_delete(
    request: HttpRequest,
    owner: OperatorJobs,
    request_id: RequestId,
    params: Query<DeleteParams>,
) -> Result<HttpResponse, ApiError> {
    let delete = DeleteSamples { org_id: owner.current_org().await, ..params.read()? };
    accept::<DataJobResponse>(&owner, &request, &request_id, &delete).await
}
