//! `POST /api/generatequoteasync`: takes the call, and answers later.

use super::opportunity_id::opportunity_id;
use crate::repeat::Repeat;
use ::web::jobs::described::MANY_JOBS;
use ::web::jobs::{UserJobs, create};
use ::web::{ApiError, ErrorAnswer, RequestId, callback_url};
use actix_web::web::{Data, Json};
use actix_web::{HttpRequest, HttpResponse, post};
use serde::{Deserialize, Serialize};
use shared::contracts::org_action::GenerateQuote;
use shared::jobs::JobId;
use shared::salesforce::AllowedHosts;
use utoipa::ToSchema;

/// Which Opportunity gets a Quote, and where the result goes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct QuoteAsyncRequest {
    /// Id of the Opportunity, 15 or 18 characters.
    #[schema(value_type = String, required = true, pattern = "^006[0-9A-Za-z]{12}([0-9A-Za-z]{3})?$", example = "006R0000003FPYxIAO")]
    opportunity_id: Option<String>,
    /// Where the result is posted: a URL of the calling org. Salesforce fills it in itself.
    #[schema(value_type = String, required = true, example = "https://my-domain.my.salesforce.com/callback")]
    callback_url: Option<String>,
}

/// The job that was accepted.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct QuoteAsyncResponse {
    /// Id of the job.
    #[schema(value_type = String, format = "uuid")]
    job_id: JobId,
}

/// Of the header `Idempotency-Key`.
const SAME_KEY: &str = "A repeated call with the same key for the same Opportunity is the same Quote, and the same job for 24 hours when its callback URL is the same.";

/// Makes a Quote from an Opportunity and its products, and calls back when it is there.
#[utoipa::path(
    tag = "quotes",
    operation_id = "generateQuoteAsync",
    params(("Idempotency-Key" = Option<String>, Header, description = SAME_KEY)),
    request_body = QuoteAsyncRequest,
    responses(
        (status = 202, description = "The job is accepted and will run.", body = QuoteAsyncResponse),
        (status = 400, description = "The Id is not that of an Opportunity, or the callback URL is not of the calling org.", body = ErrorAnswer),
        (status = 401, description = "The caller's session is missing.", body = ErrorAnswer),
        (status = 429, description = MANY_JOBS, body = ErrorAnswer),
        (status = 503, description = "The job was not accepted; try again.", body = ErrorAnswer)
    ),
    extensions(("x-sfdc" = json!(::web::openapi::sfdc::authorization("GenerateQuoteClientApp", "GenerateQuotePermissions"))))
)]
#[post("/api/generatequoteasync")]
pub(crate) async fn generate_quote_async(
    request: HttpRequest,
    owner: UserJobs,
    hosts: Data<AllowedHosts>,
    request_id: RequestId,
    body: Json<QuoteAsyncRequest>,
) -> Result<HttpResponse, ApiError> {
    let opportunity = opportunity_id(body.opportunity_id.as_deref())?;
    let url = body.callback_url.as_deref();
    let url = url.ok_or_else(|| ApiError::bad_request("callbackUrl", "callbackUrl is missing"))?;
    let callback_url = callback_url(url, &hosts, owner.caller())?;
    let repeat = Repeat::of(request.headers(), owner.caller(), &opportunity)?;
    let idempotency_key = repeat.of_job(owner.caller(), &opportunity, callback_url.as_str());
    let params = GenerateQuote { opportunity_id: opportunity, callback_url, quote_key: repeat.key };
    let created = create(&owner, &request_id, idempotency_key, &params).await?;
    Ok(HttpResponse::Accepted().json(QuoteAsyncResponse { job_id: created.id }))
}
