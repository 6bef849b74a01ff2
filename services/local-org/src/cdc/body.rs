//! The body of a change event: the fields that a change is about.

use apache_avro::types::Value;
use rusqlite::types::Value as Stored;

use super::bitmap::FieldSet;
use super::change::{Change, ChangeType};
use super::layout::{Content, EventField, Layout, Part};
use crate::events::avro;
use crate::record::Record;

/// The field that every update changes.
const ALWAYS_CHANGED: &str = "LastModifiedDate";

/// Values by field of the layout; absent fields are null.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Body {
    values: Vec<Option<Value>>,
    changed: FieldSet,
    nulled: FieldSet,
}

/// What a change is and what its event says about fields; `None` when nothing changed.
pub(super) fn of(layout: &Layout, change: &Change<'_>) -> Option<(ChangeType, Body)> {
    let was_live = change.before.as_deref().filter(|record| !record.flag("IsDeleted"));
    let is_live = change.after.as_deref().filter(|record| !record.flag("IsDeleted"));
    match (was_live, is_live) {
        (None, None) => None,
        (None, Some(after)) => {
            let kind = if change.before.is_none() { ChangeType::Create } else { ChangeType::Undelete };
            Some((kind, Body::whole(layout, after)))
        }
        (Some(_), None) => Some((ChangeType::Delete, Body::default())),
        (Some(before), Some(after)) => {
            let differs = change.object.fields.iter().any(|field| !before.agrees(after, &field.name));
            differs.then(|| (ChangeType::Update, Body::difference(layout, before, after)))
        }
    }
}

impl Body {
    /// All fields of a record.
    fn whole(layout: &Layout, record: &Record<'_>) -> Self {
        let values = layout.fields.iter().map(|field| whole_value(field, record)).collect();
        Self { values, ..Self::default() }
    }

    /// The fields in which a record differs from what it was.
    fn difference(layout: &Layout, before: &Record<'_>, after: &Record<'_>) -> Self {
        let mut body = Self::default();
        for (index, field) in layout.fields.iter().enumerate() {
            // The header is the first field of the schema.
            let place = index + 1;
            let value = match &field.content {
                Content::Compound { parts, .. } => body.changed_parts(place, parts, before, after),
                _ if before.agrees(after, &field.name) && field.name != ALWAYS_CHANGED => None,
                _ => {
                    let value = whole_value(field, after);
                    body.changed.add(place);
                    if value.is_none() {
                        body.nulled.add(place);
                    }
                    value
                }
            };
            body.values.push(value);
        }
        body
    }

    /// The compound with only those of its parts that changed.
    fn changed_parts(
        &mut self,
        place: usize,
        parts: &[Part],
        before: &Record<'_>,
        after: &Record<'_>,
    ) -> Option<Value> {
        let mut any = false;
        let mut values = Vec::with_capacity(parts.len());
        for (index, part) in parts.iter().enumerate() {
            let source = part.source.as_deref().filter(|source| !before.agrees(after, source));
            let value = source.and_then(|source| avro::value(part.kind, after.get(source).unwrap_or(&Stored::Null)));
            if source.is_some() {
                any = true;
                self.changed.add_part(place, index);
                if value.is_none() {
                    self.nulled.add_part(place, index);
                }
            }
            values.push((part.name.to_owned(), avro::optional(value)));
        }
        any.then_some(Value::Record(values))
    }

    /// Fields by which it counts toward the changes of a transaction.
    pub(super) fn weight(&self) -> usize {
        self.changed.len().max(1)
    }

    /// The bitmaps of changed fields, for updates only.
    pub(super) fn changed(&self) -> Vec<String> {
        self.changed.bitmaps()
    }

    /// The bitmaps of fields that were emptied.
    pub(super) fn nulled(&self) -> Vec<String> {
        self.nulled.bitmaps()
    }

    /// The fields as the schema has them.
    pub(super) fn fields<'b>(&'b self, layout: &'b Layout) -> impl Iterator<Item = (String, Value)> + 'b {
        layout.fields.iter().enumerate().map(|(index, field)| {
            let value = self.values.get(index).cloned().flatten();
            (field.name.clone(), avro::optional(value))
        })
    }
}

/// The value of a field, whole; `None` when it is null.
fn whole_value(field: &EventField, record: &Record<'_>) -> Option<Value> {
    match &field.content {
        Content::Plain(kind) => avro::value(*kind, record.get(&field.name)?),
        Content::SwitchableName => record.text(&field.name).map(|name| Value::String(name.to_owned())),
        Content::Compound { parts, .. } => {
            let value = |part: &Part| avro::value(part.kind, record.get(part.source.as_deref()?)?);
            let values: Vec<_> = parts.iter().map(|part| (part.name, value(part))).collect();
            if values.iter().all(|(_, value)| value.is_none()) {
                return None;
            }
            let values = values.into_iter().map(|(name, value)| (name.to_owned(), avro::optional(value)));
            Some(Value::Record(values.collect()))
        }
    }
}
