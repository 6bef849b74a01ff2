//! What line items of Opportunities and of Quotes have in common.

use rust_decimal::Decimal;

use crate::error::ApiError;
use crate::store::{Record, Tx};

/// More than a currency field of 18 digits, two of them after the point, holds.
const TOO_MUCH: i64 = 10_000_000_000_000_000;

/// What a line costs.
pub(super) struct Price {
    unit: Decimal,
    subtotal: Decimal,
    total: Decimal,
}

impl Price {
    /// From the price of one; `discount` in percent makes the total less than the subtotal. All decimals are kept.
    pub(super) fn of_unit(quantity: Decimal, unit: Decimal, discount: Option<Decimal>) -> Self {
        let subtotal = quantity * unit;
        Self { unit, subtotal, total: subtotal * share(discount) }
    }

    /// From the total, which stays as it is where the price of one is a number without end. Where quantity or discount
    /// leave nothing to divide by, one costs nothing.
    pub(super) fn of_total(quantity: Decimal, total: Decimal, discount: Option<Decimal>) -> Self {
        let unit = total.checked_div(quantity * share(discount)).unwrap_or_default();
        Self { total, ..Self::of_unit(quantity, unit, discount) }
    }

    /// Writes the price to the line.
    pub(super) fn apply(&self, line: &mut Record<'_>) -> Result<(), ApiError> {
        for (field, amount) in [("UnitPrice", self.unit), ("Subtotal", self.subtotal), ("TotalPrice", self.total)] {
            if amount.abs() >= TOO_MUCH.into() {
                let message = format!("{field}: value outside of valid range on numeric field: {amount}");
                return Err(ApiError::new(400, "NUMBER_OUTSIDE_VALID_RANGE", message).with_fields([field]));
            }
            line.set_number(field, amount);
        }
        Ok(())
    }
}

/// What a discount in percent leaves of 1.
fn share(discount: Option<Decimal>) -> Decimal {
    Decimal::ONE - discount.unwrap_or_default() / Decimal::ONE_HUNDRED
}

/// Takes product and list price from the price-book entry. The entry must be active and the product, if one is given,
/// the entry's.
pub(super) fn apply_entry(entry: &Record<'_>, line: &mut Record<'_>) -> Result<(), ApiError> {
    if !entry.flag("IsActive") {
        return Err(ApiError::field_integrity("PricebookEntryId (pricebook entry is inactive)", "PricebookEntryId"));
    }
    if !line.is_empty("Product2Id") && !line.agrees(entry, "Product2Id") {
        let detail = "Product2Id (product is not the one of the pricebook entry)";
        return Err(ApiError::field_integrity(detail, "Product2Id"));
    }
    for (field, source) in [("Product2Id", "Product2Id"), ("ListPrice", "UnitPrice")] {
        if let Some(value) = entry.get(source) {
            line.set(field, value.clone());
        }
    }
    Ok(())
}

/// Makes sure that the parent (an Opportunity or a Quote) sells from the entry's price book. A parent without one gets
/// it, if it is active.
pub(super) fn share_price_book(
    tx: &mut Tx<'_>,
    parent_object: &str,
    parent: &Record<'_>,
    entry: &Record<'_>,
) -> Result<(), ApiError> {
    if parent.agrees(entry, "Pricebook2Id") {
        return Ok(());
    }
    let parent_object = tx.object(parent_object)?;
    if !parent.is_empty("Pricebook2Id") {
        let kind = parent_object.name.to_lowercase();
        let detail = format!(
            "PricebookEntryId (pricebook entry is in a different pricebook than the one assigned to the {kind})"
        );
        return Err(ApiError::field_integrity(detail, "PricebookEntryId"));
    }
    let active = tx.parent("Pricebook2", entry, "Pricebook2Id")?.is_some_and(|book| book.flag("IsActive"));
    let (true, Some(book), Some(id)) = (active, entry.text("Pricebook2Id"), parent.text("Id")) else {
        let detail = "PricebookEntryId (pricebook entry is in an inactive pricebook)";
        return Err(ApiError::field_integrity(detail, "PricebookEntryId"));
    };
    tx.amend(parent_object, id, Record::default().with("Pricebook2Id", book.to_owned()))
}
