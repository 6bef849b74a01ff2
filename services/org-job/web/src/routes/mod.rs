//! The operations. Those on a job that was started are `web::jobs`'s.

pub(crate) mod batches;
pub(crate) mod samples;

use ::web::client_context::Caller;
use ::web::jobs::{idempotency_key, job_error};
use ::web::{ApiError, RequestId};
use actix_web::web::ServiceConfig;
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use shared::jobs::{Created, JobId, Jobs, NewJob};
use utoipa::ToSchema;

/// Adds all operations.
pub(crate) fn configure(service: &mut ServiceConfig) {
    service.service(batches::execute_batch).service(samples::data_create).service(samples::data_delete);
}

/// The batch job that was accepted.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BatchExecutionResponse {
    /// Id of the job.
    #[schema(value_type = String, format = "uuid")]
    job_id: JobId,
}

/// The job on sample data that was accepted.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DataJobResponse {
    /// Id of the job.
    #[schema(value_type = String, format = "uuid")]
    job_id: JobId,
}

impl From<Created> for BatchExecutionResponse {
    fn from(created: Created) -> Self {
        Self { job_id: created.id }
    }
}

impl From<Created> for DataJobResponse {
    fn from(created: Created) -> Self {
        Self { job_id: created.id }
    }
}

/// Stores a job in the caller's name and answers `A`, with its id.
pub(crate) async fn accept<A: From<Created> + Serialize>(
    request: &HttpRequest,
    jobs: &Jobs,
    caller: &Caller,
    request_id: &RequestId,
    kind: &'static str,
    params: &impl Serialize,
) -> Result<HttpResponse, ApiError> {
    let job = NewJob {
        kind,
        org: caller.org_id().to_string(),
        user: caller.session.user_id.to_string(),
        params: serde_json::to_value(params).map_err(ApiError::internal)?,
        session: Some(caller.session.to_secret().map_err(ApiError::internal)?),
        idempotency_key: idempotency_key(request.headers())?,
        request_id: request_id.as_str().to_owned(),
    };
    let created = jobs.create(job).await.map_err(job_error)?;
    tracing::info!(job = %created.id, kind, org = %caller.org_id(), existing = created.existing, "job accepted");
    Ok(HttpResponse::Accepted().json(A::from(created)))
}
