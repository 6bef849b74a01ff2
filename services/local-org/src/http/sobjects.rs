//! `sobjects/X` and `sobjects/X/<id>`: single records.

use serde_json::{Map, Value, json};

use super::answer::{Answer, Body, Saved};
use super::call::Call;
use super::conditions;
use super::work::Records;
use crate::error::ApiError;
use crate::version::Version;

/// `POST sobjects/X`
pub(crate) fn create(records: &mut Records<'_, '_>, call: &Call, object: &str) -> Result<Answer, ApiError> {
    let id = records.create(object, call.object_body()?)?;
    let location = Some(record_path(call.version, object, &id));
    let body = match records.event_uuid(&id) {
        Some(_) => Body::Json(created(records, &id)),
        None => Body::Saved(Saved::new(id)),
    };
    Ok(Answer { status: 201, location, validators: None, body })
}

/// `GET sobjects/X/<id>?fields=A,B`
pub(crate) fn retrieve(records: &mut Records<'_, '_>, call: &Call, object: &str, id: &str) -> Result<Answer, ApiError> {
    let fields = call.list_param("fields");
    let record = records.retrieve(object, id, fields.as_deref(), call.version)?;
    conditions::answer(records, call, object, record)
}

/// `PATCH sobjects/X/<id>`
pub(crate) fn update(records: &mut Records<'_, '_>, call: &Call, object: &str, id: &str) -> Result<Answer, ApiError> {
    let fields = call.object_body()?;
    refuse_id(fields)?;
    conditions::check(records, call, object, id)?;
    records.update(object, id, fields)?;
    Ok(Answer::no_content())
}

/// `DELETE sobjects/X/<id>`
pub(crate) fn delete(records: &mut Records<'_, '_>, call: &Call, object: &str, id: &str) -> Result<Answer, ApiError> {
    conditions::check(records, call, object, id)?;
    records.delete(object, id)?;
    Ok(Answer::no_content())
}

/// The body that tells of a saved record.
pub(crate) fn saved(id: &str) -> Value {
    json!({"id": id, "success": true, "errors": []})
}

/// The body that tells of a new record, or of an event, whose success is told by an error (Platform Events Developer
/// Guide, "Publish Event Messages with REST API").
pub(crate) fn created(records: &Records<'_, '_>, id: &str) -> Value {
    let Some(uuid) = records.event_uuid(id) else { return saved(id) };
    json!({
        "id": id,
        "success": true,
        "errors": [{"statusCode": "OPERATION_ENQUEUED", "message": uuid, "fields": []}],
    })
}

/// The path of a record.
pub(crate) fn record_path(version: Version, object: &str, id: &str) -> String {
    format!("{}/sobjects/{object}/{id}", version.path())
}

/// An update names its record in the URL only.
pub(crate) fn refuse_id(fields: &Map<String, Value>) -> Result<(), ApiError> {
    if fields.keys().any(|name| name.eq_ignore_ascii_case("Id")) {
        return Err(ApiError::new(400, "INVALID_FIELD", "The Id field should not be specified in the sobject data."));
    }
    Ok(())
}
