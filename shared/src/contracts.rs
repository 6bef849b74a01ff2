//! What the web process of a pattern and its worker agree on: the kinds of their jobs with the parameters, what is posted to a
//! caller, and where in Redis they meet. One file a pattern, and one for the sample data that two of them offer.
//!
//! A process that runs already may be of another version than the one that it talks to: [`JobParams`](crate::jobs::JobParams)
//! tells what that asks of a change to parameters.

use crate::salesforce::SalesforceId;

pub mod api_access;
pub mod eventing;
pub mod org_action;
pub mod org_job;
pub mod quote_keys;
pub mod samples;

/// Name of the parameter of a job that tells for which org it was made: the org's id. It is the same for all kinds that work in
/// the name of an authorization, whose name alone may be another org's when the job runs: `work::Orgs::open` reads it.
pub const ORG_ID: &str = "orgId";

/// The id of an org in a text, of 15 or 18 characters.
#[must_use]
pub fn org_id(text: &str) -> Option<SalesforceId> {
    text.parse().ok().filter(|id: &SalesforceId| id.key_prefix() == "00D")
}

/// Counter of a job: Quotes that exist.
pub const QUOTES: &str = "quotes";

/// Counter of a job: lines of those Quotes.
pub const QUOTE_LINE_ITEMS: &str = "quoteLineItems";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jobs::JobParams;
    use api_access::{DeleteLoadedAccounts, LoadAccounts};
    use eventing::{Changed, QuoteChanges};
    use samples::{CreateSamples, DeleteSamples};
    use serde_json::{Value, json};

    const ORG: &str = "00D000000000062EAA";

    /// As a job of the version before has it, and as one that was made for an org has it.
    fn written<P: JobParams>(params: &P, before: Value) {
        let mut written = serde_json::to_value(params).unwrap();
        assert_eq!(written[ORG_ID], ORG, "{}", P::KIND);
        assert_eq!(P::VERSION, 2, "a worker of the version before would not look at the org");
        assert!(P::read(written.clone(), 2).is_ok(), "{}", P::KIND);
        written.as_object_mut().unwrap().remove(ORG_ID);
        assert_eq!(written, before, "{}", P::KIND);
        let read = serde_json::to_value(P::read(before.clone(), 1).unwrap()).unwrap();
        assert_eq!(read, before, "{}", P::KIND);
    }

    #[test]
    fn jobs_of_an_authorization_tell_their_org_and_those_of_the_version_before_are_read() {
        let org_id = org_id(ORG);
        let connection = "my-org".to_owned();
        let load = LoadAccounts { connection: connection.clone(), count: 1, org_id };
        written(&load, json!({ "connection": "my-org", "count": 1 }));
        written(&DeleteLoadedAccounts { connection, org_id }, json!({ "connection": "my-org" }));
        let changed = Changed::Records(Vec::new());
        let changes = QuoteChanges { transaction_key: "t".to_owned(), changed, user: None, org_id };
        written(&changes, json!({ "transactionKey": "t", "changed": { "records": [] } }));
        let create = CreateSamples { number_of_opportunities: 1, lines: 2, org_id };
        written(&create, json!({ "numberOfOpportunities": 1, "lines": 2 }));
        written(&DeleteSamples { hard_delete: true, org_id }, json!({ "hardDelete": true }));
    }

    #[test]
    fn ids_of_orgs_are_no_other_ids_and_no_names() {
        assert_eq!(org_id("00D000000000062"), org_id(ORG));
        assert!(org_id(ORG).is_some());
        for other in ["", "my-org", "005000000000001AAA", "00D000000000062AAA", "00D"] {
            assert_eq!(org_id(other), None, "{other}");
        }
    }
}
