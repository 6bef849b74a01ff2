use proptest::prelude::*;

use super::{InvalidId, SalesforceId};

const KNOWN: &[(&str, &str)] = &[
    ("0018Z00002rGc7Y", "QAS"),
    ("7508Z00000lSXvx", "QAG"),
    ("006R0000003FPYx", "IAO"),
    ("00D58000000arpq", "EAA"),
    ("a01B0000009gSox", "IAE"),
    ("000000000000000", "AAA"),
    ("00Dxx0000000000", "EAA"),
];

#[test]
fn both_forms_are_the_same_id() {
    for (short, checksum) in KNOWN {
        let long = format!("{short}{checksum}");
        let id: SalesforceId = short.parse().unwrap();
        assert_eq!(id.to_string(), long);
        assert_eq!(id, long.parse().unwrap());
        assert_eq!(id.as_15(), *short);
        assert_eq!(id.key_prefix(), &short[..3]);
    }
}

#[test]
fn what_is_not_an_id_is_refused() {
    assert_eq!(SalesforceId::parse(""), Err(InvalidId::Length(0)));
    assert_eq!(SalesforceId::parse("006R0000003FPYxI"), Err(InvalidId::Length(16)));
    assert_eq!(SalesforceId::parse("006R0000003FPY'"), Err(InvalidId::Character));
    assert_eq!(SalesforceId::parse("006R0000003FPYxIAA"), Err(InvalidId::Checksum));
    assert_eq!(SalesforceId::parse("006R0000003FPYX\u{e9}"), Err(InvalidId::Length(16)));
    assert_eq!(SalesforceId::parse("\u{e9}06R0000003FP"), Err(InvalidId::Length(13)));
}

#[test]
fn serde_uses_the_long_form() {
    let id: SalesforceId = serde_json::from_str("\"006R0000003FPYx\"").unwrap();
    assert_eq!(serde_json::to_string(&id).unwrap(), "\"006R0000003FPYxIAO\"");
    assert_eq!(serde_json::from_value::<SalesforceId>("006R0000003FPYxIAO".into()).unwrap(), id);
    assert!(serde_json::from_str::<SalesforceId>("\"x\"").is_err());
}

proptest! {
    #[test]
    fn long_form_parses_back(text in "[0-9A-Za-z]{15}") {
        let id: SalesforceId = text.parse().unwrap();
        prop_assert_eq!(id.as_str().parse::<SalesforceId>().unwrap(), id);
        prop_assert_eq!(id.as_15(), text);
    }

    #[test]
    fn arbitrary_text_never_panics(text in ".{0,20}") {
        let _ = text.parse::<SalesforceId>();
    }
}
