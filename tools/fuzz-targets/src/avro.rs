//! Events of the Pub/Sub API: Avro payloads, in change events with bitmaps of fields.

use shared::salesforce::pubsub::{Content, EventSchema};

/// A change event, and a platform event with a field of each kind that Salesforce writes.
pub const SCHEMAS: [&str; 2] = [include_str!("avro/change.json"), include_str!("avro/platform.json")];

/// Reads an event. The first byte chooses the schema; `{` begins a schema of the sender's own, which ends with a zero byte. What
/// was read can be written and read again.
///
/// # Panics
/// When it cannot, or comes out as something else.
pub fn avro(data: &[u8]) {
    let Some((first, rest)) = data.split_first() else { return };
    if *first == b'{' {
        let end = data.iter().position(|byte| *byte == 0).unwrap_or(data.len());
        let (schema, payload) = data.split_at(end);
        let Ok(schema) = std::str::from_utf8(schema) else { return };
        if let Ok(schema) = EventSchema::parse("fuzzed", schema) {
            read(&schema, payload.get(1..).unwrap_or_default());
        }
        return;
    }
    let schema = SCHEMAS[usize::from(*first) % SCHEMAS.len()];
    match EventSchema::parse("known", schema) {
        Ok(schema) => read(&schema, rest),
        Err(error) => panic!("a schema of this target is wrong: {error}"),
    }
}

fn read(schema: &EventSchema, payload: &[u8]) {
    if let Ok(content) = Content::read(schema, payload) {
        assert!(!format!("{content:?}").is_empty(), "an event without words");
    }
    let Ok(fields) = schema.decode(payload) else { return };
    if let Ok(written) = schema.encode(&fields) {
        assert_eq!(schema.decode(&written).as_ref(), Ok(&fields), "written and read again it is another event");
    }
}
