//! Pieces of SQL with the values to bind to them.

use rusqlite::types::Value;

/// SQL text with one `?` for each value, in order. Values of a query never become part of the text.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Fragment {
    pub(super) text: String,
    pub(super) values: Vec<Value>,
}

impl Fragment {
    pub(super) fn new(text: impl Into<String>, values: impl IntoIterator<Item = Value>) -> Self {
        Self { text: text.into(), values: values.into_iter().collect() }
    }

    pub(super) fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    pub(super) fn append(&mut self, other: Self) {
        self.text.push_str(&other.text);
        self.values.extend(other.values);
    }

    /// `LIMIT` and `OFFSET`, if there are any.
    pub(super) fn limit(limit: Option<u32>, offset: Option<u32>) -> Self {
        if limit.is_none() && offset.is_none() {
            return Self::default();
        }
        // SQLite has no OFFSET without LIMIT; -1 is no limit.
        let (limit, offset) = (limit.map_or(-1, i64::from), offset.map_or(0, i64::from));
        Self::new(" LIMIT ? OFFSET ?", [Value::Integer(limit), Value::Integer(offset)])
    }

    /// The condition's opposite by SOQL's two-valued logic: true also where SQL does not know.
    pub(super) fn negated(self) -> Self {
        Self { text: format!("(({}) IS NOT TRUE)", self.text), values: self.values }
    }

    /// Joins conditions with `AND` or `OR` as a balanced tree: a chain of thousands would exceed SQLite's limit on the
    /// depth of expressions.
    pub(super) fn join(mut terms: Vec<Self>, operator: &str) -> Self {
        if terms.len() < 2 {
            return terms.pop().unwrap_or_default();
        }
        let right = Self::join(terms.split_off(terms.len() / 2), operator);
        let mut joined = Self::new("(", []);
        joined.append(Self::join(terms, operator));
        joined.push(operator);
        joined.append(right);
        joined.push(")");
        joined
    }
}

/// A table or column name as SQL writes it.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
