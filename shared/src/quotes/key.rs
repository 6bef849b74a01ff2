//! `QuoteJobKey__c`, the key that makes a Quote of a job exist at most once.
//!
//! The field is an External Id, unique and case-sensitive (`salesforce/`). The final key is `job:opportunity`; a Quote
//! too big for one transaction carries the staging key `job:opportunity:staging` until its last line is written.

use crate::salesforce::SalesforceId;
use crate::salesforce::soql;

/// Name of the key field on Quote.
pub const QUOTE_JOB_KEY: &str = "QuoteJobKey__c";

const STAGING_SUFFIX: &str = ":staging";

/// The keys of one piece of work: a job, or one synchronous request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobKey(String);

impl JobKey {
    /// Keys that begin with `job`: a job id, 40 characters at most, without `%`, `_`, `\` and `'` (SOQL's `LIKE`).
    ///
    /// # Errors
    /// The text itself, when it is empty, too long or has another character than letters, digits and `-`.
    pub fn new(job: impl Into<String>) -> Result<Self, InvalidJobKey> {
        let job = job.into();
        let usable = !job.is_empty() && job.len() <= 40 && job.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        if usable { Ok(Self(job)) } else { Err(InvalidJobKey(job)) }
    }

    /// Key of a complete Quote.
    pub fn complete(&self, opportunity: &SalesforceId) -> String {
        format!("{}:{opportunity}", self.0)
    }

    /// Key of a Quote that does not have all its lines yet.
    pub fn staging(&self, opportunity: &SalesforceId) -> String {
        format!("{}:{opportunity}{STAGING_SUFFIX}", self.0)
    }

    /// Whether `key` marks a Quote as incomplete.
    pub fn is_staging(key: &str) -> bool {
        key.ends_with(STAGING_SUFFIX)
    }

    /// SOQL for the Quotes of these Opportunities that the work has made so far, complete or not.
    pub fn existing_quotes(&self, opportunities: &[&SalesforceId]) -> String {
        format!(
            "SELECT Id, OpportunityId, {QUOTE_JOB_KEY} FROM Quote WHERE {QUOTE_JOB_KEY} LIKE {} AND OpportunityId IN ({})",
            soql::quote(&format!("{}:%", self.0)),
            id_list(opportunities.iter().copied())
        )
    }

    /// SOQL for all Quotes of the work that are incomplete.
    pub fn incomplete_quotes(&self) -> String {
        let pattern = format!("{}:%{STAGING_SUFFIX}", self.0);
        format!("SELECT Id FROM Quote WHERE {QUOTE_JOB_KEY} LIKE {}", soql::quote(&pattern))
    }
}

/// The text is no job id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a job key has 1 to 40 letters, digits or hyphens, not {0:?}")]
pub struct InvalidJobKey(String);

/// `'id','id',…` in the 15-character form, which leaves room for more ids in a WHERE clause of 4,000 characters.
pub(super) fn id_list<'a>(ids: impl Iterator<Item = &'a SalesforceId>) -> String {
    ids.map(|id| soql::quote(id.as_15())).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_fit_the_field_and_tell_complete_from_staging() {
        let job = JobKey::new("0193a5b0c1d27e3f8a4b5c6d7e8f9a0b").unwrap();
        let opportunity: SalesforceId = "006R0000003FPYxIAO".parse().unwrap();
        assert_eq!(job.complete(&opportunity), "0193a5b0c1d27e3f8a4b5c6d7e8f9a0b:006R0000003FPYxIAO");
        assert!(job.staging(&opportunity).len() <= 80);
        assert!(JobKey::is_staging(&job.staging(&opportunity)));
        assert!(!JobKey::is_staging(&job.complete(&opportunity)));
    }

    #[test]
    fn a_job_id_that_means_something_in_like_is_refused() {
        for bad in ["", "a%", "a_b", "a'b", "a\\b", &"x".repeat(41)] {
            assert!(JobKey::new(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn the_existing_quotes_query_stays_within_4000_characters_for_a_full_chunk() {
        let job = JobKey::new("0193a5b0c1d27e3f8a4b5c6d7e8f9a0b").unwrap();
        let opportunity: SalesforceId = "006R0000003FPYxIAO".parse().unwrap();
        let soql = job.existing_quotes(&vec![&opportunity; crate::quotes::MAX_CHUNK]);
        let (_, clause) = soql.split_once(" WHERE ").unwrap();
        assert!(clause.len() <= 4_000, "{}", clause.len());
    }
}
