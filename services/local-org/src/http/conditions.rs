//! Conditional requests: what a call's headers demand of the record as it is now (REST API Developer Guide, "Conditional
//! Requests").
//!
//! Every record with a time of change answers to the two headers with a date; as in an org, only Accounts have an entity tag.

use serde_json::Value;

use super::answer::Answer;
use super::call::Call;
use super::call::conditions::Conditions;
use super::validators::{CHANGED, Validators};
use super::work::Records;
use crate::error::ApiError;

/// Refuses to change a record that does not meet the call's conditions.
///
/// # Errors
/// 412, and those of reading the record.
pub(crate) fn check(records: &mut Records<'_, '_>, call: &Call, object: &str, id: &str) -> Result<(), ApiError> {
    if call.conditions == Conditions::default() {
        return Ok(());
    }
    match validators(records, call, object, id)? {
        Some(found) => call.conditions.check(&found),
        None => Ok(()),
    }
}

/// The answer with a record, or that the caller has it already.
///
/// # Errors
/// 412.
pub(crate) fn answer(
    records: &mut Records<'_, '_>,
    call: &Call,
    object: &str,
    record: Value,
) -> Result<Answer, ApiError> {
    let id = record.get("attributes").and_then(|attributes| attributes.get("url")).and_then(Value::as_str);
    let id = id.and_then(|url| url.rsplit('/').next()).map(str::to_owned);
    let found = match Validators::of(object, &record) {
        Some(found) => Some(found),
        None => id.map(|id| validators(records, call, object, &id)).transpose()?.flatten(),
    };
    let Some(found) = found else { return Ok(Answer::ok(record)) };
    call.conditions.check(&found)?;
    let known = call.conditions.has(&found);
    let answer = if known { Answer::empty(304) } else { Answer::ok(record) };
    Ok(Answer { validators: Some(found), ..answer })
}

fn validators(
    records: &mut Records<'_, '_>,
    call: &Call,
    object: &str,
    id: &str,
) -> Result<Option<Validators>, ApiError> {
    if !records.is_replicateable(object)? {
        return Ok(None);
    }
    let fields = ["Id", CHANGED].map(str::to_owned);
    let record = records.retrieve(object, id, Some(&fields), call.version)?;
    Ok(Validators::of(object, &record))
}
