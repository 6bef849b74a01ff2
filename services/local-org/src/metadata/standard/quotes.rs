//! Quotes and their line items.

use super::builder::*;
use super::customers::address;
use crate::schema::{ObjectDef, OnDelete};

const STATUSES: [&str; 8] =
    ["Draft", "Needs Review", "In Review", "Approved", "Rejected", "Presented", "Accepted", "Denied"];

pub(super) fn objects() -> Vec<ObjectDef> {
    let mut quote = object(
        "Quote",
        "0Q0",
        vec![
            text("Name", 255).label("Quote Name").required().name_field(),
            text("QuoteNumber", 30).auto_number("{00000000}"),
            flag("IsSyncing").label("Syncing").read_only(),
            reference("OpportunityId", "Opportunity")
                .required()
                .create_only()
                .children("Quotes")
                .on_delete(OnDelete::Cascade),
            reference("AccountId", "Account").children("Quotes").read_only(),
            reference("ContactId", "Contact"),
            reference("Pricebook2Id", "Pricebook2").label("Price Book ID").on_delete(OnDelete::Restrict),
            picklist("Status", &STATUSES).defaults_to("Draft"),
            date("ExpirationDate"),
            long_text("Description", 32_000),
            currency("Subtotal").defaults_to("0").read_only(),
            percent("Discount", 5, 2).defaults_to("0").read_only(),
            currency("TotalPrice").defaults_to("0").read_only(),
            int("LineItemCount").label("Line Items").defaults_to("0").read_only(),
            currency("Tax"),
            currency("ShippingHandling").label("Shipping and Handling"),
            currency("GrandTotal").defaults_to("0").read_only(),
            text("BillingName", 255).label("Bill To Name"),
        ],
    );
    quote.fields.extend(address("Billing"));
    quote.fields.push(text("ShippingName", 255).label("Ship To Name"));
    quote.fields.extend(address("Shipping"));
    quote.fields.extend([email("Email"), phone("Phone"), phone("Fax")]);
    let line_item = object(
        "QuoteLineItem",
        "0QL",
        vec![
            text("LineNumber", 30).name_field().auto_number("QL-{00000000}"),
            reference("QuoteId", "Quote")
                .required()
                .create_only()
                .children("QuoteLineItems")
                .on_delete(OnDelete::Cascade),
            reference("PricebookEntryId", "PricebookEntry").label("Price Book Entry ID").required().create_only(),
            reference("OpportunityLineItemId", "OpportunityLineItem").label("Opportunity Product ID"),
            double("Quantity", 12, 2).required(),
            currency("UnitPrice").label("Sales Price").required(),
            percent("Discount", 5, 2),
            text("Description", 255).label("Line Item Description"),
            date("ServiceDate").label("Date"),
            reference("Product2Id", "Product2")
                .filled_in()
                .create_only()
                .children("QuoteLineItems")
                .on_delete(OnDelete::Restrict),
            int("SortOrder"),
            currency("ListPrice").read_only(),
            currency("Subtotal").read_only(),
            currency("TotalPrice").read_only(),
        ],
    )
    .audited();
    vec![quote.owned().audited(), line_item]
}
