//! `composite/sobjects`: up to 200 records in one request.

use serde_json::{Map, Value, json};

use super::answer::{Answer, malformed_json, not_found};
use super::call::Call;
use super::sobjects::{created, saved};
use super::work::{Context, Records};
use crate::error::ApiError;
use crate::id;
use crate::store::{Refusals, repeated_updates};

/// Most records of a request (REST API Developer Guide, "sObject Collections").
const MAX_RECORDS: usize = 200;
/// Most ids of a request that retrieves records.
const MAX_RETRIEVE: usize = 2_000;

/// `POST composite/sobjects`
pub(crate) fn create(records: &mut Records<'_, '_>, call: &Call) -> Result<Answer, ApiError> {
    let request = Request::read(call)?;
    each(records, request.all_or_none, request.records, Refusals::new(), |records, record| {
        let record = fields(record)?;
        let id = records.create(type_of(record)?, record)?;
        Ok(created(records, &id))
    })
}

/// `PATCH composite/sobjects`
pub(crate) fn update(records: &mut Records<'_, '_>, call: &Call) -> Result<Answer, ApiError> {
    let request = Request::read(call)?;
    let ids: Vec<_> = request.records.iter().map(|record| member(record, "Id")).collect();
    each(records, request.all_or_none, request.records, repeated_updates(&ids), |records, record| {
        let mut record = fields(record)?.clone();
        let id = take(&mut record, "Id").and_then(|id| id.as_str().map(str::to_owned));
        let id = id.ok_or_else(|| ApiError::new(400, "MISSING_ARGUMENT", "Id not specified in an update call"))?;
        records.update(type_of(&record)?, &id, &record)?;
        Ok(saved(&id::normalise(&id).unwrap_or(id)))
    })
}

/// `PATCH composite/sobjects/X/<field>`
pub(crate) fn upsert(
    records: &mut Records<'_, '_>,
    call: &Call,
    object: &str,
    field: &str,
) -> Result<Answer, ApiError> {
    let request = Request::read(call)?;
    let keys: Vec<_> = request.records.iter().map(|record| member(record, field)).collect();
    let refusals = records.repeated_keys(object, field, &keys);
    each(records, request.all_or_none, request.records, refusals, |records, record| {
        let mut record = fields(record)?.clone();
        let value = match take(&mut record, field).and_then(|value| text(&value)) {
            Some(text) => text,
            None if field.eq_ignore_ascii_case("Id") => String::new(),
            None => return Err(ApiError::new(400, "MISSING_ARGUMENT", format!("{field} not specified"))),
        };
        let upserted = records.upsert(object, field, &value, &record)?;
        let mut body = saved(&upserted.id);
        body["created"] = json!(upserted.created);
        Ok(body)
    })
}

/// `DELETE composite/sobjects?ids=a,b&allOrNone=true`
pub(crate) fn delete(cx: &Context<'_>, records: &mut Records<'_, '_>, call: &Call) -> Result<Answer, ApiError> {
    let ids = call
        .list_param("ids")
        .ok_or_else(|| ApiError::new(400, "MISSING_ARGUMENT", "The ids parameter is required."))?;
    limit(ids.len(), MAX_RECORDS)?;
    each(records, call.flag("allOrNone"), &ids, Refusals::new(), |records, id| {
        let schema = cx.org.store.schema();
        let object = schema.object_by_prefix(id::prefix(id));
        let object = object.ok_or_else(|| ApiError::malformed_id("Record ID", id, "Id"))?;
        records.delete(&object.name, id)?;
        Ok(saved(&id::normalise(id).unwrap_or_else(|| id.clone())))
    })
}

/// `GET composite/sobjects/X?ids=…&fields=…`, or POST with both in the body. A record that does not exist is null.
pub(crate) fn retrieve(
    cx: &Context<'_>,
    records: &mut Records<'_, '_>,
    call: &Call,
    object: &str,
) -> Result<Answer, ApiError> {
    if cx.org.store.schema().object(object).is_none() {
        return Err(not_found());
    }
    let list = |name: &str| match call.takes_body() {
        false => call.list_param(name),
        true => call.body.as_ref().and_then(|body| serde_json::from_value(body.get(name)?.clone()).ok()),
    };
    let missing = |name: &str| malformed_json(format!("The {name} list is required."));
    let ids: Vec<String> = list("ids").ok_or_else(|| missing("ids"))?;
    let fields: Vec<String> = list("fields").ok_or_else(|| missing("fields"))?;
    limit(ids.len(), MAX_RETRIEVE)?;
    let mut found = Vec::with_capacity(ids.len());
    for id in &ids {
        found.push(match records.retrieve(object, id, Some(&fields), call.version) {
            Ok(record) => record,
            Err(error) if error.status == 404 => Value::Null,
            Err(error) => return Err(error),
        });
    }
    Ok(Answer::ok(Value::Array(found)))
}

/// A body `{"allOrNone": false, "records": […]}`.
struct Request<'a> {
    all_or_none: bool,
    records: &'a [Value],
}

impl<'a> Request<'a> {
    fn read(call: &'a Call) -> Result<Self, ApiError> {
        let body = call.object_body()?;
        let records = body.get("records").and_then(Value::as_array);
        let records = records.ok_or_else(|| malformed_json("The records list is required."))?;
        limit(records.len(), MAX_RECORDS)?;
        let all_or_none = body.get("allOrNone").and_then(Value::as_bool).unwrap_or_default();
        Ok(Self { all_or_none, records })
    }
}

/// Does `work` for each item that is not refused from the start, each on its own or, with `all_or_none`, undoing all when
/// one fails.
fn each<T>(
    records: &mut Records<'_, '_>,
    all_or_none: bool,
    items: &[T],
    mut refusals: Refusals,
    work: impl Fn(&mut Records<'_, '_>, &T) -> Result<Value, ApiError>,
) -> Result<Answer, ApiError> {
    let mut results: Vec<Result<Value, ApiError>> = Vec::with_capacity(items.len());
    let undone = records.savepoint(|records| {
        for (place, item) in items.iter().enumerate() {
            results.push(match refusals.remove(&place) {
                Some(error) => Err(error),
                None => records.savepoint(|records| work(records, item)),
            });
        }
        match results.iter().find_map(|result| result.as_ref().err()) {
            Some(error) if all_or_none => Err(error.clone()),
            _ => Ok(()),
        }
    });
    if undone.is_err() {
        results.iter_mut().filter(|result| result.is_ok()).for_each(|result| *result = Err(rolled_back()));
    }
    let results = results.into_iter().map(|result| result.unwrap_or_else(|error| failed(&error)));
    Ok(Answer::ok(results.collect()))
}

fn rolled_back() -> ApiError {
    let message = "Record rolled back because not all records were valid and the request was using AllOrNone header";
    ApiError::new(400, "ALL_OR_NONE_OPERATION_ROLLED_BACK", message)
}

/// A record's failure. Its code is called `statusCode` here, unlike anywhere else in the REST API.
fn failed(error: &ApiError) -> Value {
    json!({"success": false, "errors": [status_error(error)]})
}

/// An error as collections and trees write it.
pub(crate) fn status_error(error: &ApiError) -> Value {
    json!({"statusCode": error.code, "message": error.message, "fields": error.fields.as_deref().unwrap_or_default()})
}

fn limit(count: usize, most: usize) -> Result<(), ApiError> {
    if count <= most {
        return Ok(());
    }
    let message = format!("record limit reached. cannot submit more than {most} records in this request");
    Err(ApiError::new(400, "EXCEEDED_ID_LIMIT", message))
}

fn fields(record: &Value) -> Result<&Map<String, Value>, ApiError> {
    record.as_object().ok_or_else(|| malformed_json("Each record must be a JSON object."))
}

/// The object of a record's `attributes`.
pub(crate) fn type_of(record: &Map<String, Value>) -> Result<&str, ApiError> {
    let name = record.get("attributes").and_then(|attributes| attributes.get("type")).and_then(Value::as_str);
    name.ok_or_else(|| ApiError::new(400, "INVALID_TYPE", "The type attribute of the record is required."))
}

/// A member as text, whatever the case of its name; `None` where it is absent or null.
fn member(record: &Value, name: &str) -> Option<String> {
    let (_, value) = record.as_object()?.iter().find(|(key, _)| key.eq_ignore_ascii_case(name))?;
    text(value)
}

/// A key as text; `None` for null.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// Takes a member out, whatever the case of its name.
fn take(record: &mut Map<String, Value>, name: &str) -> Option<Value> {
    let key = record.keys().find(|key| key.eq_ignore_ascii_case(name))?.clone();
    record.shift_remove(&key)
}
