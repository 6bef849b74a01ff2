//! `SampleDataKey__c`, the mark of sample data: job, chunk and number, so that a chunk that runs twice makes nothing twice.
//!
//! The field stands on Opportunity and OpportunityLineItem, an External Id, unique and case-sensitive (`salesforce/`).

use crate::salesforce::soql;

/// Name of the field, on both objects.
pub const SAMPLE_DATA_KEY: &str = "SampleDataKey__c";

/// The keys of one chunk of a job.
///
/// `job:chunk:number` for an Opportunity, and `:line` after it for a line. The job is written as 32 hexadecimal digits, so
/// nothing in a key means anything special in SOQL's `LIKE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SampleKeys(String);

impl SampleKeys {
    /// The keys of chunk `chunk` of the job with this number.
    #[must_use]
    pub fn of(job: u128, chunk: u64) -> Self {
        Self(format!("{job:032x}:{chunk}:"))
    }

    /// Key of Opportunity `number`.
    #[must_use]
    pub fn opportunity(&self, number: u32) -> String {
        format!("{}{number}", self.0)
    }

    /// Key of line `line` of Opportunity `number`.
    #[must_use]
    pub fn line(&self, number: u32, line: u32) -> String {
        format!("{}{number}:{line}", self.0)
    }

    /// The number in the key of an Opportunity of this chunk.
    #[must_use]
    pub fn number_of(&self, key: &str) -> Option<u32> {
        key.strip_prefix(&self.0)?.parse().ok()
    }

    /// Number and line in the key of a line of this chunk.
    #[must_use]
    pub fn line_of(&self, key: &str) -> Option<(u32, u32)> {
        let (number, line) = key.strip_prefix(&self.0)?.split_once(':')?;
        Some((number.parse().ok()?, line.parse().ok()?))
    }

    /// SOQL for the keys of this chunk that `object` has.
    #[must_use]
    pub fn existing(&self, object: &str) -> String {
        let pattern = soql::quote(&format!("{}%", self.0));
        format!("SELECT {SAMPLE_DATA_KEY} FROM {object} WHERE {SAMPLE_DATA_KEY} LIKE {pattern}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_lead_back_to_their_numbers_and_fit_the_field() {
        let keys = SampleKeys::of(u128::MAX, 999_999);
        assert_eq!(keys.number_of(&keys.opportunity(1_000_000)), Some(1_000_000));
        assert_eq!(keys.line_of(&keys.line(7, 10)), Some((7, 10)));
        assert!(keys.line(1_000_000, 10).len() <= 80);
    }

    #[test]
    fn a_chunk_does_not_take_the_keys_of_another() {
        let (one, eleven) = (SampleKeys::of(1, 1), SampleKeys::of(1, 11));
        assert_eq!(one.number_of(&eleven.opportunity(5)), None);
        assert_eq!(one.number_of(&SampleKeys::of(2, 1).opportunity(5)), None);
        assert_eq!(one.number_of(&one.line(5, 1)), None);
        assert_eq!(
            one.existing("Opportunity"),
            "SELECT SampleDataKey__c FROM Opportunity WHERE SampleDataKey__c LIKE '00000000000000000000000000000001:1:%'"
        );
    }
}
