//! What a new Quote says beside its prices.

use chrono::{Days, NaiveDate};

/// Status and validity of new Quotes. Where a rule is not given, the field is not named, and the org's own default counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QuoteTerms {
    /// `Quote.Status`, a value of the org's picklist.
    pub status: Option<String>,
    /// Days from the Opportunity's `CloseDate` to `Quote.ExpirationDate`.
    pub valid_days: Option<u32>,
}

impl QuoteTerms {
    /// `ExpirationDate` of the Quote of an Opportunity that closes on this day. The same call made again gives the same date,
    /// as one from today on would not.
    #[must_use]
    pub fn expiration(&self, close_date: Option<NaiveDate>) -> Option<NaiveDate> {
        close_date?.checked_add_days(Days::new(u64::from(self.valid_days?)))
    }
}
