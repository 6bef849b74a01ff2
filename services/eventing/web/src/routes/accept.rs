//! A job that was accepted.

use crate::app::App;
use ::web::jobs::{idempotency_key, job_error};
use ::web::{ApiError, RequestId};
use actix_web::HttpResponse;
use actix_web::http::header::HeaderMap;
use serde::Serialize;
use shared::jobs::{JobId, NewJob, OPERATOR};
use utoipa::ToSchema;

/// The job on sample data that was accepted.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DataJobResponse {
    /// Id of the job.
    #[schema(value_type = String, format = "uuid")]
    job_id: JobId,
}

/// Stores a job in the name of the authorization and answers with its id.
pub(super) async fn accept(
    app: &App,
    headers: &HeaderMap,
    request_id: &RequestId,
    kind: &'static str,
    params: &impl Serialize,
) -> Result<HttpResponse, ApiError> {
    let job = NewJob {
        kind,
        org: app.authorization.clone(),
        user: OPERATOR.to_owned(),
        params: serde_json::to_value(params).map_err(ApiError::internal)?,
        // The worker asks AppLink for it.
        session: None,
        idempotency_key: idempotency_key(headers)?,
        request_id: request_id.as_str().to_owned(),
    };
    let created = app.jobs.create(job).await.map_err(job_error)?;
    tracing::info!(job = %created.id, kind, existing = created.existing, "job accepted");
    Ok(HttpResponse::Accepted().json(DataJobResponse { job_id: created.id }))
}
