//! Money between JSON numbers and [`Decimal`], digit by digit: no `f64` on the way.
//!
//! For `#[serde(with = "decimal")]` and `decimal::option`. Reads numbers, numbers in strings and exponents.

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};
use serde_json::value::RawValue;

/// Writes a JSON number with the decimal's own digits.
///
/// # Errors
/// Those of the serializer.
pub fn serialize<S: Serializer>(value: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
    RawValue::from_string(value.to_string()).map_err(ser::Error::custom)?.serialize(serializer)
}

/// Reads a JSON number, or a string that holds one.
///
/// # Errors
/// Anything else, and numbers of more than 28 digits.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
    parse(Box::<RawValue>::deserialize(deserializer)?.get()).map_err(de::Error::custom)
}

/// The same for optional values; null is none.
pub mod option {
    use super::{Decimal, Deserialize, Deserializer, RawValue, Serializer, de, parse};

    /// Writes null or a number.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<S: Serializer>(value: &Option<Decimal>, serializer: S) -> Result<S::Ok, S::Error> {
        match value {
            None => serializer.serialize_none(),
            Some(value) => super::serialize(value, serializer),
        }
    }

    /// Reads null or a number.
    ///
    /// # Errors
    /// As for the number alone.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Decimal>, D::Error> {
        match Box::<RawValue>::deserialize(deserializer)?.get() {
            "null" => Ok(None),
            raw => parse(raw).map(Some).map_err(de::Error::custom),
        }
    }
}

fn parse(raw: &str) -> Result<Decimal, String> {
    let text = raw.trim_matches('"');
    let parsed = if text.contains(['e', 'E']) { Decimal::from_scientific(text) } else { Decimal::from_str_exact(text) };
    parsed.map_err(|_| format!("expected a number, found {raw}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Money {
        #[serde(with = "super")]
        a: Decimal,
        #[serde(default, with = "super::option")]
        b: Option<Decimal>,
    }

    #[test]
    fn digits_survive() {
        let read: Money = serde_json::from_str(r#"{"a":0.1,"b":123456789012345678.91}"#).unwrap();
        assert_eq!(read.a.to_string(), "0.1");
        assert_eq!(read.b.unwrap().to_string(), "123456789012345678.91");
        assert_eq!(serde_json::to_string(&read).unwrap(), r#"{"a":0.1,"b":123456789012345678.91}"#);
    }

    #[test]
    fn zeros_nulls_strings_and_exponents() {
        let read: Money = serde_json::from_str(r#"{"a":"0","b":null}"#).unwrap();
        assert_eq!(read, Money { a: Decimal::ZERO, b: None });
        assert_eq!(serde_json::from_str::<Money>(r#"{"a":1.5E2}"#).unwrap().a, Decimal::from(150));
        assert_eq!(serde_json::from_str::<Money>(r#"{"a":0.0}"#).unwrap().a, Decimal::ZERO);
        for bad in [r#"{"a":true}"#, r#"{"a":"x"}"#, r#"{"a":null}"#, r#"{"a":[1]}"#] {
            assert!(serde_json::from_str::<Money>(bad).is_err(), "{bad}");
        }
    }
}
