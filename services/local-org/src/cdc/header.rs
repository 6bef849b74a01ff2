//! The header of a change event, and the whole event.

use apache_avro::types::Value;

use super::body::Body;
use super::change::{ChangeType, Commit};
use super::layout::Layout;

/// Name of the header's field and of its type.
pub(super) const HEADER: &str = "ChangeEventHeader";

/// What the header says besides the entity and its fields.
#[derive(Debug, Clone, Copy)]
pub(super) struct Header<'a> {
    pub(super) kind: ChangeType,
    pub(super) ids: &'a [String],
    /// The same for all events of a transaction.
    pub(super) transaction: &'a str,
    /// Place in the transaction, from 1.
    pub(super) sequence: i32,
    pub(super) commit: &'a Commit<'a>,
}

impl Header<'_> {
    /// The event.
    pub(super) fn event(&self, object: &str, layout: &Layout, body: &Body) -> Value {
        let text = |text: &str| Value::String(text.to_owned());
        let list = |items: &[String]| Value::Array(items.iter().map(|item| text(item)).collect());
        let header = [
            ("entityName", text(object)),
            ("recordIds", list(self.ids)),
            ("changeType", self.kind.symbol()),
            ("changeOrigin", text(self.commit.origin.as_str())),
            ("transactionKey", text(self.transaction)),
            ("sequenceNumber", Value::Int(self.sequence)),
            ("commitTimestamp", Value::Long(self.commit.at.timestamp_millis())),
            ("commitNumber", Value::Long(self.commit.number)),
            ("commitUser", text(self.commit.user_id)),
            ("nulledFields", list(&body.nulled())),
            ("diffFields", list(&[])),
            ("changedFields", list(&body.changed())),
        ];
        let header = header.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let mut event = vec![(HEADER.to_owned(), Value::Record(header))];
        event.extend(body.fields(layout));
        Value::Record(event)
    }
}
