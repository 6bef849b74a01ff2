//! Opportunity products: their price, and what they do to the Opportunity (Object Reference, OpportunityLineItem).

use rusqlite::OptionalExtension;
use rust_decimal::Decimal;

use super::hooks::Rules;
use super::line_item::{self, Price};
use super::opportunity;
use crate::error::ApiError;
use crate::store::{Record, Tx};

pub(super) struct OpportunityLineItem;

impl Rules for OpportunityLineItem {
    fn before_create<'a>(&self, tx: &mut Tx<'a>, record: &mut Record<'a>) -> Result<(), ApiError> {
        let Some(opportunity) = tx.parent("Opportunity", record, "OpportunityId")? else { return Ok(()) };
        if record.is_empty("PricebookEntryId") {
            let entry = entry_of_product(tx, &opportunity, record)?;
            record.set("PricebookEntryId", entry);
        }
        let Some(entry) = tx.parent("PricebookEntry", record, "PricebookEntryId")? else { return Ok(()) };
        line_item::apply_entry(&entry, record)?;
        line_item::share_price_book(tx, "Opportunity", &opportunity, &entry)?;
        if let Some(code) = entry.get("ProductCode") {
            record.set("ProductCode", code.clone());
        }
        let name = [opportunity.text("Name"), entry.text("Name")].map(Option::unwrap_or_default).join(" ");
        record.set("Name", name.chars().take(376).collect::<String>());
        let Some(quantity) = record.number("Quantity") else { return Ok(()) };
        let discount = record.number("Discount");
        match (record.number("UnitPrice"), record.number("TotalPrice")) {
            (Some(unit), None) => Price::of_unit(quantity, unit, discount).apply(record),
            (None, Some(total)) => Price::of_total(quantity, total, discount).apply(record),
            (Some(_), Some(_)) => {
                let detail = "unknown (only one of unit price or total price may be specified)";
                Err(ApiError::field_integrity(detail, "TotalPrice"))
            }
            (None, None) => {
                let message = "Required fields are missing: [UnitPrice]";
                Err(ApiError::new(400, "REQUIRED_FIELD_MISSING", message).with_fields(["UnitPrice"]))
            }
        }
    }

    fn after_create<'a>(&self, tx: &mut Tx<'a>, record: &Record<'a>) -> Result<(), ApiError> {
        roll_up(tx, record, &Record::default(), record)
    }

    /// A change of price, total or quantity adjusts the others as the Object Reference says: a new total keeps the
    /// quantity, a new quantity alone keeps the total, a new discount keeps the price.
    fn before_update<'a>(&self, _tx: &mut Tx<'a>, old: &Record<'a>, changes: &mut Record<'a>) -> Result<(), ApiError> {
        let priced = ["Quantity", "UnitPrice", "TotalPrice", "Discount"];
        if !priced.iter().any(|field| changes.contains(field)) {
            return Ok(());
        }
        if !changes.is_empty("UnitPrice") && !changes.is_empty("TotalPrice") {
            let message = "Cannot change both 'UnitPrice' and 'TotalPrice' in update call";
            return Err(ApiError::new(400, "INVALID_FIELD", message).with_fields(["UnitPrice"]));
        }
        let new = old.changed_by(changes);
        let (quantity, discount) = (new.number("Quantity").unwrap_or_default(), new.number("Discount"));
        let only_quantity =
            changes.contains("Quantity") && changes.is_empty("UnitPrice") && !changes.contains("Discount");
        let kept_total = old.number("TotalPrice").filter(|_| only_quantity && !quantity.is_zero());
        let price = match changes.number("TotalPrice").or(kept_total) {
            Some(total) => Price::of_total(quantity, total, discount),
            None => {
                let unit = changes.number("UnitPrice").or(old.number("UnitPrice")).unwrap_or_default();
                Price::of_unit(quantity, unit, discount)
            }
        };
        price.apply(changes)
    }

    fn after_update<'a>(&self, tx: &mut Tx<'a>, old: &Record<'a>, new: &Record<'a>) -> Result<(), ApiError> {
        roll_up(tx, new, old, new)
    }

    fn after_delete<'a>(&self, tx: &mut Tx<'a>, old: &Record<'a>) -> Result<(), ApiError> {
        roll_up(tx, old, old, &Record::default())
    }

    /// A deleted opportunity product cannot be restored (Object Reference, OpportunityLineItem).
    fn has_recycle_bin(&self) -> bool {
        false
    }

    /// One that was deleted with its Opportunity comes back with it (SOAP API Developer Guide, `undelete()`).
    fn goes_with_parent(&self) -> bool {
        true
    }
}

/// The active entry of the given product in the Opportunity's price book.
fn entry_of_product(tx: &mut Tx<'_>, opportunity: &Record<'_>, line: &Record<'_>) -> Result<String, ApiError> {
    let sql = "SELECT \"Id\" FROM \"PricebookEntry\" WHERE \"Product2Id\" = ?1 AND \"Pricebook2Id\" = ?2 \
               AND \"IsActive\" = 1 AND \"IsDeleted\" = 0";
    let key = (line.text("Product2Id"), opportunity.text("Pricebook2Id"));
    let entry = tx.prepare(sql)?.query_row(key, |row| row.get(0)).optional()?;
    entry.ok_or_else(|| {
        let detail = "PricebookEntryId, unknown (versions 3.0 and higher must specify pricebook entry id; others must \
                      specify product id)";
        ApiError::field_integrity(detail, "PricebookEntryId")
    })
}

/// Adds the difference that one line makes to its Opportunity. The first line replaces an amount that was entered by
/// hand. A deleted Opportunity stays as it was.
fn roll_up<'a>(tx: &mut Tx<'a>, line: &Record<'a>, before: &Record<'a>, after: &Record<'a>) -> Result<(), ApiError> {
    let Some(opportunity) = tx.parent("Opportunity", line, "OpportunityId")? else { return Ok(()) };
    let Some(id) = opportunity.text("Id").filter(|_| !opportunity.flag("IsDeleted")) else { return Ok(()) };
    let has_lines = after.contains("Id") || has_lines(tx, id)?;
    let sum = |total: &str, part: &str| {
        if !has_lines {
            // Not what is left of sums of binary numbers.
            return Decimal::ZERO;
        }
        let had = opportunity.number(total).filter(|_| opportunity.flag("HasOpportunityLineItem")).unwrap_or_default();
        had + after.number(part).unwrap_or_default() - before.number(part).unwrap_or_default()
    };
    let mut changes = Record::default();
    changes.set_number("Amount", sum("Amount", "TotalPrice"));
    changes.set_number("TotalOpportunityQuantity", sum("TotalOpportunityQuantity", "Quantity"));
    changes.set_flag("HasOpportunityLineItem", has_lines);
    if let Some(revenue) = opportunity::expected_revenue(&opportunity.changed_by(&changes)) {
        changes.set_number("ExpectedRevenue", revenue);
    }
    tx.amend(tx.object("Opportunity")?, id, changes)
}

fn has_lines(tx: &Tx<'_>, opportunity: &str) -> Result<bool, ApiError> {
    let sql =
        "SELECT EXISTS (SELECT 1 FROM \"OpportunityLineItem\" WHERE \"OpportunityId\" = ?1 AND \"IsDeleted\" = 0)";
    Ok(tx.prepare(sql)?.query_row([opportunity], |row| row.get(0))?)
}
