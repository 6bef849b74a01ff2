//! One run of a Flow.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::{Assignment, Conditions, Element, Flow, Operand, Operator, Test};
use crate::id;
use crate::notifications::{Message, NotificationType};

/// Elements that one interview executes at most (Flow Builder, "General Flow Limits").
const MAX_ELEMENTS: usize = 2_000;

/// Longest title and text of a custom notification, in characters; what is longer is cut off.
const MAX_TITLE: usize = 250;
const MAX_BODY: usize = 750;

/// First characters of the ids of notification types.
const NOTIFICATION_TYPE: &str = "0ML";

/// Why an interview failed.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InterviewError {
    /// A connector leads nowhere.
    #[error("the flow has no element {0}")]
    NoElement(String),
    /// It goes round and round.
    #[error("more than {MAX_ELEMENTS} elements were executed")]
    TooLong,
    /// The notification type does not exist.
    #[error("customNotifTypeId {0} is not the id of a notification type")]
    NoType(String),
    /// An input of the action is missing.
    #[error("the action needs a value for {0}")]
    NoInput(&'static str),
}

impl Flow {
    /// Runs the Flow for an event, which is given as JSON, and gives what it sends.
    ///
    /// # Errors
    /// [`InterviewError`]; what was sent before is lost, as it is when a Flow's transaction is rolled back.
    pub(crate) fn run(
        &self,
        record: &Map<String, Value>,
        types: &[NotificationType],
    ) -> Result<Vec<Message>, InterviewError> {
        let mut interview = Interview { flow: self, record, types, values: HashMap::new(), sent: Vec::new() };
        if interview.fulfils(&self.filter) {
            interview.go()?;
        }
        Ok(interview.sent)
    }
}

struct Interview<'a> {
    flow: &'a Flow,
    record: &'a Map<String, Value>,
    types: &'a [NotificationType],
    /// Variables that were assigned, and results of elements.
    values: HashMap<&'a str, Value>,
    sent: Vec<Message>,
}

impl<'a> Interview<'a> {
    fn go(&mut self) -> Result<(), InterviewError> {
        let mut next = self.flow.start.as_ref();
        for _ in 0..MAX_ELEMENTS {
            let Some(name) = next else { return Ok(()) };
            let (name, element) =
                self.flow.elements.get_key_value(name).ok_or_else(|| InterviewError::NoElement(name.clone()))?;
            next = self.execute(name, element)?;
        }
        Err(InterviewError::TooLong)
    }

    fn execute(&mut self, name: &'a str, element: &'a Element) -> Result<Option<&'a String>, InterviewError> {
        match element {
            Element::FindType { filter, next } => {
                let found = self.types.iter().enumerate().map(|(index, kind)| type_record(index, kind));
                let found = found.into_iter().find(|record| {
                    let fulfilled = |test: &Test| self.fulfils_on(record, test);
                    if filter.any { filter.tests.iter().any(fulfilled) } else { filter.tests.iter().all(fulfilled) }
                });
                self.values.insert(name, found.unwrap_or_default());
                Ok(next.as_ref())
            }
            Element::Decision { branches, otherwise } => {
                let branch = branches.iter().find(|(conditions, _)| self.fulfils(conditions));
                Ok(branch.map_or(otherwise, |(_, next)| next).as_ref())
            }
            Element::Assignment { items, next } => {
                items.iter().for_each(|item| self.assign(item));
                Ok(next.as_ref())
            }
            Element::Notify { inputs, next } => {
                let message = self.message(inputs)?;
                self.sent.push(message);
                Ok(next.as_ref())
            }
        }
    }

    fn assign(&mut self, item: &'a Assignment) {
        let value = self.value(&item.value);
        let old = self.look_up(&item.variable);
        let new = match (item.adds, old) {
            (false, _) => value,
            (true, Value::Array(mut list)) => {
                list.push(value);
                Value::Array(list)
            }
            // A list that nothing was added to yet.
            (true, Value::Null) => json!([value]),
            (true, Value::Number(old)) => {
                json!(old.as_f64().unwrap_or_default() + value.as_f64().unwrap_or_default())
            }
            (true, old) => Value::String(text(&old) + &text(&value)),
        };
        self.values.insert(&item.variable, new);
    }

    fn message(&self, inputs: &HashMap<String, Operand>) -> Result<Message, InterviewError> {
        let input = |name: &'static str| {
            let value = inputs.get(name).map(|operand| self.value(operand)).unwrap_or_default();
            if is_blank(&value) { Err(InterviewError::NoInput(name)) } else { Ok(value) }
        };
        let type_id = text(&input("customNotifTypeId")?);
        let kind = self.types.iter().enumerate().find(|(index, _)| type_id_of(*index) == type_id);
        let Some((_, kind)) = kind else { return Err(InterviewError::NoType(type_id)) };
        let recipients = match input("recipientIds")? {
            Value::Array(ids) => ids.iter().map(text).collect(),
            id => vec![text(&id)],
        };
        Ok(Message {
            notification_type: kind.name.clone(),
            recipients,
            title: text(&input("title")?).chars().take(MAX_TITLE).collect(),
            body: text(&input("body")?).chars().take(MAX_BODY).collect(),
        })
    }

    fn fulfils(&self, conditions: &Conditions) -> bool {
        let fulfilled = |test: &Test| compare(&self.value(&test.left), test.operator, &self.value(&test.right));
        match conditions.any && !conditions.tests.is_empty() {
            true => conditions.tests.iter().any(fulfilled),
            false => conditions.tests.iter().all(fulfilled),
        }
    }

    /// A condition whose left side is a field of a record that is looked up.
    fn fulfils_on(&self, record: &Value, test: &Test) -> bool {
        let Operand::Reference(field) = &test.left else { return false };
        compare(record.get(field).unwrap_or(&Value::Null), test.operator, &self.value(&test.right))
    }

    fn value(&self, operand: &Operand) -> Value {
        match operand {
            Operand::Literal(value) => value.clone(),
            Operand::Template(template) => Value::String(self.fill(template)),
            Operand::Reference(name) => self.look_up(name),
        }
    }

    fn look_up(&self, name: &str) -> Value {
        if let Some(field) = name.strip_prefix("$Record.") {
            return self.record.get(field).cloned().unwrap_or_default();
        }
        if let Some(value) = self.values.get(name) {
            return value.clone();
        }
        if let Some((element, field)) = name.split_once('.') {
            return self.values.get(element).and_then(|record| record.get(field)).cloned().unwrap_or_default();
        }
        self.flow.resources.get(name).map(|operand| self.value(operand)).unwrap_or_default()
    }

    /// A template with values in the place of `{!…}`.
    fn fill(&self, template: &str) -> String {
        let mut filled = String::with_capacity(template.len());
        let mut rest = template;
        while let Some((before, after)) = rest.split_once("{!") {
            let Some((name, after)) = after.split_once('}') else { break };
            filled.push_str(before);
            filled.push_str(&text(&self.look_up(name.trim())));
            rest = after;
        }
        filled.push_str(rest);
        filled
    }
}

fn type_id_of(index: usize) -> String {
    id::generate(NOTIFICATION_TYPE, index as u64 + 1)
}

/// A notification type as a record.
fn type_record(index: usize, kind: &NotificationType) -> Value {
    json!({
        "Id": type_id_of(index), "DeveloperName": kind.name, "CustomNotifTypeName": kind.name,
        "MasterLabel": kind.label,
    })
}

fn compare(left: &Value, operator: Operator, right: &Value) -> bool {
    let same = || match (left.as_f64(), right.as_f64()) {
        (Some(left), Some(right)) => left == right,
        _ => left == right || text(left).eq_ignore_ascii_case(&text(right)) && !left.is_null() && !right.is_null(),
    };
    let order = || left.as_f64()?.partial_cmp(&right.as_f64()?);
    let says = |fact: bool| fact == right.as_bool().unwrap_or(true);
    match operator {
        Operator::IsNull => says(left.is_null()),
        Operator::IsBlank => says(is_blank(left)),
        Operator::EqualTo => same(),
        Operator::NotEqualTo => !same(),
        Operator::GreaterThan => order().is_some_and(|order| order.is_gt()),
        Operator::GreaterThanOrEqualTo => order().is_some_and(|order| order.is_ge()),
        Operator::LessThan => order().is_some_and(|order| order.is_lt()),
        Operator::LessThanOrEqualTo => order().is_some_and(|order| order.is_le()),
        Operator::Contains => text(left).contains(&text(right)),
        Operator::StartsWith => text(left).starts_with(&text(right)),
        Operator::EndsWith => text(left).ends_with(&text(right)),
    }
}

fn is_blank(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

/// A value as it stands in a text; whole numbers have no decimal point.
fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Number(number) => match number.as_f64() {
            Some(float) if float.fract() == 0.0 && float.abs() < 1e15 => format!("{float:.0}"),
            _ => number.to_string(),
        },
        other => other.to_string(),
    }
}
