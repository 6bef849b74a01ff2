//! What a change means for this service: records of one transaction that are to get Quotes.

use chrono::{DateTime, Utc};
use shared::contracts::eventing::Changed;
use shared::salesforce::SalesforceId;
use std::fmt;
use std::str::FromStr;

/// Longest transaction key that is taken. Salesforce's have 36 characters.
const MAX_KEY: usize = 100;

/// Which transaction a change belongs to (`ChangeEventHeader.transactionKey`): a UUID, or an id of the database. It stands
/// in keys of Redis.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct TransactionKey(String);

impl FromStr for TransactionKey {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let good = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./+=".contains(&byte);
        ((1..=MAX_KEY).contains(&text.len()) && text.bytes().all(good)).then(|| Self(text.to_owned())).ok_or(())
    }
}

impl fmt::Display for TransactionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Changes that are to become a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) transaction: TransactionKey,
    /// Who made it.
    pub(crate) user: Option<SalesforceId>,
    /// When it was committed, if that is known.
    pub(crate) committed: Option<DateTime<Utc>>,
    /// Which Opportunities, in any order.
    pub(crate) changed: Changed,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transaction_keys_are_short_and_plain() {
        for good in ["0002b3e1-5cf5-4c3e-8d6d-0f8f7a1d1c01", "000a", &"a".repeat(100)] {
            assert_eq!(good.parse::<TransactionKey>().unwrap().to_string(), good);
        }
        for bad in ["", "a b", "a:b", "a\nb", "ä", "{x}", &"a".repeat(101)] {
            assert!(bad.parse::<TransactionKey>().is_err(), "{bad}");
        }
    }
}
