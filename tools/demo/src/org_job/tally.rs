//! What the job really did, counted in local-org.

use std::collections::BTreeMap;

use anyhow::Result;
use test_support::Control;

use super::api::{JobState, JobView};

/// Counts of records in local-org after a job.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Opportunities that the job's WHERE clause selects.
    pub(crate) opportunities: u64,
    /// Those without line items, for which there is nothing to quote.
    pub(crate) skipped: u64,
    /// Those with line items, but without a Quote of this job.
    pub(crate) failed: u64,
    /// Quotes with a key of this job.
    pub(crate) quotes: u64,
    /// Line items of those Quotes.
    pub(crate) quote_line_items: u64,
    /// Line items of the Opportunities of those Quotes.
    pub(crate) quoted_lines: u64,
    /// Records by object in the whole org, before the job and after it.
    pub(crate) before: BTreeMap<String, u64>,
    pub(crate) after: BTreeMap<String, u64>,
}

impl Tally {
    /// Counts. `before` are the counts of the org from before the job.
    pub(crate) async fn count(
        control: &Control,
        org: &str,
        where_clause: &str,
        job_id: &str,
        before: BTreeMap<String, u64>,
    ) -> Result<Self> {
        // Keys begin with the digits of the job's id. They are hexadecimal, so LIKE finds no wildcard in them.
        let of_job = format!("QuoteJobKey__c LIKE '{}%'", job_id.replace('-', ""));
        let with_quote = format!("SELECT OpportunityId FROM Quote WHERE {of_job}");
        let with_lines = "SELECT OpportunityId FROM OpportunityLineItem";
        let count = async |from: String| control.count(org, &format!("SELECT COUNT() FROM {from}")).await;
        Ok(Self {
            opportunities: count(format!("Opportunity WHERE ({where_clause})")).await?,
            skipped: count(format!("Opportunity WHERE ({where_clause}) AND Id NOT IN ({with_lines})")).await?,
            failed: count(format!(
                "Opportunity WHERE ({where_clause}) AND Id IN ({with_lines}) AND Id NOT IN ({with_quote})"
            ))
            .await?,
            quotes: count(format!("Quote WHERE {of_job}")).await?,
            quote_line_items: count(format!("QuoteLineItem WHERE Quote.{of_job}")).await?,
            quoted_lines: count(format!("OpportunityLineItem WHERE OpportunityId IN ({with_quote})")).await?,
            before,
            after: control.counts(org).await?,
        })
    }

    /// Everything that is not as it should be, as sentences: what the job says of itself against what is there, and exactly
    /// one whole Quote for each Opportunity with lines.
    pub(crate) fn problems(&self, job: &JobView) -> Vec<String> {
        let mut problems = Vec::new();
        if job.state != JobState::Completed {
            let reason = job.reason.as_deref().unwrap_or("no reason is known");
            problems.push(format!("the job {}: {reason}", job.state.describe()));
        }
        if self.failed > 0 {
            problems.push(format!("{} Opportunities with lines have no Quote", self.failed));
        }
        let quotable = self.opportunities.saturating_sub(self.skipped).saturating_sub(self.failed);
        let counter = |name: &str| job.counters.get(name).copied().unwrap_or_default();
        let added = |object: &str| {
            let count = |counts: &BTreeMap<String, u64>| counts.get(object).copied().unwrap_or_default();
            count(&self.after).saturating_sub(count(&self.before))
        };
        let expectations = [
            ("Quotes of the job, and Opportunities to quote", self.quotes, quotable),
            ("Quotes of the job, and all Quotes made meanwhile", self.quotes, added("Quote")),
            ("Quote line items, and line items of the quoted Opportunities", self.quote_line_items, self.quoted_lines),
            ("Quote line items, and all made meanwhile", self.quote_line_items, added("QuoteLineItem")),
            ("Opportunities, and those the job planned", self.opportunities, job.planned_records),
            ("Opportunities without lines, and those the job skipped", self.skipped, job.skipped),
            ("Opportunities without their Quote, and those that failed in the job", self.failed, job.failed),
            ("Quotes, and those that the job counted", self.quotes, counter("quotes")),
            ("Quote line items, and those that the job counted", self.quote_line_items, counter("quoteLineItems")),
        ];
        let differing = expectations.into_iter().filter(|(_, found, expected)| found != expected);
        problems.extend(differing.map(|(what, found, expected)| format!("{what}: {found}, but {expected}")));
        problems
    }
}

#[cfg(test)]
mod tests;
