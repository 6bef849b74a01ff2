use proptest::prelude::*;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Line {
    #[serde(with = "super")]
    price: Decimal,
    #[serde(with = "super::option", default)]
    discount: Option<Decimal>,
}

fn read(price: &str) -> Option<String> {
    let line: Result<Line, _> = serde_json::from_str(&format!(r#"{{"price":{price}}}"#));
    line.ok().map(|line| line.price.to_string())
}

#[test]
fn numbers_keep_their_digits() {
    for (json, text) in [
        ("0", "0"),
        ("180.00", "180.00"),
        ("0.1", "0.1"),
        ("-12.50", "-12.50"),
        ("\"99.95\"", "99.95"),
        (" 7 ", "7"),
        ("1.0E-5", "0.00001"),
        ("1.25e7", "12500000"),
        ("1.2E+3", "1200"),
        ("5e1", "50"),
        ("0E9", "0"),
        ("123456789012345678.12", "123456789012345678.12"),
        ("0.06300000000000001", "0.06300000000000001"),
    ] {
        assert_eq!(read(json).as_deref(), Some(text), "{json}");
    }
}

#[test]
fn what_is_no_exact_number_is_refused() {
    for json in
        ["null", "true", "\"\"", "\"abc\"", "\"1_000\"", "{}", "[1]", "1e99", "1e99999999999", "\"1e\"", "\"1e-\""]
    {
        assert_eq!(read(json), None, "{json}");
    }
    assert_eq!(read(&"1".repeat(40)), None);
    for inexact in ["1e-99", "5.551115123125783E-17", "1e-2147483648", "1e29", &format!("0.{}", "1".repeat(40))] {
        assert_eq!(super::parse_exact(inexact), None, "{inexact}");
    }
    for exact in ["1e2", "-.5", "+1.50e1", "0e-99", "1e-28", "1e28", "0.0045"] {
        assert!(super::parse_exact(exact).is_some(), "{exact}");
    }
}

#[test]
fn decimals_beyond_the_28th_are_rounded_away() {
    let least = "0.0000000000000000000000000001";
    for (json, text) in [
        // What is left of 0.1 + 0.2 - 0.3 in floating-point numbers.
        ("5.551115123125783E-17", "0.0000000000000000555111512313"),
        ("1e-28", least),
        ("5e-29", least),
        ("-0.5e-28", "-0.0000000000000000000000000001"),
        ("49999999999e-39", "0"),
        ("1e-99", "0"),
        ("-1e-2147483648", "0"),
        ("79228162514264337593543950335e-60", "0.0000000000000000000000000000"),
    ] {
        let value: Decimal = read(json).unwrap().parse().unwrap();
        assert_eq!(value, text.parse::<Decimal>().unwrap(), "{json}");
    }
    assert_eq!(read(&format!("0.{}", "1".repeat(40))).as_deref(), Some("0.1111111111111111111111111111"));
}

#[test]
fn nothing_is_lost_on_the_way_out() {
    let line = Line { price: "180.00".parse().unwrap(), discount: None };
    let json = serde_json::to_string(&line).unwrap();
    assert_eq!(json, r#"{"price":180.00,"discount":null}"#);
    assert_eq!(serde_json::from_str::<Line>(&json).unwrap(), line);
    let line = Line { price: Decimal::MAX, discount: Some(Decimal::ZERO) };
    assert_eq!(serde_json::from_str::<Line>(&serde_json::to_string(&line).unwrap()).unwrap(), line);
    let value = serde_json::json!({"price": 1.5, "discount": 0});
    assert_eq!(serde_json::from_value::<Line>(value).unwrap().discount, Some(Decimal::ZERO));
}

proptest! {
    #[test]
    fn every_decimal_survives(mantissa in any::<i64>(), scale in 0_u32..=28) {
        let line = Line { price: Decimal::new(mantissa, scale), discount: Some(Decimal::new(mantissa, 0)) };
        let json = serde_json::to_string(&line).unwrap();
        prop_assert_eq!(serde_json::from_str::<Line>(&json).unwrap(), line);
    }

    #[test]
    fn exponents_mean_what_they_say(mantissa in -999_999_i64..999_999, scale in 0_u32..6, exponent in -15_i32..15) {
        let json = format!("{}e{exponent}", Decimal::new(mantissa, scale));
        let shift = Decimal::new(10_i64.pow(exponent.unsigned_abs()), 0);
        let base = Decimal::new(mantissa, scale);
        let expected = if exponent < 0 { base / shift } else { base * shift };
        let read: Decimal = read(&json).unwrap().parse().unwrap();
        prop_assert_eq!(read, expected);
    }

    #[test]
    fn arbitrary_text_never_panics(text in ".{0,40}") {
        let _ = super::parse(&text);
    }
}
