//! Turns the constants of a query into the values that SQLite stores for a field.

use chrono::{NaiveDate, NaiveTime};
use rusqlite::types::Value;

use super::ast::Literal;
use super::id;
use super::operand::is_text;
use crate::schema::FieldType;

/// What a constant means for a field.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Bound {
    /// A value, or null.
    Value(Value),
    /// From the first value up to, but without, the second.
    Range(Value, Value),
}

/// Why a constant cannot be compared with a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Mismatch {
    /// It is of another type.
    Type,
    /// It is no id.
    Id(String),
    /// It is a period outside the calendar.
    Period,
    /// It is an amount of a currency that the org does not have.
    Currency(String),
}

/// The currency of the org, which has no other.
const CURRENCY: &str = "USD";

/// The constant as a value of the type.
pub(super) fn bind(kind: FieldType, literal: &Literal, today: NaiveDate) -> Result<Bound, Mismatch> {
    let value = match (kind, literal) {
        (_, Literal::Null) => Value::Null,
        (FieldType::Id | FieldType::Reference, Literal::Text(text)) => id_value(&text.value())?,
        (_, Literal::Text(text)) if is_text(kind) => Value::Text(text.value()),
        (FieldType::Boolean, Literal::Boolean(value)) => Value::Integer((*value).into()),
        (
            FieldType::Int | FieldType::Double | FieldType::Currency | FieldType::Percent,
            Literal::Integer(_) | Literal::Decimal(_),
        ) => number(literal),
        (FieldType::Currency, Literal::Currency { code, amount }) => {
            if code != CURRENCY {
                return Err(Mismatch::Currency(code.clone()));
            }
            Value::Real(*amount)
        }
        (FieldType::Date, Literal::Date(date)) => date_value(*date),
        (FieldType::DateTime, Literal::DateTime(time)) => Value::Text(time_text(&time.naive_utc())),
        (FieldType::Date | FieldType::DateTime, Literal::Period(period)) => {
            let (start, end) = period.bounds(today).ok_or(Mismatch::Period)?;
            let value = if kind == FieldType::Date { date_value } else { midnight_value };
            return Ok(Bound::Range(value(start), value(end)));
        }
        _ => return Err(Mismatch::Type),
    };
    Ok(Bound::Value(value))
}

/// An id in its stored form; the empty string, which is smaller than every id, stays.
fn id_value(text: &str) -> Result<Value, Mismatch> {
    if text.is_empty() {
        return Ok(Value::Text(String::new()));
    }
    id::long_form(text).map(Value::Text).ok_or_else(|| Mismatch::Id(text.to_owned()))
}

fn number(literal: &Literal) -> Value {
    match literal {
        Literal::Integer(integer) => Value::Integer(*integer),
        Literal::Decimal(decimal) => Value::Real(*decimal),
        _ => Value::Null,
    }
}

fn date_value(date: NaiveDate) -> Value {
    Value::Text(date.format("%Y-%m-%d").to_string())
}

fn midnight_value(date: NaiveDate) -> Value {
    Value::Text(time_text(&date.and_time(NaiveTime::MIN)))
}

fn time_text(utc: &chrono::NaiveDateTime) -> String {
    utc.format("%Y-%m-%dT%H:%M:%S%.3f+0000").to_string()
}

/// The type's name in errors about constants, and whether its constants are quoted.
pub(super) fn described(kind: FieldType) -> (&'static str, bool) {
    match kind {
        FieldType::Id | FieldType::Reference => ("ID", true),
        FieldType::Boolean => ("boolean", false),
        FieldType::Int => ("int", false),
        FieldType::Double | FieldType::Currency | FieldType::Percent => ("double", false),
        FieldType::Date => ("date", false),
        FieldType::DateTime => ("dateTime", false),
        _ => ("string", true),
    }
}
