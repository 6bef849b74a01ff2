//! Flows that a platform event starts, as far as they notify users: they look up a notification type, decide, assign and
//! send. Nothing else that a Flow can do is done here; such Flows are not run at all.

mod interview;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use serde_json::Value;

/// A Flow that a platform event starts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Flow {
    /// API name.
    pub name: String,
    /// API name of the event.
    pub event: String,
    /// What the event must fulfil.
    pub(crate) filter: Conditions,
    /// Name of the first element.
    pub(crate) start: Option<String>,
    /// Elements by name.
    pub(crate) elements: HashMap<String, Element>,
    /// Constants, templates and variables by name, with what they begin with.
    pub(crate) resources: HashMap<String, Operand>,
}

/// A step of a Flow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Element {
    /// Finds the first notification type that fulfils conditions on its fields.
    FindType { filter: Conditions, next: Option<String> },
    /// Goes on with the first branch whose conditions are fulfilled.
    Decision { branches: Vec<(Conditions, Option<String>)>, otherwise: Option<String> },
    /// Changes variables.
    Assignment { items: Vec<Assignment>, next: Option<String> },
    /// Sends a notification; the inputs by name.
    Notify { inputs: HashMap<String, Operand>, next: Option<String> },
}

/// A change of a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Assignment {
    pub(crate) variable: String,
    /// Whether the value is added, to a list or a number, or replaces what was there.
    pub(crate) adds: bool,
    pub(crate) value: Operand,
}

/// Conditions, all or any of which must be fulfilled. None at all are fulfilled.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Conditions {
    pub(crate) any: bool,
    pub(crate) tests: Vec<Test>,
}

/// One condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Test {
    pub(crate) left: Operand,
    pub(crate) operator: Operator,
    pub(crate) right: Operand,
}

/// How a condition compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    /// Whether the left side is null is what the right side says.
    IsNull,
    /// Whether it is null or an empty text is what the right side says.
    IsBlank,
    EqualTo,
    NotEqualTo,
    GreaterThan,
    GreaterThanOrEqualTo,
    LessThan,
    LessThanOrEqualTo,
    Contains,
    StartsWith,
    EndsWith,
}

/// A value, or where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Operand {
    /// A value.
    Literal(Value),
    /// A text with `{!…}` in the places of values.
    Template(String),
    /// A resource, a field of an element's result (`Find.Id`), or one of the event (`$Record.Status__c`).
    Reference(String),
}
