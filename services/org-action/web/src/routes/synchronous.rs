//! `POST /api/generatequote`: the Quote of one Opportunity, while the caller waits.

use super::opportunity_id::opportunity_id;
use crate::afterwards::Recorder;
use crate::quoter::Quoter;
use crate::repeat::Repeat;
use ::web::client_context::Caller;
use ::web::{ApiError, ErrorAnswer, RequestId, WaitingCalls};
use actix_web::http::StatusCode;
use actix_web::web::{Data, Json};
use actix_web::{HttpRequest, post};
use serde::{Deserialize, Serialize};
use shared::jobs::Jobs;
use std::sync::Arc;
use utoipa::ToSchema;

/// Which Opportunity gets a Quote.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct QuoteGenerationRequest {
    /// Id of the Opportunity, 15 or 18 characters.
    #[schema(value_type = String, required = true, pattern = "^006[0-9A-Za-z]{12}([0-9A-Za-z]{3})?$", example = "006R0000003FPYxIAO")]
    opportunity_id: Option<String>,
}

/// The Quote.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct QuoteGenerationResponse {
    /// Id of the Quote, 18 characters.
    #[schema(example = "0Q0R0000000123xKAA")]
    quote_id: String,
}

/// Makes a Quote from an Opportunity and its products.
///
/// Use this action to create a Quote for an Opportunity when its products are to be priced with the discounts of the
/// region, the product family and the quantity. It answers the Id of the new Quote.
#[utoipa::path(
    tag = "quotes",
    operation_id = "generateQuote",
    params(("Idempotency-Key" = Option<String>, Header, description = "A repeated call with the same key for the same Opportunity answers the same Quote.")),
    request_body = QuoteGenerationRequest,
    responses(
        (status = 200, description = "The Quote is written.", body = QuoteGenerationResponse),
        (status = 400, description = "The Id is not that of an Opportunity.", body = ErrorAnswer),
        (status = 401, description = "The caller's session is missing or has expired.", body = ErrorAnswer),
        (status = 404, description = "There is no such Opportunity that the user may see, or it has no products (code NO_LINE_ITEMS).", body = ErrorAnswer),
        (status = 422, description = "The Opportunity cannot be quoted, or Salesforce refused it: with its error code and message.", body = ErrorAnswer),
        (status = 429, description = "Too many calls wait for the org; nothing was done. Try again after the seconds of Retry-After.", body = ErrorAnswer),
        (status = 502, description = "Salesforce's answer makes no sense.", body = ErrorAnswer),
        (status = 503, description = "Salesforce is not available, or the org is out of API calls.", body = ErrorAnswer),
        (status = 504, description = "Salesforce did not answer in time. Repeating the call is safe.", body = ErrorAnswer)
    ),
    extensions(("x-sfdc" = json!(::web::openapi::sfdc::agent_action("GenerateQuoteClientApp", "GenerateQuotePermissions"))))
)]
#[post("/api/generatequote")]
pub(crate) async fn generate_quote(
    request: HttpRequest,
    quoter: Data<Quoter>,
    jobs: Data<Jobs>,
    calls: Data<WaitingCalls>,
    caller: Caller,
    request_id: RequestId,
    body: Json<QuoteGenerationRequest>,
) -> Result<Json<QuoteGenerationResponse>, ApiError> {
    let opportunity = opportunity_id(body.opportunity_id.as_deref())?;
    let repeat = Repeat::of(request.headers(), &caller, &opportunity)?;
    let call = Arc::new(calls.admit(caller.org_id().as_str())?);
    let recorder = Recorder { jobs: &jobs, request_id: &request_id };
    let quoted = quoter.quote(caller.into_inner().session, &repeat.key, opportunity, recorder, &call).await;
    match quoted.as_ref().map_err(ApiError::status) {
        Err(StatusCode::GATEWAY_TIMEOUT) => call.timed_out(),
        // The org, or something before it, was not reached.
        Err(StatusCode::SERVICE_UNAVAILABLE) => {}
        _ => call.answered(),
    }
    Ok(Json(QuoteGenerationResponse { quote_id: quoted?.to_string() }))
}
