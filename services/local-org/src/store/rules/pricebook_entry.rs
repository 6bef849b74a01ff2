//! Price-book entries: one for each product and price book, the standard price first (Object Reference, PricebookEntry).

use rusqlite::OptionalExtension;
use rusqlite::types::Value as Stored;

use super::hooks::Rules;
use crate::error::ApiError;
use crate::store::{Record, Tx};

pub(super) struct PricebookEntry;

impl Rules for PricebookEntry {
    fn before_create<'a>(&self, tx: &mut Tx<'a>, record: &mut Record<'a>) -> Result<(), ApiError> {
        let Some(book) = tx.parent("Pricebook2", record, "Pricebook2Id")? else { return Ok(()) };
        let Some(product) = tx.parent("Product2", record, "Product2Id")? else { return Ok(()) };
        let (Some(book_id), Some(product_id)) = (book.text("Id"), product.text("Id")) else { return Ok(()) };
        if let Some(other) = entry(tx, "\"Pricebook2Id\" = ?2", product_id, book_id)? {
            let message = format!("This price definition already exists in this price book: {}", other.id);
            return Err(ApiError::new(400, "DUPLICATE_VALUE", message).with_fields::<String>([]));
        }
        if !book.flag("IsStandard") {
            let standard =
                "\"Pricebook2Id\" IN (SELECT \"Id\" FROM \"Pricebook2\" WHERE \"IsStandard\" = 1 AND \"Id\" <> ?2)";
            let Some(standard) = entry(tx, standard, product_id, book_id)? else {
                let message = "No standard price defined for this product";
                return Err(ApiError::new(400, "STANDARD_PRICE_NOT_DEFINED", message).with_fields::<String>([]));
            };
            if record.flag("UseStandardPrice") {
                record.set("UnitPrice", standard.price);
            }
        }
        for field in ["Name", "ProductCode"] {
            if let Some(value) = product.get(field) {
                record.set(field, value.clone());
            }
        }
        Ok(())
    }
}

struct Entry {
    id: String,
    price: Stored,
}

/// The product's entry in the price book that `condition` tells.
fn entry(tx: &Tx<'_>, condition: &str, product: &str, book: &str) -> Result<Option<Entry>, ApiError> {
    let sql = format!(
        "SELECT \"Id\", \"UnitPrice\" FROM \"PricebookEntry\" WHERE \"Product2Id\" = ?1 AND {condition} AND \"IsDeleted\" = 0"
    );
    let mut statement = tx.prepare(&sql)?;
    Ok(statement.query_row((product, book), |row| Ok(Entry { id: row.get(0)?, price: row.get(1)? })).optional()?)
}
