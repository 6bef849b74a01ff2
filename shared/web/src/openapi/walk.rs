//! Going through a document, and telling where in it something is wrong.

use std::fmt;

use serde_json::{Map, Value};

/// Something that OpenAPI 3.0 cannot say.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub struct DowngradeError {
    /// JSON pointer into utoipa's document.
    pub pointer: String,
    /// What is there.
    pub problem: String,
}

impl DowngradeError {
    pub(super) fn here(problem: impl Into<String>) -> Self {
        Self { pointer: String::new(), problem: problem.into() }
    }

    /// The same error as seen from the parent that holds it under `key`.
    fn under(self, key: &str) -> Self {
        let key = key.replace('~', "~0").replace('/', "~1");
        Self { pointer: format!("/{key}{}", self.pointer), ..self }
    }
}

impl fmt::Display for DowngradeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.pointer, self.problem)
    }
}

pub(super) type Step = Result<(), DowngradeError>;

/// Visits `parent[key]`, if it is there.
pub(super) fn child(parent: &mut Value, key: &str, visit: &dyn Fn(&mut Value) -> Step) -> Step {
    parent.get_mut(key).map_or(Ok(()), |value| visit(value).map_err(|error| error.under(key)))
}

/// Visits every entry of the object or list `parent[key]`.
pub(super) fn each(parent: &mut Value, key: &str, visit: &dyn Fn(&mut Value) -> Step) -> Step {
    child(parent, key, &|value| entries(value, visit))
}

pub(super) fn entries(value: &mut Value, visit: &dyn Fn(&mut Value) -> Step) -> Step {
    match value {
        Value::Object(object) => {
            object.iter_mut().try_for_each(|(key, value)| visit(value).map_err(|error| error.under(key)))
        }
        Value::Array(items) => items
            .iter_mut()
            .enumerate()
            .try_for_each(|(index, value)| visit(value).map_err(|error| error.under(&index.to_string()))),
        _ => Ok(()),
    }
}

/// Removes keys and keeps the order of the others.
pub(super) fn remove(object: &mut Map<String, Value>, keys: &[&str]) {
    object.retain(|key, _| !keys.contains(&key.as_str()));
}
