//! Flows (Metadata API Developer Guide, Flow), those that a platform event starts.

use std::collections::HashMap;
use std::path::Path;

use roxmltree::Node;
use serde_json::{Number, Value};

use super::error::MetadataError;
use super::source::Source;
use super::xml::{children, required, text, value, with_root};
use crate::flows::{Assignment, Conditions, Element, Flow, Operand, Operator, Test};
use crate::schema::Schema;

/// Members of a Flow that say nothing about what it does.
const SILENT: [&str; 11] = [
    "apiVersion",
    "description",
    "environments",
    "interviewLabel",
    "isTemplate",
    "label",
    "processMetadataValues",
    "processType",
    "runInMode",
    "start",
    "status",
];

/// Reads a Flow; `None` when it is not active, something else than a platform event starts it, or it does what a local
/// org cannot.
pub(super) fn read(source: &Source, schema: &Schema) -> Result<Option<Flow>, MetadataError> {
    let (path, name) = (source.path.as_path(), source.name.as_str());
    with_root(source, "Flow", |node| {
        let Some(start) = children(node, "start").next() else { return Ok(None) };
        let is_active = text(node, "status") == Some("Active");
        if !is_active || text(start, "triggerType") != Some("PlatformEvent") {
            return Ok(None);
        }
        let event = required(path, start, "object")?;
        if !schema.object(event).is_some_and(|object| object.is_event()) {
            return Err(MetadataError::invalid(path, format!("no platform event named {event} found")));
        }
        let Some(filter) = conditions(path, start, "filters", "filterLogic", |test| {
            Ok(Operand::Reference(format!("$Record.{}", required(path, test, "field")?)))
        })?
        else {
            return Ok(None);
        };
        let mut flow = Flow {
            name: name.to_owned(),
            event: event.to_owned(),
            filter,
            start: next(start, "connector").map(str::to_owned),
            ..Flow::default()
        };
        for member in node.children().filter(Node::is_element) {
            if !add_member(path, member, &mut flow)? {
                return Ok(None);
            }
        }
        Ok(Some(flow))
    })
}

/// Adds an element or a resource to the Flow; false when it is none that a local org knows.
fn add_member(path: &Path, node: Node<'_, '_>, flow: &mut Flow) -> Result<bool, MetadataError> {
    let kind = node.tag_name().name();
    if SILENT.contains(&kind) {
        return Ok(true);
    }
    let name = required(path, node, "name")?.to_owned();
    let resource = match kind {
        "textTemplates" => Some(Operand::Template(text(node, "text").unwrap_or_default().to_owned())),
        "constants" | "variables" => Some(match children(node, "value").next() {
            Some(value) => operand(path, value)?,
            None => Operand::Literal(Value::Null),
        }),
        _ => None,
    };
    if let Some(resource) = resource {
        flow.resources.insert(name, resource);
        return Ok(true);
    }
    let element = match kind {
        "recordLookups" => find_type(path, node)?,
        "decisions" => decision(path, node)?,
        "assignments" => assignment(path, node)?,
        "actionCalls" => notify(path, node)?,
        _ => None,
    };
    let Some(element) = element else { return Ok(false) };
    flow.elements.insert(name, element);
    Ok(true)
}

fn find_type(path: &Path, node: Node<'_, '_>) -> Result<Option<Element>, MetadataError> {
    if text(node, "object") != Some("CustomNotificationType") {
        return Ok(None);
    }
    let filter = conditions(path, node, "filters", "filterLogic", |test| {
        Ok(Operand::Reference(required(path, test, "field")?.to_owned()))
    })?;
    Ok(filter.map(|filter| Element::FindType { filter, next: owned_next(node, "connector") }))
}

fn decision(path: &Path, node: Node<'_, '_>) -> Result<Option<Element>, MetadataError> {
    let mut branches = Vec::new();
    for rule in children(node, "rules") {
        let conditions = conditions(path, rule, "conditions", "conditionLogic", |test| {
            Ok(Operand::Reference(required(path, test, "leftValueReference")?.to_owned()))
        })?;
        let Some(conditions) = conditions else { return Ok(None) };
        branches.push((conditions, owned_next(rule, "connector")));
    }
    Ok(Some(Element::Decision { branches, otherwise: owned_next(node, "defaultConnector") }))
}

fn assignment(path: &Path, node: Node<'_, '_>) -> Result<Option<Element>, MetadataError> {
    let mut items = Vec::new();
    for item in children(node, "assignmentItems") {
        let adds = match required(path, item, "operator")? {
            "Add" => true,
            "Assign" => false,
            _ => return Ok(None),
        };
        items.push(Assignment {
            variable: required(path, item, "assignToReference")?.to_owned(),
            adds,
            value: value_of(path, item)?,
        });
    }
    Ok(Some(Element::Assignment { items, next: owned_next(node, "connector") }))
}

fn notify(path: &Path, node: Node<'_, '_>) -> Result<Option<Element>, MetadataError> {
    if text(node, "actionType") != Some("customNotificationAction") {
        return Ok(None);
    }
    let mut inputs = HashMap::new();
    for input in children(node, "inputParameters") {
        inputs.insert(required(path, input, "name")?.to_owned(), value_of(path, input)?);
    }
    Ok(Some(Element::Notify { inputs, next: owned_next(node, "connector") }))
}

/// Conditions; `None` when they are put together by a formula, or compare in a way that a local org does not know.
fn conditions(
    path: &Path,
    node: Node<'_, '_>,
    name: &str,
    logic: &str,
    left: impl Fn(Node<'_, '_>) -> Result<Operand, MetadataError>,
) -> Result<Option<Conditions>, MetadataError> {
    let any = match text(node, logic) {
        None => false,
        Some(logic) if logic.eq_ignore_ascii_case("and") => false,
        Some(logic) if logic.eq_ignore_ascii_case("or") => true,
        Some(_) => return Ok(None),
    };
    let mut tests = Vec::new();
    for test in children(node, name) {
        let operator = match required(path, test, "operator")? {
            "IsNull" => Operator::IsNull,
            "IsBlank" => Operator::IsBlank,
            "EqualTo" => Operator::EqualTo,
            "NotEqualTo" => Operator::NotEqualTo,
            "GreaterThan" => Operator::GreaterThan,
            "GreaterThanOrEqualTo" => Operator::GreaterThanOrEqualTo,
            "LessThan" => Operator::LessThan,
            "LessThanOrEqualTo" => Operator::LessThanOrEqualTo,
            "Contains" => Operator::Contains,
            "StartsWith" => Operator::StartsWith,
            "EndsWith" => Operator::EndsWith,
            _ => return Ok(None),
        };
        // Conditions of decisions have a `rightValue`, filters a `value`.
        let right =
            children(test, "rightValue").next().map_or_else(|| value_of(path, test), |node| operand(path, node));
        tests.push(Test { left: left(test)?, operator, right: right? });
    }
    Ok(Some(Conditions { any, tests }))
}

/// The `value` of a node.
fn value_of(path: &Path, node: Node<'_, '_>) -> Result<Operand, MetadataError> {
    match children(node, "value").next() {
        Some(value) => operand(path, value),
        None => Ok(Operand::Literal(Value::Null)),
    }
}

fn operand(path: &Path, node: Node<'_, '_>) -> Result<Operand, MetadataError> {
    if let Some(name) = text(node, "elementReference") {
        return Ok(Operand::Reference(name.to_owned()));
    }
    if text(node, "booleanValue").is_some() {
        return Ok(Operand::Literal(Value::Bool(value(path, node, "booleanValue")?)));
    }
    if text(node, "numberValue").is_some() {
        let number: f64 = value(path, node, "numberValue")?;
        return Ok(Operand::Literal(Number::from_f64(number).map_or(Value::Null, Value::Number)));
    }
    match text(node, "stringValue") {
        Some(text) if text.contains("{!") => Ok(Operand::Template(text.to_owned())),
        Some(text) => Ok(Operand::Literal(Value::String(text.to_owned()))),
        None => Ok(Operand::Literal(Value::Null)),
    }
}

fn next<'a>(node: Node<'a, '_>, connector: &str) -> Option<&'a str> {
    children(node, connector).next().and_then(|connector| text(connector, "targetReference"))
}

fn owned_next(node: Node<'_, '_>, connector: &str) -> Option<String> {
    next(node, connector).map(str::to_owned)
}
