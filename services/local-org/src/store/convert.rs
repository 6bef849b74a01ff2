//! Values as callers send them, into values as they are stored, and back.

use chrono::{DateTime, Datelike, NaiveDate, Timelike, Utc};
use rusqlite::types::Value as Stored;
use rust_decimal::prelude::ToPrimitive;
use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::{Number, Value};

use crate::error::ApiError;
use crate::id;
use crate::schema::{FieldDef, FieldType, Schema};

/// A caller's value, checked against the field's type, length, range and picklist. Numbers, booleans and dates may come
/// as text, as in CSV; empty text is null.
pub(super) fn to_stored(schema: &Schema, field: &FieldDef, value: &Value) -> Result<Stored, ApiError> {
    let text = match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(number) => number.to_string(),
        Value::Array(_) => return Err(not_a(field, "START_ARRAY", value)),
        Value::Object(_) => return Err(not_a(field, "START_OBJECT", value)),
    };
    if text.is_empty() {
        return Ok(if field.kind == FieldType::Boolean { Stored::Integer(0) } else { Stored::Null });
    }
    match field.kind {
        FieldType::Boolean => boolean(&text).ok_or_else(|| not_a(field, token(value), value)),
        FieldType::Int | FieldType::Double | FieldType::Currency | FieldType::Percent => {
            number(field, &text).ok_or_else(|| not_a(field, token(value), value))?
        }
        FieldType::Date => date(&text).ok_or_else(|| not_a(field, token(value), value)),
        FieldType::DateTime => instant(&text).ok_or_else(|| not_a(field, token(value), value)),
        FieldType::Id | FieldType::Reference => reference(schema, field, &text),
        FieldType::Picklist => picklist(field, text),
        FieldType::Email => address(field, text),
        FieldType::String | FieldType::TextArea | FieldType::Phone | FieldType::Url => {
            within_length(field, &text)?;
            Ok(Stored::Text(text))
        }
    }
}

/// A stored value as the REST API gives it.
pub(super) fn to_json(field: &FieldDef, value: &Stored) -> Value {
    match value {
        Stored::Null | Stored::Blob(_) => Value::Null,
        Stored::Integer(flag) if field.kind == FieldType::Boolean => Value::Bool(*flag != 0),
        Stored::Integer(number) => Value::from(*number),
        Stored::Real(number) => Number::from_f64(*number).map_or(Value::Null, Value::Number),
        Stored::Text(text) => Value::String(text.clone()),
    }
}

/// Whether a column of the field gives the value back as it is: SQLite makes numbers of what is put into columns of
/// numbers, and text of what is put into columns of text.
pub(super) fn is_kept(field: &FieldDef, value: &Stored) -> bool {
    match value {
        Stored::Null => true,
        Stored::Integer(_) => matches!(field.kind, FieldType::Boolean | FieldType::Int),
        Stored::Real(number) => {
            matches!(field.kind, FieldType::Double | FieldType::Currency | FieldType::Percent) && !number.is_nan()
        }
        Stored::Text(_) => !matches!(
            field.kind,
            FieldType::Boolean | FieldType::Int | FieldType::Double | FieldType::Currency | FieldType::Percent
        ),
        Stored::Blob(_) => false,
    }
}

/// A point in time as it is stored.
pub(super) fn timestamp(at: DateTime<Utc>) -> String {
    let (date, time) = (at.date_naive(), at.time());
    let Ok(year @ 0..=9999) = u32::try_from(date.year()) else {
        return at.format("%Y-%m-%dT%H:%M:%S%.3f+0000").to_string();
    };
    // By hand, because each graph has a time of its own, and the formatter takes as long as an insert.
    let mut text = String::with_capacity(28);
    let mut push = |number: u32, digits: u32, end: char| {
        text.extend((0..digits).rev().map(|place| char::from(b'0' + (number / 10u32.pow(place) % 10) as u8)));
        text.push(end);
    };
    push(year, 4, '-');
    push(date.month(), 2, '-');
    push(date.day(), 2, 'T');
    push(time.hour(), 2, ':');
    push(time.minute(), 2, ':');
    // Chrono has a leap second in the nanoseconds.
    push(time.second() + time.nanosecond() / 1_000_000_000, 2, '.');
    push(time.nanosecond() % 1_000_000_000 / 1_000_000, 3, '+');
    text.push_str("0000");
    text
}

/// Half away from zero, as Salesforce rounds.
pub(super) fn rounded(number: Decimal, scale: u8) -> Decimal {
    number.round_dp_with_strategy(scale.into(), RoundingStrategy::MidpointAwayFromZero)
}

fn boolean(text: &str) -> Option<Stored> {
    match text {
        "1" => Some(Stored::Integer(1)),
        "0" => Some(Stored::Integer(0)),
        _ if text.eq_ignore_ascii_case("true") => Some(Stored::Integer(1)),
        _ if text.eq_ignore_ascii_case("false") => Some(Stored::Integer(0)),
        _ => None,
    }
}

/// `None` when it is no number, the inner error when it is too large. All decimals are kept, also beyond the field's scale,
/// which says how many are shown: "Salesforce does not round values provided through the API" (Help 000385689).
fn number(field: &FieldDef, text: &str) -> Option<Result<Stored, ApiError>> {
    let text = text.trim();
    let number: f64 = text.parse().ok().filter(|number: &f64| number.is_finite())?;
    let whole_digits = i32::from(field.precision.saturating_sub(field.scale));
    if field.precision > 0 && number.abs() >= 10f64.powi(whole_digits) {
        return Some(Err(out_of_range(field, text)));
    }
    if field.kind != FieldType::Int {
        return Some(Ok(Stored::Real(number)));
    }
    let exact = text.parse().or_else(|_| Decimal::from_scientific(text));
    Some(match exact.ok().and_then(|exact| rounded(exact, 0).to_i64()) {
        Some(whole) => Ok(Stored::Integer(whole)),
        // A number, but not one of 28 digits: far too large or next to nothing.
        None if number.abs() < 1.0 => Ok(Stored::Integer(0)),
        None => Err(out_of_range(field, text)),
    })
}

fn out_of_range(field: &FieldDef, text: &str) -> ApiError {
    let message = format!("{}: value outside of valid range on numeric field: {text}", field.label);
    ApiError::new(400, "NUMBER_OUTSIDE_VALID_RANGE", message).with_fields([&field.name])
}

/// A date, also taken from a date and time.
fn date(text: &str) -> Option<Stored> {
    let day = match NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        Ok(day) => day,
        Err(_) => parse_instant(text)?.date_naive(),
    };
    Some(Stored::Text(day.format("%Y-%m-%d").to_string()))
}

fn instant(text: &str) -> Option<Stored> {
    let at = match NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        Ok(day) => day.and_hms_opt(0, 0, 0)?.and_utc(),
        Err(_) => parse_instant(text)?,
    };
    Some(Stored::Text(timestamp(at)))
}

fn parse_instant(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text)
        .or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%z"))
        .ok()
        .map(|at| at.with_timezone(&Utc))
}

/// Ill-formed ids are `MALFORMED_ID`; a well-formed id of another object is a question of integrity.
fn reference(schema: &Schema, field: &FieldDef, text: &str) -> Result<Stored, ApiError> {
    let id = id::normalise(text).ok_or_else(|| ApiError::malformed_id(&field.label, text, &field.name))?;
    let fits = field
        .reference_to
        .iter()
        .any(|target| schema.object(target).is_none_or(|object| object.key_prefix == id::prefix(&id)));
    if fits || field.reference_to.is_empty() {
        return Ok(Stored::Text(id));
    }
    let message = format!("{}: id value of incorrect type: {text}", field.label);
    Err(ApiError::new(400, "FIELD_INTEGRITY_EXCEPTION", message).with_fields([&field.name]))
}

fn picklist(field: &FieldDef, text: String) -> Result<Stored, ApiError> {
    if let Some(value) = field.picklist.iter().find(|value| value.eq_ignore_ascii_case(&text)) {
        return Ok(Stored::Text(value.clone()));
    }
    if field.restricted {
        let message = format!("{}: bad value for restricted picklist field: {text}", field.label);
        return Err(ApiError::new(400, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message).with_fields([&field.name]));
    }
    within_length(field, &text)?;
    Ok(Stored::Text(text))
}

/// An org is stricter, in ways that its documents do not tell: what is no address for anybody is none here.
fn address(field: &FieldDef, text: String) -> Result<Stored, ApiError> {
    within_length(field, &text)?;
    let is_part =
        |part: &str| !part.is_empty() && !part.contains(|c: char| c.is_whitespace() || matches!(c, '@' | ',' | ';'));
    if text.trim().rsplit_once('@').is_some_and(|(name, domain)| is_part(name) && is_part(domain)) {
        return Ok(Stored::Text(text));
    }
    let message = format!("{}: invalid email address: {text}", field.label);
    Err(ApiError::new(400, "INVALID_EMAIL_ADDRESS", message).with_fields([&field.name]))
}

fn within_length(field: &FieldDef, text: &str) -> Result<(), ApiError> {
    let longest = field.length as usize;
    // Bytes first: no text has more characters than bytes.
    if longest == 0 || text.len() <= longest || text.chars().count() <= longest {
        return Ok(());
    }
    let message = format!("{}: data value too large: {text} (max length={longest})", field.label);
    Err(ApiError::new(400, "STRING_TOO_LONG", message).with_fields([&field.name]))
}

/// The name of the JSON token in the parser's message.
fn token(value: &Value) -> &'static str {
    match value {
        Value::Bool(true) => "VALUE_TRUE",
        Value::Bool(false) => "VALUE_FALSE",
        Value::Number(_) => "VALUE_NUMBER",
        _ => "VALUE_STRING",
    }
}

fn not_a(field: &FieldDef, token: &str, value: &Value) -> ApiError {
    let kind = match field.kind {
        FieldType::Boolean => "boolean",
        FieldType::Int => "int",
        FieldType::Double | FieldType::Percent => "double",
        FieldType::Currency => "currency",
        FieldType::Date => "date",
        FieldType::DateTime => "datetime",
        FieldType::Id | FieldType::Reference => "id",
        _ => "string",
    };
    let shown = match value {
        Value::String(text) => text.clone(),
        Value::Array(_) | Value::Object(_) => String::new(),
        other => other.to_string(),
    };
    let message = format!(
        "Cannot deserialize instance of {kind} from {token} value {shown} or request may be missing a required field"
    );
    ApiError::new(400, "JSON_PARSER_ERROR", message).with_fields([&field.name])
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, NaiveDate, Utc};
    use proptest::prelude::*;

    use super::timestamp;

    fn formatted(at: DateTime<Utc>) -> String {
        at.format("%Y-%m-%dT%H:%M:%S%.3f+0000").to_string()
    }

    #[test]
    fn odd_times_are_written_as_the_formatter_does() {
        let leap = NaiveDate::from_ymd_opt(2016, 12, 31).unwrap().and_hms_milli_opt(23, 59, 59, 1_750).unwrap();
        for at in [DateTime::UNIX_EPOCH, DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC, leap.and_utc()] {
            assert_eq!(timestamp(at), formatted(at));
        }
    }

    proptest! {
        #[test]
        fn a_time_is_written_as_the_formatter_does(seconds in -70_000_000_000i64..270_000_000_000, nanos in 0u32..1_000_000_000) {
            let at = DateTime::from_timestamp(seconds, nanos).expect("a time");
            prop_assert_eq!(timestamp(at), formatted(at));
        }
    }
}
