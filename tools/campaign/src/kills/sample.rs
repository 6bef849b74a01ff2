//! Opportunities whose Quotes are known beforehand, and the comparison with the Quotes that are there.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail, ensure};
use rand::RngExt;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use serde_json::{Value, json};
use test_support::Control;

use crate::stack::ORG;

/// What the Quote of an Opportunity must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Expected {
    pub(super) lines: u64,
    /// Total price in hundredths.
    pub(super) cents: u64,
}

/// Expected Quotes by Id of the Opportunity.
pub(super) type Sample = BTreeMap<String, Expected>;

/// Billing country and discount of its region, in percent: the rules that are built in.
const COUNTRIES: [(&str, u64); 5] =
    [("United States", 10), ("France", 15), ("Germany", 15), ("Japan", 5), ("Canada", 10)];
/// Quantity and the discount that it adds.
const QUANTITIES: [(u64, u64); 6] = [(1, 0), (3, 0), (10, 2), (49, 2), (50, 5), (100, 10)];
/// Whole hundreds, so that no discount in percent leaves anything to be rounded.
const PRICES: [u64; 3] = [100, 500, 2_500];

/// Makes Opportunities alike by local-org's own sample data, and some that differ in customer, price and quantity.
pub(super) async fn make(org: &Control, rng: &mut StdRng, alike: u32, lines: u32, others: u32) -> Result<Sample> {
    org.seed(ORG, alike, lines).await?;
    let mut sample = Sample::new();
    let found = org.query(ORG, "SELECT Id FROM Opportunity").await?.records;
    // Lines of 1 × 100.00 for a customer in the United States.
    let expected = Expected { lines: u64::from(lines), cents: u64::from(lines) * 9_000 };
    for record in &found {
        sample.insert(text(record, "Id")?, expected);
    }
    let entry = org.query(ORG, "SELECT Id, Pricebook2Id FROM PricebookEntry WHERE IsActive = TRUE LIMIT 1").await?;
    let entry = entry.records.first().context("the org has no price book entry")?;
    for number in 0..others {
        let (country, region) = COUNTRIES.choose(rng).copied().context("no country")?;
        let customer = json!({ "Name": format!("Customer {number}"), "BillingCountry": country });
        let customer = org.create(ORG, "Account", &customer).await?;
        let opportunity = json!({ "Name": format!("Sample Opportunity of customer {number}"), "AccountId": customer, "StageName": "Prospecting", "CloseDate": "2030-12-31", "Pricebook2Id": entry["Pricebook2Id"] });
        let opportunity = org.create(ORG, "Opportunity", &opportunity).await?;
        let mut expected = Expected { lines: rng.random_range(1..=4), cents: 0 };
        for _ in 0..expected.lines {
            let (quantity, more) = QUANTITIES.choose(rng).copied().context("no quantity")?;
            let price = PRICES.choose(rng).copied().context("no price")?;
            let line = json!({ "OpportunityId": opportunity, "PricebookEntryId": entry["Id"], "UnitPrice": price, "Quantity": quantity });
            org.create(ORG, "OpportunityLineItem", &line).await?;
            expected.cents += price * quantity * (100 - region - more);
        }
        sample.insert(opportunity, expected);
    }
    Ok(sample)
}

/// A Quote that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) id: String,
    pub(super) opportunity: String,
    pub(super) key: String,
    is: Expected,
}

/// All Quotes of the org with the number of their lines.
pub(super) async fn quotes(org: &Control) -> Result<Vec<Found>> {
    let lines = org.query(ORG, "SELECT QuoteId, COUNT(Id) lines FROM QuoteLineItem GROUP BY QuoteId").await?.records;
    let lines: BTreeMap<String, u64> = lines
        .iter()
        .map(|row| Ok((text(row, "QuoteId")?, row["lines"].as_u64().context("no number of lines")?)))
        .collect::<Result<_>>()?;
    let quotes = org.query(ORG, "SELECT Id, OpportunityId, QuoteJobKey__c, TotalPrice FROM Quote").await?.records;
    let found = quotes.iter().map(|row| {
        let id = text(row, "Id")?;
        let total = row["TotalPrice"].as_f64().unwrap_or_default();
        let is = Expected {
            lines: lines.get(&id).copied().unwrap_or_default(),
            // A price of the sample is far below where a double is exact to hundredths.
            cents: (total * 100.0).round() as u64,
        };
        Ok(Found { id, opportunity: text(row, "OpportunityId")?, key: text(row, "QuoteJobKey__c")?, is })
    });
    found.collect()
}

/// There is one Quote for each Opportunity of `sample`, with all its lines and the right total, and no other.
pub(super) fn compare<'a>(sample: &Sample, quotes: impl IntoIterator<Item = &'a Found>) -> Result<()> {
    let mut left = sample.clone();
    for quote in quotes {
        let Some(expected) = left.remove(&quote.opportunity) else {
            let why = if sample.contains_key(&quote.opportunity) { "a second Quote" } else { "an unexpected Quote" };
            bail!("{} of Opportunity {} is {why}, key {}", quote.id, quote.opportunity, quote.key);
        };
        ensure!(
            quote.is == expected,
            "Quote {} of {} is {:?}, not {expected:?}",
            quote.id,
            quote.opportunity,
            quote.is
        );
    }
    ensure!(left.is_empty(), "{} of {} Opportunities have no Quote", left.len(), sample.len());
    Ok(())
}

pub(super) fn text(record: &Value, field: &str) -> Result<String> {
    Ok(record[field].as_str().with_context(|| format!("no {field} in {record}"))?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quote(opportunity: &str, lines: u64, cents: u64) -> Found {
        let (id, key) = (format!("Q{opportunity}"), format!("key:{opportunity}"));
        Found { id, opportunity: opportunity.to_owned(), key, is: Expected { lines, cents } }
    }

    #[test]
    fn what_is_missing_doubled_or_wrong_is_found() {
        let sample = Sample::from([
            ("a".to_owned(), Expected { lines: 2, cents: 18_000 }),
            ("b".to_owned(), Expected { lines: 1, cents: 9_000 }),
        ]);
        let (a, b) = (quote("a", 2, 18_000), quote("b", 1, 9_000));
        compare(&sample, [&b, &a]).unwrap();
        let problem = |quotes: &[&Found]| compare(&sample, quotes.iter().copied()).unwrap_err().to_string();
        assert_eq!(problem(&[&a]), "1 of 2 Opportunities have no Quote");
        assert_eq!(problem(&[&a, &b, &a]), "Qa of Opportunity a is a second Quote, key key:a");
        assert!(problem(&[&a, &b, &quote("c", 1, 1)]).contains("unexpected"));
        assert!(problem(&[&a, &quote("b", 1, 8_999)]).contains("cents: 8999"));
        assert!(problem(&[&a, &quote("b", 0, 9_000)]).contains("lines: 0"));
    }
}
