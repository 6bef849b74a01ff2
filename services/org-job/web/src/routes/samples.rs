//! `POST /api/data/create` and `/api/data/delete`: sample data, made and deleted by jobs.

use super::accept;
use actix_web::web::{Data, Query};
use actix_web::{HttpRequest, HttpResponse, post};
use serde::Deserialize;
use shared::jobs::Jobs;
use shared::samples::{
    CREATE_SAMPLES, CreateSamples, DEFAULT_LINES, DEFAULT_OPPORTUNITIES, DELETE_SAMPLES, DeleteSamples, MAX_LINES,
    MAX_OPPORTUNITIES,
};
use shared::web::client_context::Caller;
use shared::web::{ApiError, RequestId};

use super::JobResponse;

/// As sent: numbers are checked by hand, so that an error names the parameter.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CreateParams {
    number_of_opportunities: Option<String>,
    lines: Option<String>,
}

/// As sent.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeleteParams {
    hard_delete: Option<String>,
}

/// Starts a job that makes sample Opportunities with lines, on existing Accounts and from the active price book.
#[utoipa::path(
    operation_id = "datacreate",
    params(
        ("numberOfOpportunities" = Option<u32>, Query, minimum = 1, maximum = 1_000_000, description = "How many Opportunities, 1 to 1,000,000; 100 when absent."),
        ("lines" = Option<u32>, Query, minimum = 1, maximum = 10, description = "How many products each, 1 to 10; 2 when absent."),
        ("Idempotency-Key" = Option<String>, Header, description = "A repeated request with the same key is the same job for 24 hours.")
    ),
    responses((status = 202, description = "The job is accepted and will run.", body = JobResponse)),
    extensions(("x-sfdc" = json!(shared::web::openapi::sfdc::authorization("GenerateQuoteJobConnectedApp", "GenerateQuoteJobPermissions"))))
)]
#[post("/api/data/create")]
pub(crate) async fn data_create(
    request: HttpRequest,
    jobs: Data<Jobs>,
    caller: Caller,
    request_id: RequestId,
    params: Query<CreateParams>,
) -> Result<HttpResponse, ApiError> {
    let asked = CreateSamples {
        number_of_opportunities: number(
            "numberOfOpportunities",
            params.number_of_opportunities.as_deref(),
            DEFAULT_OPPORTUNITIES,
            MAX_OPPORTUNITIES,
        )?,
        lines: number("lines", params.lines.as_deref(), DEFAULT_LINES, MAX_LINES)?,
    };
    accept(&request, &jobs, &caller, &request_id, CREATE_SAMPLES, &asked).await
}

/// Starts a job that deletes all sample Opportunities with their lines and Quotes, and no other record.
#[utoipa::path(
    operation_id = "datadelete",
    params(
        ("hardDelete" = Option<bool>, Query, description = "true: delete for good instead of moving to the recycle bin. Needs the permission Bulk API Hard Delete."),
        ("Idempotency-Key" = Option<String>, Header, description = "A repeated request with the same key is the same job for 24 hours.")
    ),
    responses((status = 202, description = "The job is accepted and will run.", body = JobResponse)),
    extensions(("x-sfdc" = json!(shared::web::openapi::sfdc::authorization("GenerateQuoteJobConnectedApp", "GenerateQuoteJobPermissions"))))
)]
#[post("/api/data/delete")]
pub(crate) async fn data_delete(
    request: HttpRequest,
    jobs: Data<Jobs>,
    caller: Caller,
    request_id: RequestId,
    params: Query<DeleteParams>,
) -> Result<HttpResponse, ApiError> {
    let hard_delete = match params.hard_delete.as_deref() {
        None | Some("false") => false,
        Some("true") => true,
        Some(_) => return Err(ApiError::bad_request("hardDelete", "expected true or false")),
    };
    accept(&request, &jobs, &caller, &request_id, DELETE_SAMPLES, &DeleteSamples { hard_delete }).await
}

/// A whole number from 1 to `most`, in digits and nothing else.
fn number(name: &'static str, text: Option<&str>, absent: u32, most: u32) -> Result<u32, ApiError> {
    let Some(text) = text else { return Ok(absent) };
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let value = text.parse().ok().filter(|value| digits && (1..=most).contains(value));
    value.ok_or_else(|| ApiError::bad_request(name, format!("expected a whole number from 1 to {most}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_digits_within_bounds() {
        let read = |text| number("n", text, 100, 1_000_000).ok();
        assert_eq!(read(None), Some(100));
        assert_eq!((read(Some("1")), read(Some("1000000"))), (Some(1), Some(1_000_000)));
        for bad in ["", "0", "-5", "+5", "abc", "1e3", "1000001", "1.0", " 1", "99999999999999999999", "１"] {
            assert_eq!(read(Some(bad)), None, "{bad:?}");
        }
    }
}
