//! Which keys the Quotes of a job have, as its parameters tell.

use super::eventing::QuoteChanges;
use super::org_action::GenerateQuote;
use super::org_job::GenerateQuotes;
use crate::jobs::{JobParams, JobView};
use crate::quotes::key::JobKey;
use serde_json::Value;

/// Kinds of jobs whose Quotes have another key than the job's id.
pub const KINDS: [&str; 2] = [GenerateQuote::KIND, QuoteChanges::KIND];

/// The key of the Quotes that a job makes. `None` of one that makes none; of one whose parameters are no longer kept, or that was
/// made without knowing its org, nobody can tell.
#[must_use]
pub fn of_job(job: &JobView) -> Option<JobKey> {
    let text = |name: &str| job.params.get(name).and_then(Value::as_str);
    match job.kind.as_str() {
        GenerateQuotes::KIND => Some(JobKey::of(job.id.as_u128())),
        GenerateQuote::KIND => text("quoteKey")?.parse().ok(),
        QuoteChanges::KIND => {
            Some(JobKey::of_transaction(&super::org_id(text(super::ORG_ID)?)?, text("transactionKey")?))
        }
        _ => None,
    }
}
