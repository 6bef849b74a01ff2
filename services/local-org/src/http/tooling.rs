//! The Tooling API: `ManagedEventSubscription`, queries of [`crate::definitions`], and what asks for Apex, which a local org
//! does not run.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::answer::{Answer, not_found};
use super::call::Call;
use super::resource::Method;
use super::work::Context;
use crate::definitions;
use crate::error::ApiError;
use crate::schema::{FieldDef, ObjectDef};
use crate::soql::ResultSet;
use crate::soql::ast::{Comparison, Condition, Expression, Item, Literal, Path, Test};
use crate::soql::parse;
use crate::streams::{Definition, Metadata};

/// Name of the object.
const OBJECT: &str = "ManagedEventSubscription";
/// What is said to whoever wants Apex to be run.
const NO_APEX: &str = "A local org runs no Apex";

#[derive(Deserialize)]
struct Body {
    #[serde(rename = "FullName", alias = "DeveloperName")]
    name: Option<String>,
    #[serde(rename = "Metadata")]
    metadata: Metadata,
}

/// `tooling/query`
pub(crate) fn query(cx: &Context<'_>, call: &Call) -> Result<Answer, ApiError> {
    let query = parse(call.param("q").unwrap_or_default())?;
    if definitions::has(&query.select.from.to_string()) {
        let access = cx.org.store.access(cx.actor)?;
        let sees = |object: &ObjectDef, field: &FieldDef| access.sees(object, field);
        let version = call.version.to_string();
        let found = definitions::find(&cx.org.store.schema(), &cx.org.deploys.records(), &query, &version, &sees)?;
        return Ok(defined(found.into_set()?));
    }
    let select = query.select;
    if !select.from.name.text.eq_ignore_ascii_case(OBJECT) {
        let message = format!("sObject type '{}' is not supported.", select.from);
        return Err(ApiError::new(400, "INVALID_TYPE", message));
    }
    let fields = select.items.iter().map(field).collect::<Result<Vec<_>, _>>()?;
    let mut records = Vec::new();
    for definition in cx.org.pubsub.subscriptions.list() {
        let shown = shown(call, &definition);
        if select.filter.as_ref().map_or(Ok(true), |condition| holds(condition, &shown))? {
            records.push(project(shown, &fields)?);
        }
    }
    records.truncate(select.limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX)));
    Ok(Answer::ok(json!({
        "size": records.len(),
        "totalSize": records.len(),
        "done": true,
        "queryLocator": null,
        "entityTypeName": OBJECT,
        "records": records,
    })))
}

/// A result as the Tooling API gives it.
fn defined(found: ResultSet) -> Answer {
    let ResultSet { object, total_size, mut records, aggregate } = found;
    for record in &mut records {
        in_tooling(record);
    }
    Answer::ok(json!({
        "size": records.len(),
        "totalSize": total_size,
        "done": true,
        "queryLocator": null,
        "entityTypeName": if aggregate { "AggregateResult" } else { object.as_str() },
        "records": records,
    }))
}

/// Puts the paths of a record and of those within it below `tooling`.
fn in_tooling(value: &mut Value) {
    match value {
        Value::Object(members) => {
            if let Some(Value::String(url)) = members.get_mut("url") {
                *url = url.replace("/sobjects/", "/tooling/sobjects/");
            }
            members.values_mut().filter(|value| value.is_object() || value.is_array()).for_each(in_tooling);
        }
        Value::Array(values) => values.iter_mut().for_each(in_tooling),
        _ => {}
    }
}

/// `tooling/executeAnonymous`: the code is not compiled.
pub(crate) fn execute_anonymous() -> Answer {
    Answer::ok(json!({
        "line": 1,
        "column": 1,
        "compiled": false,
        "success": false,
        "compileProblem": NO_APEX,
        "exceptionStackTrace": null,
        "exceptionMessage": null,
    }))
}

/// `tooling/runTestsAsynchronous` and `tooling/runTestsSynchronous`: there are no tests.
pub(crate) fn run_tests() -> ApiError {
    ApiError::new(400, "FUNCTIONALITY_NOT_ENABLED", NO_APEX)
}

/// `tooling/sobjects/ManagedEventSubscription` and one of its records.
pub(crate) fn record(cx: &Context<'_>, call: &Call, object: &str, id: Option<&str>) -> Result<Answer, ApiError> {
    if !object.eq_ignore_ascii_case(OBJECT) {
        return Err(not_found());
    }
    let (store, subscriptions) = (&cx.org.store, &cx.org.pubsub.subscriptions);
    if call.method != Method::Get && !store.access(cx.actor)?.administers() {
        let message = "insufficient access rights on cross-reference id";
        return Err(ApiError::new(403, "INSUFFICIENT_ACCESS", message));
    }
    match (call.method, id) {
        (Method::Post, None) => {
            let body = body(call)?;
            let name = body.name.ok_or_else(|| {
                ApiError::new(400, "REQUIRED_FIELD_MISSING", "Required fields are missing: [FullName]")
                    .with_fields(["FullName"])
            })?;
            let created = subscriptions.create(store, &name, body.metadata)?;
            Ok(Answer::json(201, json!({"id": created.id, "success": true, "errors": []})))
        }
        (Method::Get, Some(id)) => {
            subscriptions.get(id).map(|found| Answer::ok(shown(call, &found))).ok_or_else(not_found)
        }
        (Method::Patch, Some(id)) => {
            subscriptions.update(store, id, body(call)?.metadata)?;
            Ok(Answer::no_content())
        }
        (Method::Delete, Some(id)) => {
            subscriptions.delete(store, id)?;
            Ok(Answer::no_content())
        }
        _ => Err(not_found()),
    }
}

fn body(call: &Call) -> Result<Body, ApiError> {
    let body = Value::Object(call.object_body()?.clone());
    serde_json::from_value(body).map_err(|error| ApiError::new(400, "JSON_PARSER_ERROR", error.to_string()))
}

fn shown(call: &Call, definition: &Definition) -> Value {
    let metadata = &definition.metadata;
    let mut settings = json!(metadata);
    settings["urls"] = Value::Null;
    json!({
        "attributes": {
            "type": OBJECT,
            "url": format!("{}/tooling/sobjects/{OBJECT}/{}", call.version.path(), definition.id),
        },
        "Id": definition.id,
        "DeveloperName": definition.developer_name,
        "FullName": definition.developer_name,
        "MasterLabel": metadata.label,
        "TopicName": metadata.topic_name,
        "State": metadata.state,
        "Metadata": settings,
    })
}

fn field(item: &Item) -> Result<&Path, ApiError> {
    match item {
        Item::Expression { expression: Expression::Field(path), alias: None } => Ok(path),
        _ => Err(unsupported("only fields can be selected")),
    }
}

fn project(record: Value, fields: &[&Path]) -> Result<Value, ApiError> {
    let mut projected = Map::new();
    projected.insert("attributes".to_owned(), record["attributes"].clone());
    for path in fields {
        let (name, value) = member(&record, path)?;
        projected.insert(name.clone(), value.clone());
    }
    Ok(Value::Object(projected))
}

fn member<'a>(record: &'a Value, path: &Path) -> Result<(&'a String, &'a Value), ApiError> {
    let name = &path.name.text;
    let found = record.as_object().and_then(|fields| fields.iter().find(|(field, _)| field.eq_ignore_ascii_case(name)));
    found
        .filter(|(field, _)| path.parents.is_empty() && field.as_str() != "attributes")
        .ok_or_else(|| ApiError::no_such_field(OBJECT, &path.to_string()))
}

fn holds(condition: &Condition, record: &Value) -> Result<bool, ApiError> {
    match condition {
        Condition::And(all) => all.iter().try_fold(true, |so_far, next| Ok(holds(next, record)? && so_far)),
        Condition::Or(any) => any.iter().try_fold(false, |so_far, next| Ok(holds(next, record)? || so_far)),
        Condition::Not(inner) => Ok(!holds(inner, record)?),
        Condition::Test { operand: Expression::Field(path), test: Test::Compare(comparison, Literal::Text(text)) } => {
            let (name, value) = member(record, path)?;
            let (value, text) = (value.as_str().unwrap_or_default(), text.value());
            // Ids may be given with 15 characters.
            let same = match crate::id::normalise(&text).filter(|_| name == "Id") {
                Some(id) => value == id,
                None => value.eq_ignore_ascii_case(&text),
            };
            match comparison {
                Comparison::Equal => Ok(same),
                Comparison::NotEqual => Ok(!same),
                _ => Err(unsupported("texts can only be compared for equality")),
            }
        }
        Condition::Test { .. } => Err(unsupported("fields can only be compared with texts")),
    }
}

fn unsupported(what: &str) -> ApiError {
    ApiError::new(400, "MALFORMED_QUERY", format!("In queries of {OBJECT} {what}"))
}
