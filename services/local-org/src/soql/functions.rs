//! The SQL functions that SQLite lacks: upper case beyond ASCII, and values as people write them.

use chrono::{DateTime, NaiveDate};
use rusqlite::Connection;
use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::ValueRef;

/// Makes `soql_upper(text)` and `soql_format(value, kind, scale)` known to the connection, once.
pub(super) fn register(conn: &Connection) -> rusqlite::Result<()> {
    // Defining them anew at each query would make SQLite prepare all cached statements again.
    if conn.prepare_cached("SELECT soql_format(soql_upper(''), '', 0)").is_ok() {
        return Ok(());
    }
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
    conn.create_scalar_function("soql_upper", 1, flags, |arguments| {
        let text = arguments.get_raw(0).as_str_or_null()?;
        Ok(text.map(upper))
    })?;
    conn.create_scalar_function("soql_format", 3, flags, format)
}

/// What comparison without regard to case compares.
pub(super) fn upper(text: &str) -> String {
    text.to_uppercase()
}

/// A value as it is written in the United States, the locale of all users here.
fn format(arguments: &Context<'_>) -> rusqlite::Result<Option<String>> {
    let kind: String = arguments.get(1)?;
    let scale: u8 = arguments.get(2)?;
    let number = match arguments.get_raw(0) {
        ValueRef::Null | ValueRef::Blob(_) => return Ok(None),
        ValueRef::Text(text) => {
            let text = String::from_utf8_lossy(text);
            return Ok(Some(date(&text, &kind).unwrap_or_else(|| text.into_owned())));
        }
        ValueRef::Integer(number) => number as f64,
        ValueRef::Real(number) => number,
    };
    Ok(Some(match kind.as_str() {
        "currency" if number < 0.0 => format!("-${}", grouped(-number, scale)),
        "currency" => format!("${}", grouped(number, scale)),
        "percent" => format!("{}%", grouped(number, scale)),
        _ => grouped(number, scale),
    }))
}

fn date(text: &str, kind: &str) -> Option<String> {
    if kind == "datetime" {
        let at = DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.3f%z").ok()?;
        return Some(at.format("%-m/%-d/%Y, %-I:%M %p").to_string());
    }
    let date: NaiveDate = text.parse().ok()?;
    Some(date.format("%-m/%-d/%Y").to_string())
}

/// `1,234.50`
fn grouped(number: f64, scale: u8) -> String {
    let text = format!("{number:.*}", usize::from(scale));
    let (sign, digits) = text.strip_prefix('-').map_or(("", text.as_str()), |digits| ("-", digits));
    let (whole, fraction) = digits.split_at(digits.find('.').unwrap_or(digits.len()));
    let mut written = String::from(sign);
    for (place, digit) in whole.char_indices() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            written.push(',');
        }
        written.push(digit);
    }
    written.push_str(fraction);
    written
}

#[cfg(test)]
mod tests {
    use super::{date, grouped};

    #[test]
    fn values_are_written_as_in_the_united_states() {
        for (number, scale, expected) in
            [(0.0, 0, "0"), (999.0, 2, "999.00"), (1_000.0, 0, "1,000"), (-1_234_567.891, 2, "-1,234,567.89")]
        {
            assert_eq!(grouped(number, scale), expected);
        }
        assert_eq!(date("2025-02-03", "date").as_deref(), Some("2/3/2025"));
        assert_eq!(date("2025-12-31T13:05:00.000+0000", "datetime").as_deref(), Some("12/31/2025, 1:05 PM"));
        assert_eq!(date("no date", "date"), None);
    }
}
