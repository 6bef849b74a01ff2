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
        price(record, &Record::default()).map_or(Ok(()), |price| price.apply(record))
    }

    fn after_create<'a>(&self, tx: &mut Tx<'a>, record: &Record<'a>) -> Result<(), ApiError> {
        quote::roll_up(tx, record, &Record::default(), record)
    }

    fn before_update<'a>(&self, _tx: &mut Tx<'a>, old: &Record<'a>, changes: &mut Record<'a>) -> Result<(), ApiError> {
        if ["Quantity", "UnitPrice", "Discount"].iter().any(|field| changes.contains(field)) {
            return price(old, changes).map_or(Ok(()), |price| price.apply(changes));
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

/// The price of a line once `changes` are applied; none for one without quantity or price, which the check for required
/// fields refuses.
fn price(line: &Record<'_>, changes: &Record<'_>) -> Option<Price> {
    let number = |field: &str| line.number_after(changes, field);
    Some(Price::of_unit(number("Quantity")?, number("UnitPrice")?, number("Discount")))
}
