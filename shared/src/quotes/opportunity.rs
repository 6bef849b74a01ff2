//! Opportunities with their lines, as a chunk reads them from Salesforce.

use super::key::id_list;
use super::pricing;
use crate::salesforce::Client;
use crate::salesforce::Error;
use crate::salesforce::SalesforceId;
use crate::salesforce::Subquery;
use crate::salesforce::soql::{self, WhereClause};
use chrono::NaiveDate;
use futures_util::TryStreamExt;
use rust_decimal::Decimal;
use serde::Deserialize;
use std::collections::HashMap;

/// What a Quote needs to know of an Opportunity.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Opportunity {
    /// Record id.
    pub id: SalesforceId,
    /// Name, 120 characters at most.
    pub name: String,
    /// When it is to close; every Opportunity has a date.
    #[serde(default)]
    pub close_date: Option<NaiveDate>,
    /// Price book of all its lines; null without lines.
    #[serde(rename = "Pricebook2Id")]
    pub pricebook_id: Option<SalesforceId>,
    /// ISO code of the currency; read only where the rules name currencies.
    #[serde(default)]
    pub currency_iso_code: Option<String>,
    /// The customer; null where the user may not see it or there is none.
    pub account: Option<Account>,
    /// Lines; the first page only until [`read`] has fetched the rest.
    #[serde(rename = "OpportunityLineItems")]
    pub lines: Subquery<Line>,
}

/// The customer's place decides the regional discount.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Account {
    /// Country as people typed it, or its ISO code where the org uses picklists.
    pub billing_country: Option<String>,
}

/// One line of an Opportunity.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Line {
    /// Record id, for error messages.
    pub id: SalesforceId,
    /// Product.
    #[serde(rename = "Product2Id")]
    pub product_id: Option<SalesforceId>,
    /// Family of the product.
    #[serde(rename = "Product2")]
    pub product: Option<Product>,
    /// Price book entry that the Quote's line repeats.
    pub pricebook_entry_id: Option<SalesforceId>,
    /// Quantity; zero is a quantity.
    #[serde(default, with = "crate::salesforce::decimal::option")]
    pub quantity: Option<Decimal>,
    /// Sales price in the Opportunity's currency; zero is a price.
    #[serde(default, with = "crate::salesforce::decimal::option")]
    pub unit_price: Option<Decimal>,
    /// Discount in percent that replaces all others; read only when overrides are enabled.
    #[serde(default, rename = "DiscountOverride__c", with = "crate::salesforce::decimal::option")]
    pub discount_override: Option<Decimal>,
}

/// Part of a product.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Product {
    /// Product family, a picklist value.
    pub family: Option<String>,
}

impl Opportunity {
    /// Country of the customer, where known.
    pub fn billing_country(&self) -> Option<&str> {
        self.account.as_ref().and_then(|account| account.billing_country.as_deref())
    }

    /// Reads the lines that have not come with the Opportunity, if there are any.
    ///
    /// # Errors
    /// Those of the query.
    pub(super) async fn read_lines(&mut self, client: &Client) -> Result<(), Error> {
        let first = std::mem::take(&mut self.lines);
        self.lines.records = client.subquery_records(first).await?;
        Ok(())
    }
}

impl Line {
    /// The line as the pricing rules see it, with the currency of its Opportunity.
    pub(super) fn to_pricing<'a>(&'a self, currency: Option<&'a str>) -> pricing::Line<'a> {
        pricing::Line {
            id: self.id.as_str(),
            currency,
            unit_price: self.unit_price,
            quantity: self.quantity,
            product_family: self.product.as_ref().and_then(|product| product.family.as_deref()),
            discount_override: self.discount_override,
        }
    }
}

/// Fields that are named only where they count, so that users without access to `DiscountOverride__c` can run the query,
/// and an org with one currency, which has no `CurrencyIsoCode`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OptionalFields {
    /// `DiscountOverride__c` of lines.
    pub discount_override: bool,
    /// `CurrencyIsoCode` of Opportunities.
    pub currency: bool,
}

/// SOQL for these Opportunities and their lines.
pub fn soql(ids: &[SalesforceId], optional: OptionalFields) -> String {
    format!("{} WHERE Id IN ({})", select(optional), id_list(ids.iter()))
}

/// SOQL for the first `limit` that match, by their ids, with their lines.
pub fn soql_first(filter: &WhereClause, limit: usize, optional: OptionalFields) -> String {
    format!("{} WHERE {} ORDER BY Id LIMIT {limit}", select(optional), filter.term())
}

/// SOQL for those that match, from `first` to `last`, with their lines.
pub fn soql_between(
    filter: &WhereClause,
    first: &SalesforceId,
    last: &SalesforceId,
    optional: OptionalFields,
) -> String {
    let (first, last) = (soql::quote(first.as_str()), soql::quote(last.as_str()));
    format!("{} WHERE {} AND Id >= {first} AND Id <= {last} ORDER BY Id", select(optional), filter.term())
}

fn select(optional: OptionalFields) -> String {
    let currency = if optional.currency { "CurrencyIsoCode, " } else { "" };
    let discount = if optional.discount_override { ", DiscountOverride__c" } else { "" };
    format!(
        "SELECT Id, Name, CloseDate, Pricebook2Id, {currency}Account.BillingCountry, (SELECT Id, Product2Id, \
         Product2.Family, PricebookEntryId, Quantity, UnitPrice{discount} FROM OpportunityLineItems ORDER BY Id) FROM \
         Opportunity"
    )
}

/// Reads these Opportunities with all their lines, however many pages that takes. Missing ones are left out.
///
/// # Errors
/// Those of the query; nothing is written.
pub async fn read(
    client: &Client,
    ids: &[SalesforceId],
    optional: OptionalFields,
) -> Result<HashMap<SalesforceId, Opportunity>, Error> {
    let mut found = HashMap::with_capacity(ids.len());
    let mut records = client.query::<Opportunity>(self::soql(ids, optional));
    while let Some(mut opportunity) = records.try_next().await? {
        opportunity.read_lines(client).await?;
        found.insert(opportunity.id, opportunity);
    }
    Ok(found)
}

#[cfg(test)]
mod tests;
