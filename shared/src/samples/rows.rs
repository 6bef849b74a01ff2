//! Sample records as rows of a bulk load.

use chrono::{Days, NaiveDate};

use super::catalogue::Catalogue;
use super::key::{SAMPLE_DATA_KEY, SampleKeys};
use crate::salesforce::SalesforceId;
use crate::salesforce::bulk::{Cell, Row};

/// Columns of an Opportunity.
pub const OPPORTUNITY_COLUMNS: [&str; 6] =
    [SAMPLE_DATA_KEY, "Name", "StageName", "CloseDate", "AccountId", "Pricebook2Id"];

/// Columns of a line. Its Opportunity is named by key, so that its id need not be known.
pub const LINE_COLUMNS: [&str; 5] =
    [SAMPLE_DATA_KEY, "Opportunity.SampleDataKey__c", "PricebookEntryId", "Quantity", "UnitPrice"];

/// Quantities that lines have in turn: some below, some above every threshold of the built-in pricing rules.
const QUANTITIES: [u32; 7] = [1, 3, 10, 25, 50, 75, 100];

/// A stage that every new org has.
const STAGE: &str = "Prospecting";

/// Close dates are spread over this many days, the first one a month from now.
const DAYS: u32 = 90;

/// Name of sample Opportunity `number`.
#[must_use]
pub fn opportunity_name(number: u32) -> String {
    format!("Sample Opportunity {number}")
}

/// The rows of one chunk: Opportunities `first..first + count`.
#[derive(Debug, Clone)]
pub struct SampleRows<'a> {
    /// Their keys.
    pub keys: &'a SampleKeys,
    /// What they are made of.
    pub catalogue: &'a Catalogue,
    /// Number of the first Opportunity.
    pub first: u32,
    /// Opportunities in the chunk.
    pub count: u32,
    /// The present day.
    pub today: NaiveDate,
}

impl SampleRows<'_> {
    /// Opportunity `number`.
    #[must_use]
    pub fn opportunity(&self, number: u32) -> Row {
        let days = Days::new(u64::from(30 + number % DAYS));
        let pricebook = self.catalogue.entries.first().map(|entry| entry.pricebook);
        vec![
            self.keys.opportunity(number).into(),
            opportunity_name(number).into(),
            STAGE.into(),
            self.today.checked_add_days(days).unwrap_or(self.today).into(),
            self.account(number).map_or(Cell::Omitted, Into::into),
            pricebook.into(),
        ]
    }

    /// Line `line` of Opportunity `number`, at the price of its entry.
    #[must_use]
    pub fn line(&self, number: u32, line: u32) -> Row {
        let turn = number.wrapping_add(line);
        let entry = pick(&self.catalogue.entries, turn);
        let quantity = pick(&QUANTITIES, turn.wrapping_add(line)).copied().unwrap_or(1);
        vec![
            self.keys.line(number, line).into(),
            self.keys.opportunity(number).into(),
            entry.map(|entry| entry.id).into(),
            quantity.into(),
            entry.map(|entry| entry.unit_price).into(),
        ]
    }

    /// Neighbours share an Account, because Salesforce writes neighbours in one transaction, and two transactions that
    /// lock the same Account wait for each other.
    fn account(&self, number: u32) -> Option<SalesforceId> {
        let accounts = u64::try_from(self.catalogue.accounts.len()).ok()?;
        let place = u64::from(number.checked_sub(self.first)?);
        let index = place.checked_mul(accounts)?.checked_div(u64::from(self.count))?;
        self.catalogue.accounts.get(usize::try_from(index).ok()?).copied()
    }
}

fn pick<T>(items: &[T], turn: u32) -> Option<&T> {
    items.get(usize::try_from(turn).ok()?.checked_rem(items.len())?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::catalogue::Entry;
    use std::collections::HashMap;

    fn id(prefix: &str, number: usize) -> SalesforceId {
        format!("{prefix}000000000{number:03}").parse().unwrap()
    }

    fn catalogue(accounts: usize, entries: usize) -> Catalogue {
        let entry = |number| Entry {
            id: id("01u", number),
            pricebook: id("01s", 1),
            unit_price: rust_decimal::Decimal::new(i64::try_from(number).unwrap() + 1, 2),
        };
        Catalogue {
            accounts: (0..accounts).map(|number| id("001", number)).collect(),
            entries: (0..entries).map(entry).collect(),
        }
    }

    fn rows<'a>(keys: &'a SampleKeys, catalogue: &'a Catalogue, first: u32, count: u32) -> SampleRows<'a> {
        SampleRows { keys, catalogue, first, count, today: NaiveDate::from_ymd_opt(2026, 1, 31).unwrap() }
    }

    fn text(cell: &Cell) -> &str {
        match cell {
            Cell::Text(text) => text,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn opportunities_are_spread_over_the_accounts_and_neighbours_share_one() {
        let (keys, catalogue) = (SampleKeys::of(1, 0), catalogue(3, 2));
        let rows = rows(&keys, &catalogue, 11, 10);
        let accounts: Vec<_> = (11..21).map(|number| text(&rows.opportunity(number)[4]).to_owned()).collect();
        let mut sizes = HashMap::new();
        accounts.iter().for_each(|account| *sizes.entry(account).or_insert(0) += 1);
        assert_eq!(sizes.len(), 3);
        assert!(sizes.values().all(|size| (3..=4).contains(size)), "{sizes:?}");
        assert!(accounts.is_sorted(), "{accounts:?}");
        assert_eq!(rows.opportunity(11).len(), OPPORTUNITY_COLUMNS.len());
    }

    #[test]
    fn an_org_without_accounts_gets_opportunities_without_one() {
        let (keys, catalogue) = (SampleKeys::of(1, 0), catalogue(0, 1));
        assert_eq!(rows(&keys, &catalogue, 1, 5).opportunity(3)[4], Cell::Omitted);
    }

    #[test]
    fn a_line_has_the_price_of_its_entry() {
        let (keys, catalogue) = (SampleKeys::of(1, 0), catalogue(1, 3));
        let rows = rows(&keys, &catalogue, 1, 100);
        let mut quantities = HashMap::new();
        for number in 1..=100 {
            for line in 1..=2 {
                let row = rows.line(number, line);
                assert_eq!(row.len(), LINE_COLUMNS.len());
                let entry = catalogue.entries.iter().find(|entry| entry.id.as_str() == text(&row[2])).unwrap();
                assert_eq!(text(&row[4]), entry.unit_price.to_string());
                *quantities.entry(text(&row[3]).to_owned()).or_insert(0) += 1;
            }
            assert_ne!(rows.line(number, 1)[2], rows.line(number, 2)[2], "different products");
        }
        assert_eq!(quantities.len(), QUANTITIES.len());
    }
}
