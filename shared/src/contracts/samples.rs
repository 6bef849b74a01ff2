//! The jobs that make and delete sample data.

use crate::jobs::JobParams;
use crate::salesforce::SalesforceId;
use serde::{Deserialize, Serialize};

/// Counter of a job: sample Opportunities created or deleted.
pub const OPPORTUNITIES: &str = "opportunities";

/// Counter of a job: lines of those Opportunities created.
pub const OPPORTUNITY_LINE_ITEMS: &str = "opportunityLineItems";

/// Opportunities when the caller does not say.
pub const DEFAULT_OPPORTUNITIES: u32 = 100;

/// Most Opportunities of one job.
pub const MAX_OPPORTUNITIES: u32 = 1_000_000;

/// Lines of an Opportunity when the caller does not say.
pub const DEFAULT_LINES: u32 = 2;

/// Most lines of an Opportunity.
pub const MAX_LINES: u32 = 10;

/// The job that makes sample data: what to make.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateSamples {
    /// How many Opportunities, 1 to [`MAX_OPPORTUNITIES`].
    pub number_of_opportunities: u32,
    /// How many lines each, 1 to [`MAX_LINES`].
    pub lines: u32,
    /// The org that gets it. Without it, it is the org of the session that came with the job, or that of the
    /// authorization when its first task begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org_id: Option<SalesforceId>,
}

impl JobParams for CreateSamples {
    const KIND: &'static str = "createSampleData";
    const VERSION: u32 = 2;
}

/// The job that deletes sample data: how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeleteSamples {
    /// Delete for good instead of moving to the recycle bin. Needs the permission "Bulk API Hard Delete".
    pub hard_delete: bool,
    /// The org that loses it. Without it, it is the org of the session that came with the job, or that of the
    /// authorization when its first task begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org_id: Option<SalesforceId>,
}

impl JobParams for DeleteSamples {
    const KIND: &'static str = "deleteSampleData";
    const VERSION: u32 = 2;
}
