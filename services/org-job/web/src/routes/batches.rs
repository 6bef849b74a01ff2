//! `POST /api/executebatch`: takes a job and answers at once.

use ::web::jobs::described::{KEY_REUSED, MANY_JOBS, SAME_KEY};
use ::web::jobs::{UserJobs, accept};
use ::web::{ApiError, Conditions, ErrorAnswer, RequestId, callback_url};
use actix_web::web::{Data, Json};
use actix_web::{HttpRequest, HttpResponse, post};
use serde::{Deserialize, Serialize};
use shared::contracts::org_job::GenerateQuotes;
use shared::jobs::{Created, JobId};
use shared::salesforce::AllowedHosts;
use utoipa::ToSchema;

/// What a condition is about.
const OBJECT: &str = "Opportunity";

/// Which Opportunities get a Quote.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BatchExecutionRequest {
    /// WHERE clause of a SOQL query on Opportunity, without the word WHERE.
    #[schema(min_length = 1, max_length = 4000, example = "StageName = 'Closed Won' AND CloseDate = THIS_QUARTER")]
    soql_where_clause: String,
    /// Where to post the result when the job has ended: a URL of the calling org. Not used when another user than the one
    /// who started the job resumes or retries it.
    #[schema(required = false, pattern = "^https?://")]
    callback_url: Option<String>,
}

/// The batch job that was accepted.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BatchExecutionResponse {
    /// Id of the job.
    #[schema(value_type = String, format = "uuid")]
    job_id: JobId,
}

impl From<Created> for BatchExecutionResponse {
    fn from(created: Created) -> Self {
        Self { job_id: created.id }
    }
}

/// Starts a job that makes a Quote from every Opportunity matching the WHERE clause.
#[utoipa::path(
    operation_id = "executeBatch",
    params(("Idempotency-Key" = Option<String>, Header, description = SAME_KEY)),
    request_body = BatchExecutionRequest,
    responses(
        (status = 202, description = "The job is accepted and will run.", body = BatchExecutionResponse),
        (status = 422, description = KEY_REUSED),
        (status = 429, description = MANY_JOBS, body = ErrorAnswer)
    )
)]
#[post("/api/executebatch")]
pub(crate) async fn execute_batch(
    request: HttpRequest,
    owner: UserJobs,
    hosts: Data<AllowedHosts>,
    conditions: Data<Conditions>,
    request_id: RequestId,
    body: Json<BatchExecutionRequest>,
) -> Result<HttpResponse, ApiError> {
    let body = body.into_inner();
    let clause = conditions.read(owner.caller(), OBJECT, "soqlWhereClause", &body.soql_where_clause).await?;
    let callback_url = body
        .callback_url
        .filter(|url| !url.is_empty())
        .map(|url| callback_url(&url, &hosts, owner.caller()))
        .transpose()?;
    let params = GenerateQuotes { soql_where_clause: clause.to_string(), callback_url };
    accept::<BatchExecutionResponse>(&owner, &request, &request_id, &params).await
}
