//! Quote line items: their price, and what they do to the Quote (Object Reference, QuoteLineItem).

use super::hooks::Rules;
use super::line_item::{self, Price};
use super::quote;
use crate::error::ApiError;
use crate::store::{Record, Tx};

pub(super) struct QuoteLineItem;

impl Rules for QuoteLineItem {
    fn before_create<'a>(&self, tx: &mut Tx<'a>, record: &mut Record<'a>) -> Result<(), ApiError> {
        let Some(quote) = tx.parent("Quote", record, "QuoteId")? else { return Ok(()) };
        let Some(entry) = tx.parent("PricebookEntry", record, "PricebookEntryId")? else { return Ok(()) };
        line_item::apply_entry(&entry, record)?;
        line_item::share_price_book(tx, "Quote", &quote, &entry)?;
        apply_price(&record.clone(), record)
    }

    fn after_create<'a>(&self, tx: &mut Tx<'a>, record: &Record<'a>) -> Result<(), ApiError> {
        quote::roll_up(tx, record, &Record::default(), record)
    }

    fn before_update<'a>(&self, _tx: &mut Tx<'a>, old: &Record<'a>, changes: &mut Record<'a>) -> Result<(), ApiError> {
        if ["Quantity", "UnitPrice", "Discount"].iter().any(|field| changes.contains(field)) {
            apply_price(&old.changed_by(changes), changes)?;
        }
        Ok(())
    }

    fn after_update<'a>(&self, tx: &mut Tx<'a>, old: &Record<'a>, new: &Record<'a>) -> Result<(), ApiError> {
        quote::roll_up(tx, new, old, new)
    }

    fn after_delete<'a>(&self, tx: &mut Tx<'a>, old: &Record<'a>) -> Result<(), ApiError> {
        quote::roll_up(tx, old, old, &Record::default())
    }

    fn after_undelete<'a>(&self, tx: &mut Tx<'a>, record: &Record<'a>) -> Result<(), ApiError> {
        quote::roll_up(tx, record, &Record::default(), record)
    }
}

/// Leaves a line without quantity or price to the check for required fields.
fn apply_price(line: &Record<'_>, changes: &mut Record<'_>) -> Result<(), ApiError> {
    let (Some(quantity), Some(unit)) = (line.number("Quantity"), line.number("UnitPrice")) else { return Ok(()) };
    Price::of_unit(quantity, unit, line.number("Discount")).apply(changes)
}
