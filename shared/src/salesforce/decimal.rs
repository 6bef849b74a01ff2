//! Money and other exact numbers in JSON: [`rust_decimal::Decimal`] to and from a JSON number without passing through
//! a floating-point number.
//!
//! Use with `#[serde(with = "shared::salesforce::decimal")]`, or [`option`] for a field that may be null. The field
//! must be read or written directly, not through a buffer of serde's own (`flatten`, untagged enums).

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};
use serde_json::value::RawValue;

/// Writes a JSON number with all its digits.
///
/// # Errors
/// Those of the serializer.
pub fn serialize<S: Serializer>(value: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
    RawValue::from_string(value.to_string()).map_err(ser::Error::custom)?.serialize(serializer)
}

/// Reads a JSON number, or a string that holds one; an exponent is accepted.
///
/// # Errors
/// When it is no number, or one that [`Decimal`] cannot hold exactly.
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
    /// When it is none of these, or a number that [`Decimal`] cannot hold exactly.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Decimal>, D::Error> {
        let raw = Option::<Box<RawValue>>::deserialize(deserializer)?;
        raw.as_deref().filter(|raw| raw.get() != "null").map(from_raw).transpose().map_err(de::Error::custom)
    }
}

fn from_raw(raw: &RawValue) -> Result<Decimal, String> {
    let text = raw.get();
    let inner = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
    parse(inner).ok_or_else(|| "expected a number that a decimal can hold exactly".to_owned())
}

/// `[-+]digits[.digits][e[-+]digits]`, exactly.
fn parse(text: &str) -> Option<Decimal> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    // `Decimal` itself would take underscores.
    if !mantissa.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'+')) {
        return None;
    }
    let value = Decimal::from_str_exact(mantissa).ok()?;
    if exponent == 0 { Some(value) } else { shift(value.normalize(), exponent) }
}

/// `value` times ten to the power of `exponent`.
fn shift(mut value: Decimal, exponent: i32) -> Option<Decimal> {
    if value.is_zero() {
        return Some(Decimal::ZERO);
    }
    let scale = i32::try_from(value.scale()).ok()?.checked_sub(exponent)?;
    match u32::try_from(scale) {
        Ok(scale) => value.set_scale(scale).ok().map(|()| value),
        Err(_) => {
            value.set_scale(0).ok()?;
            let factor = 10_i128.checked_pow(scale.unsigned_abs())?;
            value.checked_mul(Decimal::try_from_i128_with_scale(factor, 0).ok()?)
        }
    }
}

#[cfg(test)]
mod tests;
