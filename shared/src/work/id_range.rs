//! A chunk that covers all records from one id to another: a plan stores two ids instead of thousands.

use crate::jobs::TaskError;
use crate::salesforce::{SalesforceId, soql};
use std::fmt;
use std::str::FromStr;

/// From the first id to the last, both included. As a chunk's payload it is `first-last`, each of 15 characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdRange {
    /// The lowest id.
    pub first: SalesforceId,
    /// The highest one.
    pub last: SalesforceId,
}

/// The text is not `first-last`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the chunk's payload is not a range of ids: {0}")]
pub struct InvalidRange(String);

impl IdRange {
    /// That of these ids, which are in ascending order; `None` for none.
    #[must_use]
    pub fn of(ids: &[SalesforceId]) -> Option<Self> {
        ids.first().zip(ids.last()).map(|(&first, &last)| Self { first, last })
    }

    /// Condition of a query for the records in it.
    #[must_use]
    pub fn condition(&self) -> String {
        format!("Id >= {} AND Id <= {}", soql::quote(self.first.as_str()), soql::quote(self.last.as_str()))
    }
}

impl fmt::Display for IdRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.first.as_15(), self.last.as_15())
    }
}

impl FromStr for IdRange {
    type Err = InvalidRange;

    fn from_str(text: &str) -> Result<Self, InvalidRange> {
        let range = text.split_once('-').and_then(|(first, last)| {
            let (first, last) = (first.parse().ok()?, last.parse().ok()?);
            Some(Self { first, last })
        });
        range.ok_or_else(|| InvalidRange(text.to_owned()))
    }
}

impl From<InvalidRange> for TaskError {
    fn from(error: InvalidRange) -> Self {
        super::fail(&error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_read_as_it_was_written_and_a_broken_payload_is_refused() {
        let ids: Vec<SalesforceId> =
            ["001000000000001AAA", "001000000000002AAA"].iter().map(|id| id.parse().unwrap()).collect();
        let range = IdRange::of(&ids).unwrap();
        assert_eq!(range.to_string(), "001000000000001-001000000000002");
        assert_eq!(range.condition(), "Id >= '001000000000001AAA' AND Id <= '001000000000002AAA'");
        // Versions before wrote 18 characters, too.
        for text in ["001000000000001-001000000000002", "001000000000001AAA-001000000000002AAA"] {
            assert_eq!(text.parse::<IdRange>().unwrap(), range);
        }
        for payload in ["", "001000000000001AAA", "x-y", "001000000000001AAA-"] {
            assert!(payload.parse::<IdRange>().is_err(), "{payload}");
        }
        assert_eq!(IdRange::of(&[]), None);
    }
}
