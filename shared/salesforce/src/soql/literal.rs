//! Values that stand without quotes, in the spelling in which they go into a query.

use chrono::{DateTime, Datelike, NaiveDate};
use std::ops::RangeInclusive;

use crate::decimal;

/// Years of dates ("Date Formats and Date Literals in WHERE", SOQL and SOSL Reference).
const YEARS: RangeInclusive<i32> = 1700..=4000;

const NO_NUMBER: &str = "a number, a date or a date and time";

/// Why something that begins like a number is no value.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NotANumber {
    /// It is something else than this.
    Unexpected(&'static str),
    /// It is a number or a date, but none that a query may hold.
    OutOfRange(&'static str),
}

/// A number, a date, or a date and time.
///
/// Exponents are written out, a fraction gets its leading zero, and a zone its colon: only spellings of the reference go
/// into a query.
pub(super) fn number_or_date(text: &str) -> Result<String, NotANumber> {
    if is_plain_number(text) {
        return Ok(text.to_owned());
    }
    if is_number(text) {
        let number = decimal::parse_exact(text).ok_or(NotANumber::OutOfRange("this number has more than 28 digits"))?;
        return Ok(number.to_string());
    }
    let (year, spelled) = date(text).or_else(|| date_time(text)).ok_or(NotANumber::Unexpected(NO_NUMBER))?;
    if YEARS.contains(&year) { Ok(spelled) } else { Err(NotANumber::OutOfRange("years are from 1700 to 4000")) }
}

/// `[+-]digits[.digits]`
fn is_plain_number(text: &str) -> bool {
    is_unsigned_number(text.strip_prefix(['+', '-']).unwrap_or(text))
}

fn is_unsigned_number(text: &str) -> bool {
    text.split_once('.').map_or_else(|| is_digits(text), |(whole, part)| is_digits(whole) && is_digits(part))
}

/// The same with an exponent, or without digits before the point.
fn is_number(text: &str) -> bool {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let unsigned = mantissa.strip_prefix(['+', '-']).unwrap_or(mantissa);
    let mantissa_ok = is_unsigned_number(unsigned) || unsigned.strip_prefix('.').is_some_and(is_digits);
    mantissa_ok && is_digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent))
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// Year and spelling of `2026-01-31`.
fn date(text: &str) -> Option<(i32, String)> {
    let date = (text.len() == 10).then(|| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()).flatten()?;
    Some((date.year(), text.to_owned()))
}

/// Year and spelling of `2026-01-31T12:00:00Z`: with or without fractions of a second, and with `Z`, `+hh:mm`, `+hhmm` (as
/// in the REST API's answers) or `+hh`.
fn date_time(text: &str) -> Option<(i32, String)> {
    let (day, rest) = text.split_at_checked(10)?;
    let time = rest.strip_prefix(['T', 't'])?;
    let (time, zone) = time.split_at_checked(time.find(['Z', 'z', '+', '-'])?)?;
    let zone = match (zone.split_at_checked(1)?, zone.len()) {
        (("Z" | "z", ""), _) => "Z".to_owned(),
        ((sign, digits), 3) => format!("{sign}{digits}:00"),
        ((sign, digits), 5) => format!("{sign}{}:{}", digits.get(..2)?, digits.get(2..)?),
        (_, 6) => zone.to_owned(),
        _ => return None,
    };
    let spelled = format!("{day}T{time}{zone}");
    let parsed = DateTime::parse_from_rfc3339(&spelled).ok()?;
    Some((parsed.year(), spelled))
}

/// What a word without quotes stands for: `TRUE`, `FALSE`, `NULL`, a date literal, or an amount of a currency.
pub(super) fn word(word: &str) -> Option<String> {
    let known = is_constant(word) || is_date_literal(word);
    if known { Some(word.to_ascii_uppercase()) } else { amount(word) }
}

fn is_constant(word: &str) -> bool {
    ["TRUE", "FALSE", "NULL"].iter().any(|constant| word.eq_ignore_ascii_case(constant))
}

/// `USD5000`: an ISO code with an amount ("convertCurrency()", SOQL and SOSL Reference).
fn amount(word: &str) -> Option<String> {
    let (code, number) = word.split_at_checked(3)?;
    let right = code.bytes().all(|b| b.is_ascii_alphabetic()) && is_unsigned_number(number);
    right.then(|| format!("{}{number}", code.to_ascii_uppercase()))
}

/// "Date Formats and Date Literals in WHERE", SOQL and SOSL Reference.
fn is_date_literal(word: &str) -> bool {
    const DAYS: &[&str] = &["TODAY", "YESTERDAY", "TOMORROW", "LAST_90_DAYS", "NEXT_90_DAYS"];
    const UNITS: &[&str] = &["WEEK", "MONTH", "QUARTER", "YEAR", "FISCAL_QUARTER", "FISCAL_YEAR"];
    const COUNTED: &[&str] = &["DAYS", "WEEKS", "MONTHS", "QUARTERS", "YEARS", "FISCAL_QUARTERS", "FISCAL_YEARS"];
    let word = word.to_ascii_uppercase();
    let Some((name, count)) = word.split_once(':') else {
        let unit = ["LAST_", "THIS_", "NEXT_"].iter().find_map(|prefix| word.strip_prefix(prefix));
        return DAYS.contains(&word.as_str()) || unit.is_some_and(|unit| UNITS.contains(&unit));
    };
    let ahead = ["LAST_N_", "NEXT_N_"].iter().find_map(|prefix| name.strip_prefix(prefix));
    let unit = ahead.or_else(|| name.strip_prefix("N_").and_then(|rest| rest.strip_suffix("_AGO")));
    let count_ok = (1..=9).contains(&count.len()) && count.bytes().all(|b| b.is_ascii_digit());
    count_ok && unit.is_some_and(|unit| COUNTED.contains(&unit))
}
