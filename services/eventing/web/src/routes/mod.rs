//! The operations. All of them need the token; health and documentation do not.

pub(crate) mod events;
pub(crate) mod info;
pub(crate) mod jobs;
pub(crate) mod samples;

use crate::App;
use actix_web::HttpResponse;
use actix_web::http::header::HeaderMap;
use actix_web::middleware::from_fn;
use actix_web::web::{self, ServiceConfig};
use serde::Serialize;
use shared::jobs::{NewJob, OPERATOR};
use shared::web::https::https_only;
use shared::web::jobs::{idempotency_key, job_error};
use shared::web::{ApiError, RequestId, body_limit};
use utoipa::ToSchema;

/// Largest request with events, in bytes: Salesforce's events have a megabyte at most.
const EVENT_LIMIT: usize = 2 * 1024 * 1024;

/// Adds all operations.
pub(crate) fn configure(service: &mut ServiceConfig) {
    service.service(
        web::scope("")
            // Before a browser is asked for the token, which it would send in clear.
            .wrap(from_fn(https_only))
            .service(info::page)
            .service(info::get_info)
            .service(samples::data_create)
            .service(samples::data_delete)
            .service(jobs::get_job)
            .service(jobs::get_job_errors)
            .service(jobs::cancel_job)
            .service(jobs::resume_job)
            .service(jobs::retry_job)
            .service(
                web::scope("")
                    .configure(|service| body_limit(service, EVENT_LIMIT))
                    .service(events::generate_quotes)
                    .service(events::test_event),
            ),
    );
}

/// The job that was accepted.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct JobResponse {
    /// Id of the job, 32 characters.
    job_id: String,
}

/// Stores a job in the name of the authorization and answers with its id.
async fn accept(
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
    Ok(HttpResponse::Accepted().json(JobResponse { job_id: created.id.to_string() }))
}
