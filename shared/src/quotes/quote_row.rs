//! A Quote as queries by the key find it.

use crate::salesforce::SalesforceId;
use serde::Deserialize;

/// A Quote that the work has made.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct QuoteRow {
    pub(super) id: SalesforceId,
    #[serde(default)]
    pub(super) opportunity_id: Option<SalesforceId>,
    #[serde(default, rename = "QuoteJobKey__c")]
    pub(super) job_key: Option<String>,
    #[serde(default)]
    pub(super) line_item_count: Option<usize>,
}
