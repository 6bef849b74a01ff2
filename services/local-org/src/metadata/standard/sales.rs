//! Opportunities and their line items.

use super::builder::*;
use super::customers::LEAD_SOURCES;
use super::stages::STAGES;
use crate::schema::{FieldDef, ObjectDef, OnDelete};

const FORECASTS: [&str; 6] = ["Omitted", "Pipeline", "BestCase", "MostLikely", "Forecast", "Closed"];

const FORECAST_NAMES: [&str; 6] = ["Omitted", "Pipeline", "Best Case", "Most Likely", "Commit", "Closed"];

const TYPES: [&str; 4] =
    ["Existing Customer - Upgrade", "Existing Customer - Replacement", "Existing Customer - Downgrade", "New Customer"];

pub(super) fn objects() -> Vec<ObjectDef> {
    let stages: Vec<&str> = STAGES.iter().map(|stage| stage.name).collect();
    let mut opportunity = object(
        "Opportunity",
        "006",
        vec![
            reference("AccountId", "Account").children("Opportunities").on_delete(OnDelete::Cascade),
            flag("IsPrivate").label("Private"),
            text("Name", 120).required().name_field(),
            long_text("Description", 32_000),
            picklist("StageName", &stages).label("Stage").required(),
            currency("Amount"),
            FieldDef { defaulted_on_create: true, ..percent("Probability", 3, 0) }.label("Probability (%)"),
            currency("ExpectedRevenue").label("Expected Amount").read_only(),
            double("TotalOpportunityQuantity", 18, 2).label("Quantity"),
            date("CloseDate").required(),
            picklist("Type", &TYPES).label("Opportunity Type"),
            text("NextStep", 255),
            picklist("LeadSource", &LEAD_SOURCES),
            flag("IsClosed").label("Closed").read_only(),
            flag("IsWon").label("Won").read_only(),
            picklist("ForecastCategory", &FORECASTS).restricted().filled_in().read_only(),
            FieldDef { updateable: true, ..picklist("ForecastCategoryName", &FORECAST_NAMES) }
                .label("Forecast Category")
                .restricted(),
            flag("HasOpportunityLineItem").label("Has Line Item").read_only(),
            reference("Pricebook2Id", "Pricebook2").label("Price Book ID").on_delete(OnDelete::Restrict),
        ],
    )
    .owned()
    .audited();
    opportunity.fields.extend([
        last_activity(),
        int("PushCount").defaults_to("0").read_only(),
        datetime("LastStageChangeDate").read_only(),
        int("FiscalQuarter").read_only(),
        int("FiscalYear").read_only(),
        text("Fiscal", 6).label("Fiscal Period").read_only(),
        reference("ContactId", "Contact").create_only(),
        datetime("LastViewedDate").read_only(),
        datetime("LastReferencedDate").read_only(),
        reference("SyncedQuoteId", "Quote").label("Quote ID"),
        flag("HasOpenActivity").read_only(),
        flag("HasOverdueTask").read_only(),
    ]);
    let line_item = object(
        "OpportunityLineItem",
        "00k",
        vec![
            reference("OpportunityId", "Opportunity")
                .required()
                .create_only()
                .children("OpportunityLineItems")
                .on_delete(OnDelete::Cascade),
            int("SortOrder"),
            reference("PricebookEntryId", "PricebookEntry").label("Price Book Entry ID").create_only(),
            reference("Product2Id", "Product2")
                .create_only()
                .children("OpportunityLineItems")
                .on_delete(OnDelete::Restrict),
            text("ProductCode", 255).read_only(),
            text("Name", 376).label("Opportunity Product Name").name_field().read_only(),
            double("Quantity", 12, 2).required(),
            percent("Discount", 5, 2),
            currency("Subtotal").read_only(),
            currency("TotalPrice"),
            currency("UnitPrice").label("Sales Price"),
            currency("ListPrice").read_only(),
            date("ServiceDate").label("Date"),
            text("Description", 255).label("Line Description"),
        ],
    )
    .label("Opportunity Product")
    .audited();
    vec![opportunity, line_item]
}
