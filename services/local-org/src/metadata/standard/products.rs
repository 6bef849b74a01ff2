//! Products and their prices.

use super::builder::*;
use crate::schema::{ObjectDef, OnDelete};

pub(super) fn objects() -> Vec<ObjectDef> {
    vec![
        object(
            "Product2",
            "01t",
            vec![
                text("Name", 255).label("Product Name").required().name_field(),
                text("ProductCode", 255),
                long_text("Description", 4_000).label("Product Description"),
                flag("IsActive").label("Active"),
                picklist("Family", &["None"]).label("Product Family"),
                text("StockKeepingUnit", 180).label("Product SKU"),
                url("DisplayUrl").label("Display URL"),
                picklist("QuantityUnitOfMeasure", &["Each"]),
                flag("IsArchived").label("Archived").read_only(),
            ],
        )
        .audited(),
        object(
            "Pricebook2",
            "01s",
            vec![
                text("Name", 255).label("Price Book Name").required().name_field(),
                text("Description", 255),
                flag("IsActive").label("Active"),
                flag("IsStandard").label("Is Standard Price Book").read_only(),
                flag("IsArchived").label("Archived").read_only(),
            ],
        )
        .label("Price Book")
        .audited(),
        object(
            "PricebookEntry",
            "01u",
            vec![
                text("Name", 255).label("Product Name").name_field().read_only(),
                reference("Pricebook2Id", "Pricebook2")
                    .label("Price Book ID")
                    .required()
                    .create_only()
                    .children("PricebookEntries")
                    .on_delete(OnDelete::Cascade),
                reference("Product2Id", "Product2")
                    .required()
                    .create_only()
                    .children("PricebookEntries")
                    .on_delete(OnDelete::Cascade),
                currency("UnitPrice").label("List Price").required(),
                flag("IsActive").label("Active"),
                flag("UseStandardPrice"),
                text("ProductCode", 255).read_only(),
                flag("IsArchived").label("Archived").read_only(),
            ],
        )
        .label("Price Book Entry")
        .audited(),
    ]
}
