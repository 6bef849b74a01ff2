//! Opportunities: what follows from stage, amount and close date.

use chrono::{Datelike, NaiveDate};
use rust_decimal::Decimal;

use super::hooks::Rules;
use crate::error::ApiError;
use crate::metadata::stages::stage;
use crate::store::{Record, Tx};

/// Forecast categories whose name is not simply the category.
const FORECASTS: [(&str, &str); 3] = [("Best Case", "BestCase"), ("Most Likely", "MostLikely"), ("Commit", "Forecast")];

pub(super) struct Opportunity;

impl Rules for Opportunity {
    fn before_create<'a>(&self, tx: &mut Tx<'a>, record: &mut Record<'a>) -> Result<(), ApiError> {
        let given = record.clone();
        apply_stage(tx, &given, record);
        if let Some(revenue) = expected_revenue(record) {
            record.set_number("ExpectedRevenue", revenue);
        }
        apply_close_date(record);
        Ok(())
    }

    fn before_update<'a>(&self, tx: &mut Tx<'a>, old: &Record<'a>, changes: &mut Record<'a>) -> Result<(), ApiError> {
        if old.flag("HasOpportunityLineItem") {
            // The lines make the amount; an update of it is ignored without an error (Object Reference, Opportunity).
            changes.remove("Amount");
            changes.remove("TotalOpportunityQuantity");
            if changes.contains("Pricebook2Id") && !changes.agrees(old, "Pricebook2Id") {
                let detail = "Pricebook2Id (the price book cannot change while the opportunity has products)";
                return Err(ApiError::field_integrity(detail, "Pricebook2Id"));
            }
        }
        if changes.contains("StageName") && !changes.agrees(old, "StageName") {
            let given = changes.clone();
            apply_stage(tx, &given, changes);
        } else if changes.contains("ForecastCategoryName") {
            apply_forecast_name(changes);
        }
        if changes.contains("Amount") || changes.contains("Probability") {
            match expected_revenue(&old.changed_by(changes)) {
                Some(revenue) => changes.set_number("ExpectedRevenue", revenue),
                None => changes.set("ExpectedRevenue", rusqlite::types::Null),
            }
        }
        apply_close_date(changes);
        Ok(())
    }
}

/// Amount times probability; `None` without an amount.
pub(super) fn expected_revenue(opportunity: &Record<'_>) -> Option<Decimal> {
    let probability = opportunity.number("Probability").unwrap_or_default();
    opportunity.number("Amount").map(|amount| amount * probability / Decimal::ONE_HUNDRED)
}

/// Probability, forecast and state of the stage; what the caller gave stays.
fn apply_stage<'a>(tx: &Tx<'a>, given: &Record<'a>, record: &mut Record<'a>) {
    let Some(name) = given.text("StageName") else { return };
    let stage = stage(name);
    record.set_flag("IsClosed", stage.is_some_and(|stage| stage.is_closed()));
    record.set_flag("IsWon", stage.is_some_and(|stage| stage.is_won()));
    record.set("LastStageChangeDate", tx.stamp.clone());
    if given.is_empty("Probability") {
        // A stage that the picklist does not know says nothing about the chances.
        record.set_number("Probability", stage.map_or(0, |stage| stage.probability).into());
    }
    if given.is_empty("ForecastCategoryName") {
        record.set("ForecastCategory", stage.map_or("Pipeline", |stage| stage.forecast).to_owned());
        record.set("ForecastCategoryName", stage.map_or("Pipeline", |stage| stage.forecast_name).to_owned());
    } else {
        apply_forecast_name(record);
    }
}

fn apply_forecast_name(record: &mut Record<'_>) {
    let Some(name) = record.text("ForecastCategoryName") else { return };
    let category = FORECASTS.iter().find(|(other, _)| *other == name).map_or(name, |(_, category)| category).to_owned();
    record.set("ForecastCategory", category);
}

/// Fiscal year and quarter; the fiscal year of a new org is the calendar year.
fn apply_close_date(record: &mut Record<'_>) {
    let Some(date) = record.text("CloseDate").and_then(|date| date.parse::<NaiveDate>().ok()) else { return };
    let (year, quarter) = (i64::from(date.year()), i64::from(date.month0() / 3 + 1));
    record.set("FiscalYear", year);
    record.set("FiscalQuarter", quarter);
    record.set("Fiscal", format!("{year} {quarter}"));
}
