//! A Quote as it shall be written: priced lines, not yet in Salesforce.

use super::key::{QUOTE_JOB_KEY, QUOTE_LINE_KEY};
use super::opportunity::Opportunity;
use super::pricing::{PricingError, PricingRules, QuoteTerms};
use super::{Failure, Outcome};
use crate::salesforce::SalesforceId;
use crate::salesforce::bulk::{Cell, Row};
use crate::salesforce::decimal;
use crate::salesforce::{Error, Graph, Reference};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Serialize;

/// Longest Quote name (Object Reference, "Quote").
const NAME_LENGTH: usize = 255;

/// Columns of a Quote in a bulk load. What the rules do not set is not named: who writes may have no access to it.
pub(super) fn quote_columns(terms: &QuoteTerms) -> Vec<&'static str> {
    let set = [("Status", terms.status.is_some()), ("ExpirationDate", terms.valid_days.is_some())];
    let set = set.into_iter().filter_map(|(column, is_set)| is_set.then_some(column));
    [QUOTE_JOB_KEY, "Name", "OpportunityId", "Pricebook2Id"].into_iter().chain(set).collect()
}

/// Columns of a line in a bulk load.
pub(super) const LINE_COLUMNS: [&str; 6] =
    [QUOTE_LINE_KEY, "Quote.QuoteJobKey__c", "PricebookEntryId", "Product2Id", "Quantity", "UnitPrice"];

/// A priced Quote of one Opportunity.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    /// The Opportunity.
    pub(super) opportunity: SalesforceId,
    name: String,
    pricebook_id: Option<SalesforceId>,
    expiration: Option<NaiveDate>,
    lines: Vec<DraftLine>,
}

/// A line of a draft, in the fields of QuoteLineItem.
#[derive(Debug, Clone)]
struct DraftLine {
    pricebook_entry_id: Option<SalesforceId>,
    product_id: Option<SalesforceId>,
    quantity: Decimal,
    unit_price: Decimal,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct NewQuote<'a> {
    name: &'a str,
    opportunity_id: &'a SalesforceId,
    #[serde(rename = "Pricebook2Id", skip_serializing_if = "Option::is_none")]
    pricebook_id: Option<&'a SalesforceId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expiration_date: Option<NaiveDate>,
    #[serde(rename = "QuoteJobKey__c")]
    job_key: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct NewLine<'a, Q: Serialize> {
    quote_id: &'a Q,
    #[serde(skip_serializing_if = "Option::is_none")]
    pricebook_entry_id: Option<SalesforceId>,
    #[serde(rename = "Product2Id", skip_serializing_if = "Option::is_none")]
    product_id: Option<SalesforceId>,
    #[serde(with = "decimal")]
    quantity: Decimal,
    #[serde(with = "decimal")]
    unit_price: Decimal,
}

/// Why an Opportunity has no draft of a Quote.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NoDraft {
    /// It has no lines.
    WithoutLines,
    /// One of its lines cannot be priced.
    Unpriced(PricingError),
}

impl From<NoDraft> for Outcome {
    fn from(reason: NoDraft) -> Self {
        match reason {
            NoDraft::WithoutLines => Self::Skipped,
            NoDraft::Unpriced(error) => {
                Self::Failed(Failure { code: error.code().to_owned(), message: error.to_string() })
            }
        }
    }
}

impl Draft {
    /// Prices an Opportunity.
    ///
    /// # Errors
    /// When this Opportunity gets no Quote, which concerns no other one.
    pub(super) fn price(rules: &PricingRules, opportunity: &Opportunity) -> Result<Self, NoDraft> {
        if opportunity.lines.records.is_empty() {
            return Err(NoDraft::WithoutLines);
        }
        let region = rules.region(opportunity.billing_country());
        let lines = opportunity
            .lines
            .records
            .iter()
            .map(|line| {
                let priced = rules.price(region, &line.to_pricing(opportunity.currency_iso_code.as_deref()))?;
                Ok(DraftLine {
                    pricebook_entry_id: line.pricebook_entry_id,
                    product_id: line.product_id,
                    quantity: priced.quantity,
                    unit_price: priced.unit_price,
                })
            })
            .collect::<Result<Vec<_>, PricingError>>()
            .map_err(NoDraft::Unpriced)?;
        Ok(Self {
            opportunity: opportunity.id,
            name: name_for(&opportunity.name),
            pricebook_id: opportunity.pricebook_id,
            expiration: rules.terms().expiration(opportunity.close_date),
            lines,
        })
    }

    /// Number of lines; at least 1.
    pub(super) fn line_count(&self) -> usize {
        self.lines.len()
    }

    /// The Quote as a row under [`quote_columns`], with `key`. The terms are those of the rules that priced it.
    pub(super) fn quote_row(&self, terms: &QuoteTerms, key: String) -> Row {
        let mut row =
            vec![key.into(), self.name.as_str().into(), self.opportunity.into(), or_omitted(self.pricebook_id)];
        row.extend(terms.status.as_deref().map(Cell::from));
        row.extend(terms.valid_days.map(|_| self.expiration.map_or(Cell::Omitted, Cell::from)));
        row
    }

    /// Line `place` as a row under [`LINE_COLUMNS`]: with a key of its own, and that of its Quote. `None` past the last.
    pub(super) fn line_row(&self, place: usize, key: String, quote_key: String) -> Option<Row> {
        let line = self.lines.get(place)?;
        Some(vec![
            key.into(),
            quote_key.into(),
            or_omitted(line.pricebook_entry_id),
            or_omitted(line.product_id),
            line.quantity.into(),
            line.unit_price.into(),
        ])
    }

    /// A graph of the Quote under `key` with its first `lines` lines. The Quote is node 0. The terms are those of the rules that
    /// priced it.
    ///
    /// # Errors
    /// Never for these fields; serialisation is fallible in its type only.
    pub(super) fn graph(&self, id: String, terms: &QuoteTerms, key: &str, lines: usize) -> Result<Graph, Error> {
        let mut graph = Graph::new(id);
        let quote = graph.create(
            "Quote",
            &NewQuote {
                name: &self.name,
                opportunity_id: &self.opportunity,
                pricebook_id: self.pricebook_id.as_ref(),
                status: terms.status.as_deref(),
                expiration_date: self.expiration,
                job_key: key,
            },
        )?;
        self.add_lines::<Reference>(&mut graph, &quote, 0, lines)?;
        Ok(graph)
    }

    /// A graph of lines `from..from + count` for a Quote that exists; with `key` it also gives the Quote that key.
    ///
    /// # Errors
    /// As for [`Draft::graph`].
    pub(super) fn more_lines(
        &self,
        quote: &SalesforceId,
        from: usize,
        count: usize,
        key: Option<&str>,
    ) -> Result<Graph, Error> {
        let mut graph = Graph::new("lines");
        self.add_lines(&mut graph, quote, from, count)?;
        if let Some(key) = key {
            graph.update("Quote", quote, &serde_json::json!({ QUOTE_JOB_KEY: key }))?;
        }
        Ok(graph)
    }

    fn add_lines<Q: Serialize>(&self, graph: &mut Graph, quote_id: &Q, from: usize, count: usize) -> Result<(), Error> {
        for line in self.lines.iter().skip(from).take(count) {
            let DraftLine { pricebook_entry_id, product_id, quantity, unit_price } = *line;
            let line = NewLine { quote_id, pricebook_entry_id, product_id, quantity, unit_price };
            graph.create("QuoteLineItem", &line)?;
        }
        Ok(())
    }
}

fn name_for(opportunity: &str) -> String {
    let mut name = format!("Quote for {opportunity}");
    if let Some((end, _)) = name.char_indices().nth(NAME_LENGTH) {
        name.truncate(end);
    }
    name
}

fn or_omitted(id: Option<SalesforceId>) -> Cell {
    id.map_or(Cell::Omitted, Cell::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_is_cut_at_a_character() {
        assert_eq!(name_for("Sale"), "Quote for Sale");
        let longest = "é".repeat(NAME_LENGTH - "Quote for ".len());
        assert_eq!(name_for(&longest), format!("Quote for {longest}"));
        assert_eq!(name_for(&format!("{longest}é…")), format!("Quote for {longest}"));
    }
}
