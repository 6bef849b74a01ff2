//! `composite/tree/X`: records with their children, created all or none.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use super::answer::{Answer, invalid, limit_exceeded, malformed_json};
use super::call::Call;
use super::collections::{status_error, type_of};
use super::work::{Context, Records};
use crate::error::ApiError;
use crate::schema::Schema;

/// Most records, levels and objects (REST API Developer Guide, "sObject Tree").
const MAX_RECORDS: usize = 200;
const MAX_LEVELS: usize = 5;
const MAX_TYPES: usize = 5;

/// Creates all records of a tree, or answers 400 with the errors of those that could not be.
pub(crate) fn run(
    cx: &Context<'_>,
    records: &mut Records<'_, '_>,
    call: &Call,
    object: &str,
) -> Result<Answer, ApiError> {
    let schema = cx.org.store.schema();
    let mut plan = Plan { schema: &schema, nodes: Vec::new() };
    for record in record_list(call.object_body()?)? {
        plan.add(record, object, None, 1)?;
    }
    plan.check()?;
    let (mut results, mut errors) = (Vec::new(), Vec::new());
    let undone = records.savepoint(|records| {
        let mut ids: Vec<Option<String>> = Vec::with_capacity(plan.nodes.len());
        for node in &plan.nodes {
            let (id, error) = node.create(records, &ids);
            if let Some(error) = error {
                errors.push(json!({"referenceId": node.reference_id, "errors": [status_error(&error)]}));
            } else if let Some(id) = &id {
                results.push(json!({"referenceId": node.reference_id, "id": id}));
            }
            ids.push(id);
        }
        if errors.is_empty() { Ok(()) } else { Err(invalid("undone")) }
    });
    match undone {
        Ok(()) => Ok(Answer::json(201, json!({"hasErrors": false, "results": results}))),
        Err(_) if !errors.is_empty() => Ok(Answer::json(400, json!({"hasErrors": true, "results": errors}))),
        Err(error) => Err(error),
    }
}

/// The records of a tree in the order in which they are created.
struct Plan<'a> {
    schema: &'a Schema,
    nodes: Vec<Node>,
}

struct Node {
    object: String,
    reference_id: String,
    fields: Map<String, Value>,
    /// Index of the parent and the field that points to it.
    parent: Option<(usize, String)>,
}

impl Plan<'_> {
    fn add(
        &mut self,
        record: &Value,
        expected: &str,
        parent: Option<(usize, String)>,
        level: usize,
    ) -> Result<(), ApiError> {
        if level > MAX_LEVELS {
            return Err(limit_exceeded(format!("A tree has at most {MAX_LEVELS} levels.")));
        }
        let members = record.as_object().ok_or_else(|| malformed_json("Each record must be a JSON object."))?;
        let object = type_of(members)?;
        if !object.eq_ignore_ascii_case(expected) {
            return Err(invalid(format!("The type {object} was found where {expected} was expected.")));
        }
        let reference_id = members.get("attributes").and_then(|attributes| attributes.get("referenceId"));
        let reference_id =
            reference_id.and_then(Value::as_str).ok_or_else(|| invalid("Each record needs a referenceId."))?;
        let index = self.nodes.len();
        let is_children = |value: &Value| value.get("records").is_some_and(Value::is_array);
        let fields = members.iter().filter(|(_, value)| !is_children(value));
        self.nodes.push(Node {
            object: object.to_owned(),
            reference_id: reference_id.to_owned(),
            fields: fields.map(|(name, value)| (name.clone(), value.clone())).collect(),
            parent,
        });
        for (relationship, children) in members.iter().filter(|(_, value)| is_children(value)) {
            let (child, field) = self.child(object, relationship)?;
            for record in children.get("records").and_then(Value::as_array).into_iter().flatten() {
                self.add(record, &child, Some((index, field.clone())), level + 1)?;
            }
        }
        Ok(())
    }

    /// The object and the reference field of a child relationship.
    fn child(&self, object: &str, relationship: &str) -> Result<(String, String), ApiError> {
        let matches = |name: &Option<String>| name.as_ref().is_some_and(|name| name.eq_ignore_ascii_case(relationship));
        let found = self.schema.children_of(object).find(|(_, field)| matches(&field.child_relationship_name));
        let (child, field) = found.ok_or_else(|| ApiError::no_such_field(object, relationship))?;
        Ok((child.name.clone(), field.name.clone()))
    }

    fn check(&self) -> Result<(), ApiError> {
        if self.nodes.len() > MAX_RECORDS {
            return Err(limit_exceeded(format!("A tree has at most {MAX_RECORDS} records.")));
        }
        let types: HashSet<_> = self.nodes.iter().map(|node| node.object.to_ascii_lowercase()).collect();
        if types.len() > MAX_TYPES {
            return Err(limit_exceeded(format!("A tree has records of at most {MAX_TYPES} objects.")));
        }
        let ids: HashSet<_> = self.nodes.iter().map(|node| &node.reference_id).collect();
        if ids.len() < self.nodes.len() {
            return Err(invalid("Each referenceId must be different."));
        }
        Ok(())
    }
}

impl Node {
    /// Creates the record; neither an id nor an error when its parent could not be created.
    fn create(&self, records: &mut Records<'_, '_>, ids: &[Option<String>]) -> (Option<String>, Option<ApiError>) {
        let mut fields = self.fields.clone();
        if let Some((index, field)) = &self.parent {
            let Some(Some(id)) = ids.get(*index) else { return (None, None) };
            fields.insert(field.clone(), json!(id));
        }
        match records.savepoint(|records| records.create(&self.object, &fields)) {
            Ok(id) => (Some(id), None),
            Err(error) => (None, Some(error)),
        }
    }
}

fn record_list(body: &Map<String, Value>) -> Result<&Vec<Value>, ApiError> {
    let records = body.get("records").and_then(Value::as_array);
    records.ok_or_else(|| malformed_json("The records list is required."))
}
