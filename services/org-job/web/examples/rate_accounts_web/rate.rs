//! `POST /api/rateaccounts`: takes a job and answers at once.

use ::web::jobs::described::{KEY_REUSED, MANY_JOBS, SAME_KEY};
use ::web::jobs::{UserJobs, accept};
use ::web::{ApiError, Conditions, ErrorAnswer, RequestId};
use actix_web::web::{Data, Json};
use actix_web::{HttpRequest, HttpResponse, post};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::routes::batches::BatchExecutionResponse;

use crate::ratings::RateAccounts;

/// Which Accounts get a rating.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RateAccountsRequest {
    /// WHERE clause of a SOQL query on Account, without the word WHERE.
    #[schema(min_length = 1, max_length = 4000, example = "Type = 'Customer'")]
    soql_where_clause: String,
}

/// Starts a job that sets the rating of every Account matching the WHERE clause.
#[utoipa::path(
    operation_id = "rateAccounts",
    params(("Idempotency-Key" = Option<String>, Header, description = SAME_KEY)),
    request_body = RateAccountsRequest,
    responses(
        (status = 202, description = "The job is accepted and will run.", body = BatchExecutionResponse),
        (status = 422, description = KEY_REUSED),
        (status = 429, description = MANY_JOBS, body = ErrorAnswer)
    )
)]
#[post("/api/rateaccounts")]
pub(crate) async fn rate_accounts(
    request: HttpRequest,
    owner: UserJobs,
    conditions: Data<Conditions>,
    request_id: RequestId,
    body: Json<RateAccountsRequest>,
) -> Result<HttpResponse, ApiError> {
    let clause = conditions.read(owner.caller(), "Account", "soqlWhereClause", &body.soql_where_clause).await?;
    let params = RateAccounts { soql_where_clause: clause.to_string() };
    accept::<BatchExecutionResponse>(&owner, &request, &request_id, &params).await
}
