//! Quotes: what they take from the Opportunity, and their totals.

use rust_decimal::Decimal;

use super::hooks::Rules;
use crate::error::ApiError;
use crate::store::convert::rounded;
use crate::store::{Record, Tx};

pub(super) struct Quote;

impl Rules for Quote {
    /// Account and, unless the caller names one, price book are the Opportunity's.
    fn before_create<'a>(&self, tx: &mut Tx<'a>, record: &mut Record<'a>) -> Result<(), ApiError> {
        let total = grand_total(record, &Record::default());
        record.set_number("GrandTotal", total);
        let Some(opportunity) = tx.parent("Opportunity", record, "OpportunityId")? else { return Ok(()) };
        if let Some(account) = opportunity.get("AccountId") {
            record.set("AccountId", account.clone());
        }
        if let Some(book) = opportunity.get("Pricebook2Id").filter(|_| record.is_empty("Pricebook2Id")) {
            record.set("Pricebook2Id", book.clone());
        }
        Ok(())
    }

    fn before_update<'a>(&self, _tx: &mut Tx<'a>, old: &Record<'a>, changes: &mut Record<'a>) -> Result<(), ApiError> {
        let has_lines = old.number("LineItemCount").is_some_and(|count| !count.is_zero());
        if has_lines && changes.contains("Pricebook2Id") && !changes.agrees(old, "Pricebook2Id") {
            let detail = "Pricebook2Id (the price book cannot change while the quote has line items)";
            return Err(ApiError::field_integrity(detail, "Pricebook2Id"));
        }
        if changes.contains("Tax") || changes.contains("ShippingHandling") {
            changes.set_number("GrandTotal", grand_total(old, changes));
        }
        Ok(())
    }
}

/// The grand total of a Quote once `changes` are applied.
fn grand_total(quote: &Record<'_>, changes: &Record<'_>) -> Decimal {
    let part = |field: &str| quote.number_after(changes, field).unwrap_or_default();
    part("TotalPrice") + part("Tax") + part("ShippingHandling")
}

/// Adds the difference that one line makes to its Quote: `before` is empty for a new line, `after` for a deleted one. A
/// deleted Quote stays as it was.
pub(super) fn roll_up<'a>(
    tx: &mut Tx<'a>,
    line: &Record<'a>,
    before: &Record<'a>,
    after: &Record<'a>,
) -> Result<(), ApiError> {
    let Some(quote) = tx.parent("Quote", line, "QuoteId")? else { return Ok(()) };
    let Some(id) = line.text("QuoteId").filter(|_| !quote.flag("IsDeleted")) else { return Ok(()) };
    let count = quote.number("LineItemCount").unwrap_or_default() + is_line(after) - is_line(before);
    let sum = |field: &str| {
        if count.is_zero() {
            // Not what is left of sums of binary numbers.
            return Decimal::ZERO;
        }
        let of = |record: &Record<'_>| record.number(field).unwrap_or_default();
        of(&quote) + of(after) - of(before)
    };
    let (subtotal, total) = (sum("Subtotal"), sum("TotalPrice"));
    let discount = ((subtotal - total) * Decimal::ONE_HUNDRED).checked_div(subtotal).unwrap_or_default();
    let mut changes = Record::default();
    changes.set("LineItemCount", i64::try_from(count).unwrap_or_default());
    changes.set_number("Subtotal", subtotal);
    changes.set_number("TotalPrice", total);
    changes.set_number("Discount", rounded(discount, 2));
    changes.set_number("GrandTotal", grand_total(&quote, &changes));
    // Nobody else has it then, and the change needs no copy.
    drop(quote);
    tx.amend(tx.object("Quote")?, id, changes)
}

fn is_line(record: &Record<'_>) -> Decimal {
    if record.contains("Id") { Decimal::ONE } else { Decimal::ZERO }
}
