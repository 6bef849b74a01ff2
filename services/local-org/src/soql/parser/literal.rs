//! Constants.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, Utc};

use super::super::ast::{Literal, Place};
use super::super::lexer::TokenKind;
use super::super::period::Period;
use super::Parser;
use crate::error::ApiError;

/// Years that a date may lie in (SOQL and SOSL Reference, "Date Formats and Date Literals in WHERE").
const YEARS: std::ops::RangeInclusive<i32> = 1700..=4000;

impl Parser<'_> {
    /// A constant on the right side of a comparison.
    pub(super) fn literal(&mut self) -> Result<Literal, ApiError> {
        let token = self.peek();
        let literal = match &token.kind {
            TokenKind::Text(text) => Literal::Text(text.clone()),
            TokenKind::Number => number(token.text).ok_or_else(|| self.unexpected())?,
            TokenKind::Date => Literal::Date(date(token.text).ok_or_else(|| self.bad_date(token.at, token.text))?),
            TokenKind::DateTime => {
                Literal::DateTime(date_time(token.text).ok_or_else(|| self.bad_date(token.at, token.text))?)
            }
            TokenKind::Word => return self.word_literal(),
            TokenKind::Symbol if token.text == ":" => return Err(self.bind_variable()),
            TokenKind::Symbol | TokenKind::End => return Err(self.unexpected()),
        };
        self.advance();
        Ok(literal)
    }

    fn word_literal(&mut self) -> Result<Literal, ApiError> {
        for (word, literal) in
            [("NULL", Literal::Null), ("TRUE", Literal::Boolean(true)), ("FALSE", Literal::Boolean(false))]
        {
            if self.take_word(word) {
                return Ok(literal);
            }
        }
        let token = self.peek();
        if let Some(literal) = amount(token.text) {
            self.advance();
            return Ok(literal);
        }
        let number = self.peek_at(1).text == ":" && self.peek_at(2).kind == TokenKind::Number;
        let period = if number {
            self.peek_at(2).text.parse().ok().and_then(|number| Period::named(token.text, Some(number)))
        } else {
            Period::named(token.text, None)
        };
        let period = period.ok_or_else(|| self.unexpected())?;
        self.next += if number { 3 } else { 1 };
        Ok(Literal::Period(period))
    }

    /// The error for `:variable`.
    pub(super) fn bind_variable(&self) -> ApiError {
        self.error(self.peek().at, "Bind variables only allowed in Apex code")
    }

    fn bad_date(&self, at: Place, text: &str) -> ApiError {
        self.error(at, format!("Invalid date or dateTime: {text}"))
    }
}

fn number(text: &str) -> Option<Literal> {
    if let Ok(integer) = text.parse() {
        return Some(Literal::Integer(integer));
    }
    // `inf` and `nan` cannot get here: a number begins with a digit, sign or point.
    text.parse().ok().filter(|decimal: &f64| decimal.is_finite()).map(Literal::Decimal)
}

/// `USD5000` or `USD5000.50`.
fn amount(text: &str) -> Option<Literal> {
    let (code, number) = text.split_at_checked(3)?;
    let is_amount = code.bytes().all(|b| b.is_ascii_alphabetic())
        && number.starts_with(|c: char| c.is_ascii_digit())
        && number.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let amount = number.parse().ok().filter(|amount: &f64| is_amount && amount.is_finite())?;
    Some(Literal::Currency { code: code.to_ascii_uppercase(), amount })
}

fn date(text: &str) -> Option<NaiveDate> {
    text.parse().ok().filter(|date: &NaiveDate| YEARS.contains(&date.year()))
}

fn date_time(text: &str) -> Option<DateTime<Utc>> {
    let (date, rest) = text.split_at_checked("YYYY-MM-DD".len())?;
    let rest = rest.strip_prefix(['T', 't'])?;
    let zone_at = rest.find(['Z', 'z', '+', '-'])?;
    let (time, zone) = rest.split_at_checked(zone_at)?;
    let local = NaiveDateTime::parse_from_str(&format!("{date}T{time}"), "%Y-%m-%dT%H:%M:%S%.f").ok()?;
    let utc = (local - offset(zone)?).and_utc();
    YEARS.contains(&utc.year()).then_some(utc)
}

/// How far a time zone is ahead of UTC: `Z`, `+hh:mm`, `+hhmm` or `+hh`.
fn offset(zone: &str) -> Option<chrono::TimeDelta> {
    let (sign, digits) = zone.split_at_checked(1)?;
    if sign.eq_ignore_ascii_case("z") {
        return digits.is_empty().then(chrono::TimeDelta::zero);
    }
    let (hours, minutes) = match digits.split_once(':') {
        Some(parts) => parts,
        None => digits.split_at_checked(2)?,
    };
    let two_digits = |text: &str| text.parse::<i64>().ok().filter(|_| text.len() == 2);
    let minutes = if minutes.is_empty() { 0 } else { two_digits(minutes)? };
    let ahead = two_digits(hours)? * 60 + minutes;
    let valid = minutes < 60 && ahead <= 14 * 60;
    valid.then(|| chrono::TimeDelta::minutes(if sign == "-" { -ahead } else { ahead }))
}
