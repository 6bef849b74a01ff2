//! The stored values of one record, or of some of its fields.

mod number;

use rusqlite::types::Value;
use rust_decimal::Decimal;

use crate::schema::FieldDef;

/// Values by API name in the schema's casing. A field that is absent was not given or not read; one that is
/// [`Value::Null`] is empty.
///
/// A list, because records are small and mostly read whole from the database: building a map costs more than its lookups
/// save.
#[derive(Debug, Clone, Default)]
pub(crate) struct Record<'s> {
    values: Vec<(&'s str, Value)>,
}

impl<'s> Record<'s> {
    /// A record of values of different fields.
    pub(crate) fn of(values: Vec<(&'s str, Value)>) -> Self {
        Self { values }
    }

    pub(crate) fn set(&mut self, field: &'s str, value: impl Into<Value>) {
        let value = value.into();
        match self.values.iter_mut().find(|(name, _)| *name == field) {
            Some((_, old)) => *old = value,
            None => self.values.push((field, value)),
        }
    }

    /// The same record with one more value, to build one in an expression.
    #[must_use]
    pub(crate) fn with(mut self, field: &'s str, value: impl Into<Value>) -> Self {
        self.set(field, value);
        self
    }

    pub(crate) fn set_number(&mut self, field: &'s str, value: Decimal) {
        self.set(field, Value::Real(number::nearest(value)));
    }

    pub(crate) fn set_flag(&mut self, field: &'s str, value: bool) {
        self.set(field, Value::Integer(value.into()));
    }

    /// The number in the field once `changes` are applied.
    pub(crate) fn number_after(&self, changes: &Record<'_>, field: &str) -> Option<Decimal> {
        if changes.contains(field) { changes.number(field) } else { self.number(field) }
    }

    /// The same values as a record of all these fields, in their order; `empty` for those that are absent.
    #[must_use]
    pub(crate) fn whole(mut self, fields: &'s [FieldDef], empty: impl Fn(&FieldDef) -> Value) -> Self {
        let mut take = |field: &'s FieldDef| {
            let place = self.values.iter().position(|(name, _)| *name == field.name)?;
            Some(self.values.swap_remove(place).1)
        };
        let value = |field: &'s FieldDef| (field.name.as_str(), take(field).unwrap_or_else(|| empty(field)));
        Self { values: fields.iter().map(value).collect() }
    }

    pub(crate) fn remove(&mut self, field: &str) {
        self.values.retain(|(name, _)| *name != field);
    }

    pub(crate) fn get(&self, field: &str) -> Option<&Value> {
        // A plain loop, because this runs for every field of every record, mostly without optimisation.
        for (name, value) in &self.values {
            if name.len() == field.len() && *name == field {
                return Some(value);
            }
        }
        None
    }

    /// All values, in the order in which they were set.
    pub(crate) fn values(&self) -> &[(&'s str, Value)] {
        &self.values
    }

    /// Whether the field was given or read, empty or not.
    pub(crate) fn contains(&self, field: &str) -> bool {
        self.get(field).is_some()
    }

    /// Whether the field is absent or empty.
    pub(crate) fn is_empty(&self, field: &str) -> bool {
        matches!(self.get(field), None | Some(Value::Null))
    }

    pub(crate) fn text(&self, field: &str) -> Option<&str> {
        match self.get(field) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn number(&self, field: &str) -> Option<Decimal> {
        match self.get(field) {
            Some(Value::Real(number)) => number::written(*number),
            Some(Value::Integer(number)) => Some(Decimal::from(*number)),
            _ => None,
        }
    }

    pub(crate) fn flag(&self, field: &str) -> bool {
        matches!(self.get(field), Some(Value::Integer(1)))
    }

    /// Whether both have the same value in the field; absent counts as empty.
    pub(crate) fn agrees(&self, other: &Record<'_>, field: &str) -> bool {
        self.get(field).unwrap_or(&Value::Null) == other.get(field).unwrap_or(&Value::Null)
    }

    /// This record with `changes` applied.
    #[must_use]
    pub(crate) fn changed_by(&self, changes: &Record<'s>) -> Self {
        let mut record = self.clone();
        record.apply(changes);
        record
    }

    /// Applies `changes`.
    pub(crate) fn apply(&mut self, changes: &Record<'s>) {
        for (field, value) in &changes.values {
            self.set(field, value.clone());
        }
    }
}
