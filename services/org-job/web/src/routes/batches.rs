//! `POST /api/executebatch`: takes a job and answers at once.

use actix_web::web::{Data, Json};
use actix_web::{HttpRequest, HttpResponse, post};
use serde::{Deserialize, Serialize};
use shared::jobs::{Jobs, NewJob};
use shared::quotes::batch::{GENERATE_QUOTES, GenerateQuotes};
use shared::salesforce::{AllowedHosts, soql};
use shared::web::client_context::Caller;
use shared::web::jobs::{idempotency_key, job_error};
use shared::web::{ApiError, RequestId};
use utoipa::ToSchema;

/// Which Opportunities get a Quote.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BatchExecutionRequest {
    /// WHERE clause of a SOQL query on Opportunity, without the word WHERE.
    #[schema(example = "StageName = 'Closed Won' AND CloseDate = THIS_QUARTER")]
    soql_where_clause: String,
    /// Where to post the result when the job has ended: https on a Salesforce domain, or a host in `ALLOWED_ORG_HOSTS`.
    #[schema(required = false)]
    callback_url: Option<String>,
}

/// The job that was accepted.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BatchExecutionResponse {
    /// Id of the job, 32 characters.
    job_id: String,
}

/// Starts a job that makes a Quote from every Opportunity matching the WHERE clause.
#[utoipa::path(
    operation_id = "executeBatch",
    params(("Idempotency-Key" = Option<String>, Header, description = "A repeated request with the same key is the same job for 24 hours.")),
    request_body = BatchExecutionRequest,
    responses((status = 202, description = "The job is accepted and will run.", body = BatchExecutionResponse)),
    extensions(("x-sfdc" = json!(shared::web::openapi::sfdc::authorization("GenerateQuoteJobConnectedApp", "GenerateQuoteJobPermissions"))))
)]
#[post("/api/executebatch")]
pub(crate) async fn execute_batch(
    request: HttpRequest,
    jobs: Data<Jobs>,
    hosts: Data<AllowedHosts>,
    caller: Caller,
    request_id: RequestId,
    body: Json<BatchExecutionRequest>,
) -> Result<HttpResponse, ApiError> {
    let body = body.into_inner();
    let clause = soql::parse_where(&body.soql_where_clause)
        .map_err(|error| ApiError::bad_request("soqlWhereClause", error.to_string()))?;
    let callback_url = body
        .callback_url
        .filter(|url| !url.is_empty())
        .map(|url| hosts.check(&url).map_err(|error| ApiError::bad_request("callbackUrl", error.to_string())))
        .transpose()?;
    let params = GenerateQuotes { soql_where_clause: clause.to_string(), callback_url };
    let job = NewJob {
        kind: GENERATE_QUOTES,
        org: caller.org_id().to_string(),
        params: serde_json::to_value(params).map_err(ApiError::internal)?,
        session: Some(caller.session.to_secret().map_err(ApiError::internal)?),
        idempotency_key: idempotency_key(request.headers())?,
        request_id: request_id.as_str().to_owned(),
    };
    let created = jobs.create(job).await.map_err(job_error)?;
    tracing::info!(job = %created.id, org = %caller.org_id(), existing = created.existing, "batch accepted");
    Ok(HttpResponse::Accepted().json(BatchExecutionResponse { job_id: created.id.to_string() }))
}
