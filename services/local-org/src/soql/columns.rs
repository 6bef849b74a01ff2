//! What the columns of a query's result are. The Salesforce CLI asks with `?columns=true` to lay out its tables; the
//! parameter is not documented, and the members here are those of the CLI's own test data.

use serde_json::{Value, json};

use super::ast::{Item, Query};
use super::options::ExecuteOptions;
use super::scope::Context;
use super::{aggregates, records};
use crate::error::ApiError;
use crate::schema::{FieldDef, FieldType, Schema};

/// Checks a query against the schema, as running it would, and describes its columns.
///
/// # Errors
/// Those of [`super::execute`].
pub fn columns(schema: &Schema, query: &Query, options: &ExecuteOptions<'_>) -> Result<Value, ApiError> {
    let context = Context { schema, options, text: &query.text };
    let select = &query.select;
    let object = context.object(&select.from)?;
    let columns = if aggregates::count_rows(select).is_some() {
        Vec::new()
    } else if aggregates::applies(select) {
        let members = aggregates::members(context, object, select)?;
        members.iter().zip(&select.items).map(|((name, kind), item)| total(name, *kind, item)).collect()
    } else {
        records::plan(context, object, select)?.columns()
    };
    let id_selected = columns.iter().any(|column| column["columnName"] == "Id");
    Ok(json!({
        "columnMetadata": columns,
        "entityName": object.name,
        "groupBy": !select.group_by.is_empty(),
        "idSelected": id_selected,
        "keyPrefix": object.key_prefix,
    }))
}

/// The column of a field, or of the label of one under another name.
pub(super) fn field(name: &str, kind: FieldType, field: Option<&FieldDef>) -> Value {
    let is = |usage: fn(&FieldDef) -> bool| field.is_some_and(usage);
    let mut column = column(name, kind);
    column["custom"] = json!(is(FieldDef::is_custom));
    column["insertable"] = json!(is(|field| field.createable));
    column["updatable"] = json!(is(|field| field.updateable));
    column
}

/// The column of a parent or, with `aggregate`, of child records, and the columns in it.
pub(super) fn group(name: &str, aggregate: bool, columns: Vec<Value>) -> Value {
    let mut column = column(name, FieldType::Reference);
    column["aggregate"] = json!(aggregate);
    column["apexType"] = Value::Null;
    column["joinColumns"] = json!(columns);
    column
}

/// The column of a group or total, which shows the expression and is named by its alias.
fn total(name: &str, kind: FieldType, item: &Item) -> Value {
    let mut column = column(name, kind);
    if let Item::Expression { expression, .. } = item {
        column["aggregate"] = json!(expression.is_aggregate());
        column["displayName"] = json!(expression.to_string());
    }
    column
}

fn column(name: &str, kind: FieldType) -> Value {
    use FieldType::{Boolean, Currency, Date, DateTime, Double, Id, Int, Percent, Reference};
    let apex = match kind {
        Id | Reference => "Id",
        Boolean => "Boolean",
        Int => "Integer",
        Double | Currency | Percent => "Double",
        Date => "Date",
        DateTime => "Datetime",
        _ => "String",
    };
    json!({
        "aggregate": false,
        "apexType": apex,
        "booleanType": kind == Boolean,
        "columnName": name,
        "custom": false,
        "displayName": name,
        "foreignKeyName": null,
        "insertable": false,
        "joinColumns": [],
        "numberType": matches!(kind, Int | Double | Currency | Percent),
        "textType": apex == "String",
        "updatable": false,
    })
}
