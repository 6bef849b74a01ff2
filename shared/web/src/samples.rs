//! The query parameters with which web processes are asked for sample data, and the answer.

use serde::{Deserialize, Serialize};
use shared::jobs::{Created, JobId};
use utoipa::ToSchema;

use super::ApiError;
use shared::contracts::samples::{
    CreateSamples, DEFAULT_LINES, DEFAULT_OPPORTUNITIES, DeleteSamples, MAX_LINES, MAX_OPPORTUNITIES,
};

/// What to make, as sent: numbers are checked by hand, so that an error names the parameter.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateParams {
    number_of_opportunities: Option<String>,
    lines: Option<String>,
}

impl CreateParams {
    /// What to make.
    ///
    /// # Errors
    /// 400 with the parameter that is not a number within its bounds.
    pub fn read(&self) -> Result<CreateSamples, ApiError> {
        let (opportunities, lines) = (self.number_of_opportunities.as_deref(), self.lines.as_deref());
        Ok(CreateSamples {
            number_of_opportunities: number(
                "numberOfOpportunities",
                opportunities,
                DEFAULT_OPPORTUNITIES,
                MAX_OPPORTUNITIES,
            )?,
            lines: number("lines", lines, DEFAULT_LINES, MAX_LINES)?,
            org_id: None,
        })
    }
}

/// How to delete, as sent.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeleteParams {
    hard_delete: Option<String>,
}

impl DeleteParams {
    /// How to delete.
    ///
    /// # Errors
    /// 400 when it is neither true nor false.
    pub fn read(&self) -> Result<DeleteSamples, ApiError> {
        let hard_delete = match self.hard_delete.as_deref() {
            None | Some("false") => false,
            Some("true") => true,
            Some(_) => return Err(ApiError::bad_request("hardDelete", "expected true or false")),
        };
        Ok(DeleteSamples { hard_delete, org_id: None })
    }
}

/// The job on sample data that was accepted.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DataJobResponse {
    /// Id of the job.
    #[schema(value_type = String, format = "uuid")]
    job_id: JobId,
}

impl From<Created> for DataJobResponse {
    fn from(created: Created) -> Self {
        Self { job_id: created.id }
    }
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
