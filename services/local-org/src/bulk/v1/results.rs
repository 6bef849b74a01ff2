//! Results of batches in the format of their job.

use std::io::{self, Write};

use chrono::{DateTime, NaiveDate, NaiveTime};
use serde_json::{Map, Value, json};

use super::NAMESPACE;
use super::spec::ContentType;
use crate::bulk::dialect::Dialect;
use crate::bulk::outcomes::{Outcomes, RowOutcome};
use crate::bulk::records::Records;
use crate::bulk::spool::{Spool, SpoolWriter};
use crate::schema::{FieldType, Schema};
use crate::xml::Xml;

/// The result of a query in CSV that found nothing; clients know it by these words.
pub(crate) const NOTHING_FOUND: &[u8] = b"Records not found for this query\n";
const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";
const XSI: &str = "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"";

/// What became of the rows of a load.
pub(crate) fn of_load(outcomes: &Outcomes, format: ContentType) -> io::Result<Spool> {
    let mut file = Spool::create();
    match format {
        ContentType::Csv => {
            let mut writer = Dialect::default().writer(&mut file);
            writer.write_record(["Id", "Success", "Created", "Error"])?;
            for outcome in outcomes.read() {
                let RowOutcome { success, created, id, errors } = outcome?;
                let error = errors.first().map(ToString::to_string).unwrap_or_default();
                let id = id.filter(|_| success).unwrap_or_default();
                writer.write_record([id.as_str(), &success.to_string(), &created.to_string(), &error])?;
            }
            writer.flush()?;
        }
        ContentType::Json => json_list(&mut file, outcomes.read().map(|outcome| Ok(json_of(&outcome?))))?,
        ContentType::Xml => {
            write!(file, "{DECLARATION}<results xmlns=\"{NAMESPACE}\">")?;
            for outcome in outcomes.read() {
                file.write_all(xml_of(&outcome?).as_bytes())?;
            }
            file.write_all(b"</results>")?;
        }
    }
    Ok(file.finish())
}

/// The records that a query found.
pub(crate) fn of_query(records: &Records, schema: &Schema, format: ContentType) -> io::Result<Spool> {
    let mut file = Spool::create();
    if format == ContentType::Xml {
        write!(file, "{DECLARATION}<queryResult xmlns=\"{NAMESPACE}\" {XSI}>")?;
        for record in records.read() {
            let mut xml = Xml::default();
            element(&mut xml, "records", &record?, schema);
            file.write_all(xml.into_string().as_bytes())?;
        }
        file.write_all(b"</queryResult>")?;
    } else {
        let with_instants = |record: io::Result<Value>| {
            let mut record = record?;
            count_milliseconds(&mut record, schema);
            Ok(record)
        };
        json_list(&mut file, records.read().map(with_instants))?;
    }
    Ok(file.finish())
}

fn json_list(file: &mut SpoolWriter, values: impl Iterator<Item = io::Result<Value>>) -> io::Result<()> {
    file.write_all(b"[")?;
    for (index, value) in values.enumerate() {
        if index > 0 {
            file.write_all(b",")?;
        }
        file.write_all(value?.to_string().as_bytes())?;
    }
    file.write_all(b"]")
}

fn json_of(outcome: &RowOutcome) -> Value {
    let RowOutcome { success, created, id, errors } = outcome;
    let errors: Vec<Value> = errors
        .iter()
        .map(|error| {
            json!({
                "message": error.message,
                "fields": error.fields,
                "statusCode": error.status_code,
                "extendedErrorDetails": null,
            })
        })
        .collect();
    json!({"success": success, "created": created, "id": id.as_deref().filter(|_| *success), "errors": errors})
}

fn xml_of(outcome: &RowOutcome) -> String {
    let RowOutcome { success, created, id, errors } = outcome;
    let mut xml = Xml::default();
    xml.open("result");
    for error in errors {
        xml.open("errors");
        for field in &error.fields {
            xml.text("fields", field);
        }
        xml.text("message", &error.message).text("statusCode", &error.status_code).close("errors");
    }
    if let Some(id) = id.as_deref().filter(|_| *success) {
        xml.text("id", id);
    }
    xml.value("success", success).value("created", created).close("result");
    xml.into_string()
}

/// A record as an element. Its times end with `Z`, as in CSV.
fn element(xml: &mut Xml, name: &str, record: &Value, schema: &Schema) {
    let Some(members) = record.as_object() else {
        xml.optional(name, None);
        return;
    };
    xml.open_with(name, "xsi:type=\"sObject\"");
    if let Some(kind) = type_of(members) {
        xml.text("type", kind);
    }
    for (name, value) in members.iter().filter(|(name, _)| *name != "attributes") {
        match value {
            Value::Null => xml.optional(name, None),
            Value::Object(_) => {
                element(xml, name, value, schema);
                continue;
            }
            Value::String(text) => match kind_of(schema, members, name) {
                Some(FieldType::DateTime) => xml.text(name, &text.replace("+0000", "Z")),
                _ => xml.text(name, text),
            },
            other => xml.value(name, other),
        };
    }
    xml.close(name);
}

/// Dates and times in JSON are milliseconds since 1970.
fn count_milliseconds(record: &mut Value, schema: &Schema) {
    let Some(members) = record.as_object_mut() else { return };
    let named: Vec<(String, Option<FieldType>)> =
        members.keys().map(|name| (name.clone(), kind_of(schema, members, name))).collect();
    for (name, kind) in named {
        let Some(value) = members.get_mut(&name) else { continue };
        let milliseconds = match (kind, value.as_str()) {
            (Some(FieldType::DateTime), Some(text)) => {
                DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.3f%z").ok().map(|at| at.timestamp_millis())
            }
            (Some(FieldType::Date), Some(text)) => {
                text.parse::<NaiveDate>().ok().map(|date| date.and_time(NaiveTime::MIN).and_utc().timestamp_millis())
            }
            _ => None,
        };
        match milliseconds {
            Some(milliseconds) => *value = json!(milliseconds),
            None if name != "attributes" => count_milliseconds(value, schema),
            None => {}
        }
    }
}

fn kind_of(schema: &Schema, members: &Map<String, Value>, name: &str) -> Option<FieldType> {
    Some(schema.object(type_of(members)?)?.field(name)?.kind)
}

fn type_of(members: &Map<String, Value>) -> Option<&str> {
    members.get("attributes")?.get("type")?.as_str()
}
