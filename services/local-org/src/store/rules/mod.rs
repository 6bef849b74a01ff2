//! What is special about single objects, plugged into the general pipeline.

mod line_item;
mod opportunity;
mod opportunity_line_item;
mod person;
mod pricebook_entry;
mod quote;
mod quote_line_item;

use super::{Record, Tx};
use crate::error::ApiError;

/// The rules of one object. Hooks that come before the write see converted values whose references exist; required
/// fields may still be missing, and are best left to the check that follows.
pub(super) trait Rules: Sync {
    /// Completes a new record and refuses what does not fit.
    fn before_create<'a>(&self, _tx: &mut Tx<'a>, _record: &mut Record<'a>) -> Result<(), ApiError> {
        Ok(())
    }

    /// Effects of a new record on others.
    fn after_create<'a>(&self, _tx: &mut Tx<'a>, _record: &Record<'a>) -> Result<(), ApiError> {
        Ok(())
    }

    /// Completes changes and refuses, or quietly drops, what does not fit.
    fn before_update<'a>(
        &self,
        _tx: &mut Tx<'a>,
        _old: &Record<'a>,
        _changes: &mut Record<'a>,
    ) -> Result<(), ApiError> {
        Ok(())
    }

    /// Effects of a change on other records.
    fn after_update<'a>(&self, _tx: &mut Tx<'a>, _old: &Record<'a>, _new: &Record<'a>) -> Result<(), ApiError> {
        Ok(())
    }

    /// Refuses a delete.
    fn before_delete<'a>(&self, _tx: &mut Tx<'a>, _old: &Record<'a>) -> Result<(), ApiError> {
        Ok(())
    }

    /// Effects of a delete on other records, which may be deleted already.
    fn after_delete<'a>(&self, _tx: &mut Tx<'a>, _old: &Record<'a>) -> Result<(), ApiError> {
        Ok(())
    }

    /// Whether a deleted record stays, marked as deleted.
    fn has_recycle_bin(&self) -> bool {
        true
    }
}

struct NoRules;

impl Rules for NoRules {}

/// The rules of the object of that API name.
pub(super) fn of(object: &str) -> &'static dyn Rules {
    match object {
        "Contact" => &person::Contact,
        "Opportunity" => &opportunity::Opportunity,
        "OpportunityLineItem" => &opportunity_line_item::OpportunityLineItem,
        "PricebookEntry" => &pricebook_entry::PricebookEntry,
        "Quote" => &quote::Quote,
        "QuoteLineItem" => &quote_line_item::QuoteLineItem,
        "User" => &person::User,
        _ => &NoRules,
    }
}
