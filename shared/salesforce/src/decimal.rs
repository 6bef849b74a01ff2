//! Money and other exact numbers in JSON: [`rust_decimal::Decimal`] to and from a JSON number without passing through
//! a floating-point number.
//!
//! Use with `#[serde(with = "salesforce::decimal")]`, or [`option`] for a field that may be null. The field
//! must be read or written directly, not through a buffer of serde's own (`flatten`, untagged enums).

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};
use serde_json::value::RawValue;
use std::str::FromStr;

/// Writes a JSON number with all its digits.
///
/// # Errors
/// Those of the serializer.
pub fn serialize<S: Serializer>(value: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
    // A whole number reads the same, and takes no text that is checked once more.
    if value.scale() == 0
        && let Some(whole) = value.to_i64()
    {
        return serializer.serialize_i64(whole);
    }
    RawValue::from_string(value.to_string()).map_err(ser::Error::custom)?.serialize(serializer)
}

/// Reads a JSON number, or a string that holds one; an exponent is accepted.
///
/// Decimals beyond the 28th are rounded away: an org gives back what a client's arithmetic left, `5.551115123125783E-17`
/// say, and one such value must not make a whole page unreadable.
///
/// # Errors
/// When it is no number, or one that is too large for a [`Decimal`].
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
    from_raw(&Box::<RawValue>::deserialize(deserializer)?).map_err(de::Error::custom)
}

/// The same for a field that may be null. Add `#[serde(default)]` when it may be missing, too.
pub mod option {
    use super::{Decimal, Deserialize, Deserializer, RawValue, Serializer, de, from_raw};

    /// Writes a JSON number with all its digits, or null.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<S: Serializer>(value: &Option<Decimal>, serializer: S) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => super::serialize(value, serializer),
            None => serializer.serialize_none(),
        }
    }

    /// Reads a JSON number, a string that holds one, or null.
    ///
    /// # Errors
    /// When it is none of these, or a number that is too large for a [`Decimal`].
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Decimal>, D::Error> {
        let raw = Option::<Box<RawValue>>::deserialize(deserializer)?;
        raw.as_deref().filter(|raw| raw.get() != "null").map(from_raw).transpose().map_err(de::Error::custom)
    }
}

fn from_raw(raw: &RawValue) -> Result<Decimal, String> {
    let text = raw.get();
    let inner = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
    parse(inner).ok_or_else(|| "expected a number of at most 28 digits before the point".to_owned())
}

/// `[-+]digits[.digits][e[-+]digits]`; what is beyond the 28th decimal is rounded away.
fn parse(text: &str) -> Option<Decimal> {
    let (mantissa, exponent) = parts(text)?;
    let value = Decimal::from_str_exact(mantissa).or_else(|_| Decimal::from_str(mantissa)).ok()?;
    if exponent == 0 { Some(value) } else { shift(value.normalize(), exponent) }
}

/// The same, but `None` for a number that [`Decimal`] cannot hold exactly.
pub(crate) fn parse_exact(text: &str) -> Option<Decimal> {
    let (mantissa, exponent) = parts(text)?;
    let value = Decimal::from_str_exact(mantissa).ok()?;
    if exponent == 0 {
        return Some(value);
    }
    let value = value.normalize();
    let rounds = i64::from(value.scale()) - i64::from(exponent) > i64::from(Decimal::MAX_SCALE);
    if rounds && !value.is_zero() { None } else { shift(value, exponent) }
}

/// Mantissa and exponent.
fn parts(text: &str) -> Option<(&str, i32)> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    // `Decimal` itself would take underscores.
    mantissa.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'+')).then_some((mantissa, exponent))
}

/// `value` times ten to the power of `exponent`, rounded to the decimals that a [`Decimal`] can have.
fn shift(mut value: Decimal, exponent: i32) -> Option<Decimal> {
    if value.is_zero() {
        return Some(Decimal::ZERO);
    }
    let scale = i64::from(value.scale()) - i64::from(exponent);
    match u32::try_from(scale) {
        Ok(scale) if scale <= Decimal::MAX_SCALE => value.set_scale(scale).ok().map(|()| value),
        Ok(scale) => {
            let digits = value.mantissa();
            // Beyond 39 digits nothing is left of any mantissa.
            let divisor = 10_i128.checked_pow(scale - Decimal::MAX_SCALE).unwrap_or(i128::MAX);
            let (whole, rest) = (digits / divisor, digits % divisor);
            let up = if rest.unsigned_abs() >= divisor.unsigned_abs().div_ceil(2) { digits.signum() } else { 0 };
            Decimal::try_from_i128_with_scale(whole + up, Decimal::MAX_SCALE).ok()
        }
        Err(_) => {
            value.set_scale(0).ok()?;
            let factor = 10_i128.checked_pow(u32::try_from(scale.unsigned_abs()).ok()?)?;
            value.checked_mul(Decimal::try_from_i128_with_scale(factor, 0).ok()?)
        }
    }
}

#[cfg(test)]
mod tests;
