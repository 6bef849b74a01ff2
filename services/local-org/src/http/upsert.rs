//! `sobjects/X/<field>/<value>`: records by external id.

use serde_json::{Value, json};

use super::answer::Answer;
use super::call::Call;
use super::call::conditions::Conditions;
use super::conditions;
use super::resource::Method;
use super::sobjects::{record_path, refuse_id, saved};
use super::work::Records;
use crate::error::ApiError;
use crate::store::Upserted;

/// An object, one of its external id fields, and a value of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Key<'a> {
    pub(crate) object: &'a str,
    pub(crate) field: &'a str,
    pub(crate) value: &'a str,
}

/// Reads, upserts or deletes the record of a key. Several records of one key are not an error but status 300 with their
/// paths, and nothing is done.
pub(crate) fn run(
    records: &mut Records<'_, '_>,
    call: &Call,
    method: Method,
    key: &Key<'_>,
) -> Result<Answer, ApiError> {
    let done = match method {
        Method::Get => retrieve(records, call, key),
        Method::Delete => delete(records, call, key),
        _ => upsert(records, call, key),
    };
    match done {
        Err(error) if error.status == 300 => Ok(choices(call, key.object, &error)),
        done => done,
    }
}

fn retrieve(records: &mut Records<'_, '_>, call: &Call, key: &Key<'_>) -> Result<Answer, ApiError> {
    let record = records.retrieve_by(key.object, key.field, key.value, call.version)?;
    let Some(fields) = call.list_param("fields") else {
        return conditions::answer(records, call, key.object, record);
    };
    let record = records.retrieve(key.object, id_of(&record), Some(&fields), call.version)?;
    conditions::answer(records, call, key.object, record)
}

fn delete(records: &mut Records<'_, '_>, call: &Call, key: &Key<'_>) -> Result<Answer, ApiError> {
    let record = records.retrieve_by(key.object, key.field, key.value, call.version)?;
    conditions::check(records, call, key.object, id_of(&record))?;
    records.delete(key.object, id_of(&record))?;
    Ok(Answer::no_content())
}

fn upsert(records: &mut Records<'_, '_>, call: &Call, key: &Key<'_>) -> Result<Answer, ApiError> {
    let fields = call.object_body()?;
    refuse_id(fields)?;
    if call.flag("updateOnly") {
        // Fails with NOT_FOUND where an upsert would insert.
        records.retrieve_by(key.object, key.field, key.value, call.version)?;
    }
    if call.conditions != Conditions::default() {
        match records.retrieve_by(key.object, key.field, key.value, call.version) {
            Ok(record) => conditions::check(records, call, key.object, id_of(&record))?,
            // A record that there is not meets any condition.
            Err(error) if error.status == 404 => {}
            Err(error) => return Err(error),
        }
    }
    let Upserted { id, created } = records.upsert(key.object, key.field, key.value, fields)?;
    let mut body = saved(&id);
    body["created"] = json!(created);
    let location = created.then(|| record_path(call.version, key.object, &id));
    Ok(Answer { location, ..Answer::json(if created { 201 } else { 200 }, body) })
}

fn choices(call: &Call, object: &str, error: &ApiError) -> Answer {
    let ids = error.fields.iter().flatten();
    let paths: Vec<_> = ids.map(|id| record_path(call.version, object, id)).collect();
    Answer::json(300, json!(paths))
}

fn id_of(record: &Value) -> &str {
    record.get("Id").and_then(Value::as_str).unwrap_or_default()
}
