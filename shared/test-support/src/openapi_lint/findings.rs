//! The document under examination and what was found in it.

use serde_json::Value;

/// Longest chain of references that is followed, so that a circle ends.
const MAX_HOPS: usize = 16;

pub(super) struct Findings<'a> {
    document: &'a Value,
    lines: Vec<String>,
}

impl<'a> Findings<'a> {
    pub(super) fn new(document: &'a Value) -> Self {
        Self { document, lines: Vec::new() }
    }

    pub(super) fn document(&self) -> &'a Value {
        self.document
    }

    pub(super) fn add(&mut self, place: &str, message: impl AsRef<str>) {
        self.lines.push(format!("{place}: {}", message.as_ref()));
    }

    pub(super) fn into_lines(self) -> Vec<String> {
        self.lines
    }

    /// Follows `$ref` to what it stands for. `value` itself when it is no reference or leads nowhere, which
    /// `super::references` reports.
    pub(super) fn resolve(&self, mut value: &'a Value) -> &'a Value {
        for _ in 0..MAX_HOPS {
            let Some(target) = value["$ref"].as_str().and_then(|reference| self.target(reference)) else { break };
            value = target;
        }
        value
    }

    /// What a local reference (`#/components/…`) points to.
    pub(super) fn target(&self, reference: &str) -> Option<&'a Value> {
        self.document.pointer(reference.strip_prefix('#')?)
    }
}

/// The entries of an object; none when `value` is something else.
pub(super) fn entries(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flatten().map(|(key, value)| (key.as_str(), value))
}

/// The items of a list; none when `value` is something else.
pub(super) fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// `parent/key` as a JSON pointer.
pub(super) fn place(parent: &str, key: &str) -> String {
    format!("{parent}/{}", key.replace('~', "~0").replace('/', "~1"))
}
