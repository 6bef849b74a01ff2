//! What sample data is made of: the org's Accounts and the entries of one of its price books.

use std::collections::BTreeMap;

use futures_util::TryStreamExt;
use rust_decimal::Decimal;
use serde::Deserialize;

use crate::salesforce::{Client, Error, SalesforceId};

/// Most Accounts and entries that are looked at: one query page each.
const LOOKED_AT: usize = 2_000;
/// Most Accounts that samples are spread over.
const ACCOUNTS: usize = 200;
/// Most entries that samples are made of.
const ENTRIES: usize = 50;

/// Accounts and price book entries, each kind in an order in which countries and product families take turns.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Catalogue {
    /// Existing Accounts; may be empty, for an Opportunity needs none.
    pub accounts: Vec<SalesforceId>,
    /// Active entries of one active price book; at least one.
    pub entries: Vec<Entry>,
}

/// A product with its price.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The entry.
    pub id: SalesforceId,
    /// Its price book.
    pub pricebook: SalesforceId,
    /// Its price, in the book's currency.
    pub unit_price: Decimal,
}

/// Why there is no catalogue.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    /// A query failed.
    #[error(transparent)]
    Salesforce(#[from] Error),
    /// Nothing can be sold.
    #[error("sample data needs an active price book with at least one active entry; the user sees none in this org")]
    NoEntries,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AccountRow {
    id: SalesforceId,
    billing_country: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct EntryRow {
    id: SalesforceId,
    #[serde(rename = "Pricebook2Id")]
    pricebook: SalesforceId,
    #[serde(with = "crate::salesforce::decimal")]
    unit_price: Decimal,
    #[serde(rename = "Product2")]
    product: Option<ProductRow>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ProductRow {
    family: Option<String>,
}

impl Catalogue {
    /// Reads it, in two queries. Of several price books the standard one is taken, if it is active.
    ///
    /// # Errors
    /// [`CatalogueError`].
    pub async fn read(client: &Client) -> Result<Self, CatalogueError> {
        let accounts = format!("SELECT Id, BillingCountry FROM Account ORDER BY Id LIMIT {LOOKED_AT}");
        let accounts: Vec<AccountRow> = client.query(accounts).try_collect().await?;
        let entries = format!(
            "SELECT Id, Pricebook2Id, UnitPrice, Product2.Family FROM PricebookEntry WHERE IsActive = TRUE AND \
             Pricebook2.IsActive = TRUE AND Product2.IsActive = TRUE \
             ORDER BY Pricebook2.IsStandard DESC, Pricebook2Id, Id LIMIT {LOOKED_AT}"
        );
        let mut entries: Vec<EntryRow> = client.query(entries).try_collect().await?;
        let book = entries.first().map(|entry| entry.pricebook).ok_or(CatalogueError::NoEntries)?;
        entries.retain(|entry| entry.pricebook == book);
        Ok(Self {
            accounts: taking_turns(accounts, ACCOUNTS, |account| account.billing_country.clone())
                .map(|account| account.id)
                .collect(),
            entries: taking_turns(entries, ENTRIES, |entry| entry.product.as_ref()?.family.clone())
                .map(|entry| Entry { id: entry.id, pricebook: entry.pricebook, unit_price: entry.unit_price })
                .collect(),
        })
    }
}

/// The first of each group, then the second of each, and so on, up to `limit`.
fn taking_turns<T>(items: Vec<T>, limit: usize, group: impl Fn(&T) -> Option<String>) -> impl Iterator<Item = T> {
    let mut sizes: BTreeMap<Option<String>, usize> = BTreeMap::new();
    let mut turns: Vec<(usize, T)> = items
        .into_iter()
        .map(|item| {
            let turn = sizes.entry(group(&item)).or_default();
            *turn += 1;
            (*turn, item)
        })
        .collect();
    turns.sort_by_key(|(turn, _)| *turn);
    turns.into_iter().map(|(_, item)| item).take(limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_take_turns() {
        let order = |limit| {
            taking_turns(vec!["a1", "a2", "a3", "b1", "c1", "c2"], limit, |item| {
                item.chars().next().map(|group| group.to_string())
            })
            .collect::<Vec<_>>()
        };
        assert_eq!(order(10), ["a1", "b1", "c1", "a2", "c2", "a3"]);
        assert_eq!(order(2), ["a1", "b1"]);
    }
}
