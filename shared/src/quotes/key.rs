//! `QuoteJobKey__c`, the key that makes a Quote of a job exist at most once.
//!
//! The field is an External Id, unique and case-sensitive (`salesforce/`). The final key is `job:opportunity`; a Quote
//! too big for one transaction carries the staging key `job:opportunity:staging` until its last line is written.

use crate::salesforce::SalesforceId;
use crate::salesforce::soql;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;
use std::str::FromStr;

/// Name of the key field on Quote.
pub const QUOTE_JOB_KEY: &str = "QuoteJobKey__c";

/// Name of the key field on QuoteLineItem, which only lines written through the Bulk API carry.
pub const QUOTE_LINE_KEY: &str = "QuoteLineKey__c";

const STAGING_SUFFIX: &str = ":staging";

/// The keys of one piece of work: a job, one synchronous request, or the changes of one transaction.
///
/// Written as 32 hexadecimal digits, which mean nothing special in SOQL's `LIKE`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct JobKey(String);

/// The text is not 32 lower-case hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a key has 32 lower-case hexadecimal digits")]
pub struct InvalidJobKey;

impl fmt::Display for JobKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for JobKey {
    type Err = InvalidJobKey;

    fn from_str(text: &str) -> Result<Self, InvalidJobKey> {
        Self::try_from(text.to_owned())
    }
}

impl TryFrom<String> for JobKey {
    type Error = InvalidJobKey;

    fn try_from(text: String) -> Result<Self, InvalidJobKey> {
        let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if text.len() == 32 && text.bytes().all(is_digit) { Ok(Self(text)) } else { Err(InvalidJobKey) }
    }
}

impl From<JobKey> for String {
    fn from(key: JobKey) -> Self {
        key.0
    }
}

impl JobKey {
    /// The keys of the work with this number: a job's id.
    #[must_use]
    pub fn of(number: u128) -> Self {
        Self(format!("{number:032x}"))
    }

    /// The keys of a request that is no job. The same `request` of the same user for the same Opportunity of the same org
    /// has the same keys, so that a repeated request makes no second Quote; `request` may be any text of the caller's.
    #[must_use]
    pub fn of_request(org: &SalesforceId, user: &SalesforceId, opportunity: &SalesforceId, request: &str) -> Self {
        // Ids have a fixed length, so no two requests are the same text.
        let who = Sha256::new().chain_update(org.as_str()).chain_update(user.as_str());
        Self::of_digest(who.chain_update(opportunity.as_str()).chain_update(request))
    }

    /// The keys of the Quotes for the changes of one transaction in an org (`ChangeEventHeader.transactionKey`, which may
    /// be any text). The same transaction has the same keys however often it is delivered, and to however many jobs.
    #[must_use]
    pub fn of_transaction(org: &SalesforceId, transaction_key: &str) -> Self {
        // No id begins like that, so no request's keys are the same.
        Self::of_digest(
            Sha256::new().chain_update(org.as_str()).chain_update("transaction:").chain_update(transaction_key),
        )
    }

    fn of_digest(digest: Sha256) -> Self {
        let number = digest.finalize().iter().take(16).fold(0, |number, byte| (number << 8) | u128::from(*byte));
        Self::of(number)
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

    /// Key of a line, by its place in the Quote.
    pub fn line(&self, opportunity: &SalesforceId, place: usize) -> String {
        format!("{}:{opportunity}:{place}", self.0)
    }

    /// The Opportunity in a key of this work, be it of a Quote or of a line.
    pub fn opportunity_of(&self, key: &str) -> Option<SalesforceId> {
        let rest = key.strip_prefix(&self.0)?.strip_prefix(':')?;
        rest.split(':').next()?.parse().ok()
    }

    /// SOQL for the Quotes that the work has made so far, complete or not, of the Opportunities from `first` to `last`.
    pub fn existing_between(&self, first: &SalesforceId, last: &SalesforceId) -> String {
        format!(
            "SELECT Id, OpportunityId, {QUOTE_JOB_KEY}, LineItemCount FROM Quote WHERE {QUOTE_JOB_KEY} LIKE {} AND \
             OpportunityId >= {} AND OpportunityId <= {}",
            soql::quote(&format!("{}:%", self.0)),
            soql::quote(first.as_str()),
            soql::quote(last.as_str())
        )
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
        format!("SELECT Id, {QUOTE_JOB_KEY} FROM Quote WHERE {QUOTE_JOB_KEY} LIKE {}", soql::quote(&pattern))
    }
}

/// `'id','id',…` in the 15-character form, which leaves room for more ids in a WHERE clause of 4,000 characters.
pub(super) fn id_list<'a>(ids: impl Iterator<Item = &'a SalesforceId>) -> String {
    ids.map(|id| soql::quote(id.as_15())).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_fit_the_field_and_tell_complete_from_staging() {
        let job = JobKey::of(0x0193_a5b0_c1d2_7e3f_8a4b_5c6d_7e8f_9a0b);
        let opportunity: SalesforceId = "006R0000003FPYxIAO".parse().unwrap();
        assert_eq!(job.complete(&opportunity), "0193a5b0c1d27e3f8a4b5c6d7e8f9a0b:006R0000003FPYxIAO");
        assert!(job.staging(&opportunity).len() <= 80);
        assert!(JobKey::is_staging(&job.staging(&opportunity)));
        assert!(!JobKey::is_staging(&job.complete(&opportunity)));
        assert!(job.line(&opportunity, 100_000).len() <= 100);
        for key in [job.complete(&opportunity), job.staging(&opportunity), job.line(&opportunity, 7)] {
            assert_eq!(job.opportunity_of(&key), Some(opportunity));
            assert_eq!(JobKey::of(1).opportunity_of(&key), None);
        }
    }

    #[test]
    fn a_repeated_request_has_the_same_key_and_no_other_has() {
        let org: SalesforceId = "00DLO0000000001".parse().unwrap();
        let (one, two): (SalesforceId, SalesforceId) =
            ("006R0000003FPYx".parse().unwrap(), "006R0000003FPYy".parse().unwrap());
        let (ada, bob): (SalesforceId, SalesforceId) =
            ("005LO0000000001".parse().unwrap(), "005LO0000000002".parse().unwrap());
        let key = JobKey::of_request(&org, &ada, &one, "'; % _ any text");
        assert_eq!(key, JobKey::of_request(&org, &ada, &one, "'; % _ any text"));
        for other in [
            JobKey::of_request(&org, &ada, &one, "another"),
            JobKey::of_request(&org, &ada, &two, "'; % _ any text"),
            JobKey::of_request(&org, &bob, &one, "'; % _ any text"),
            JobKey::of_request(&one, &ada, &org, "'; % _ any text"),
        ] {
            assert_ne!(key, other);
        }
        let complete = key.complete(&one);
        let (prefix, _) = complete.split_once(':').unwrap();
        assert!(prefix.len() == 32 && prefix.bytes().all(|byte| byte.is_ascii_hexdigit()), "{complete}");
    }

    #[test]
    fn a_transaction_delivered_again_has_the_same_key_and_no_other_has() {
        let (one, two): (SalesforceId, SalesforceId) =
            ("00DLO0000000001".parse().unwrap(), "00DLO0000000002".parse().unwrap());
        let key = JobKey::of_transaction(&one, "0002b3e1-1");
        assert_eq!(key, JobKey::of_transaction(&one, "0002b3e1-1"));
        for other in [
            JobKey::of_transaction(&one, "0002b3e1-2"),
            JobKey::of_transaction(&two, "0002b3e1-1"),
            JobKey::of_request(&one, &one, &two, "0002b3e1-1"),
        ] {
            assert_ne!(key, other);
        }
    }

    #[test]
    fn a_key_goes_into_a_message_and_comes_back() {
        let key = JobKey::of(0x0193_a5b0_c1d2_7e3f_8a4b_5c6d_7e8f_9a0b);
        let text = serde_json::to_string(&key).unwrap();
        assert_eq!(text, "\"0193a5b0c1d27e3f8a4b5c6d7e8f9a0b\"");
        assert_eq!(serde_json::from_str::<JobKey>(&text).unwrap(), key);
        for wrong in ["", "%", "0193A5B0C1D27E3F8A4B5C6D7E8F9A0B", "0193a5b0c1d27e3f8a4b5c6d7e8f9a0"] {
            assert_eq!(wrong.parse::<JobKey>(), Err(InvalidJobKey), "{wrong}");
        }
    }

    #[test]
    fn the_existing_quotes_query_stays_within_4000_characters_for_a_full_chunk() {
        let job = JobKey::of(0x0193_a5b0_c1d2_7e3f_8a4b_5c6d_7e8f_9a0b);
        let opportunity: SalesforceId = "006R0000003FPYxIAO".parse().unwrap();
        let soql = job.existing_quotes(&vec![&opportunity; crate::quotes::MAX_CHUNK]);
        let (_, clause) = soql.split_once(" WHERE ").unwrap();
        assert!(clause.len() <= 4_000, "{}", clause.len());
    }
}
