//! The jobs that change events start in eventing.
//!
//! The owner of these jobs ([`NewJob::org`](crate::jobs::NewJob::org)) is the AppLink authorization in whose name they run.

pub mod covered;

use crate::jobs::{JobParams, JobsError};
use crate::salesforce::SalesforceId;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Start of all keys in Redis, unless `QUEUE_PREFIX` says otherwise.
pub const QUEUE_PREFIX: &str = "{eventing}:";

/// Parameters of a job. They hold no secret: the worker asks AppLink for the session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QuoteChanges {
    /// The transaction in Salesforce that made the changes (`ChangeEventHeader.transactionKey`). Part of the Quotes' keys,
    /// so however often a transaction is delivered, an Opportunity gets one Quote for it.
    pub transaction_key: String,
    /// Which Opportunities changed.
    pub changed: Changed,
    /// Who changed them (`ChangeEventHeader.commitUser`), if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<SalesforceId>,
    /// The org in which they changed. Without it, a job of the version before or of a web process that could not tell, it is the
    /// org of the authorization when its first task begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org_id: Option<SalesforceId>,
}

impl JobParams for QuoteChanges {
    const KIND: &'static str = "quoteChangedOpportunities";
    const VERSION: u32 = 2;
}

/// Which Opportunities changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Changed {
    /// These. Those of a job are in ascending order and each once.
    Records(Vec<SalesforceId>),
    /// All that were changed at this time or later, and were not dealt with otherwise ([`covered`]): what an overflow event
    /// leaves to be known.
    Since(DateTime<Utc>),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_is_read_as_it_was_written() {
        let id: SalesforceId = "006000000000001AAA".parse().unwrap();
        for changed in
            [Changed::Records(vec![id]), Changed::Since(DateTime::from_timestamp_millis(1_700_000_000_123).unwrap())]
        {
            let job = QuoteChanges { transaction_key: "0002b3e1-1".to_owned(), changed, user: None, org_id: None };
            let text = serde_json::to_string(&job).unwrap();
            assert_eq!(serde_json::from_str::<QuoteChanges>(&text).unwrap(), job);
        }
    }
}
