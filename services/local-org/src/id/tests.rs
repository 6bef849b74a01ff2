use proptest::prelude::*;

use super::*;

#[test]
fn checksums_of_real_ids() {
    for (short, sum) in [
        ("0018Z00002rGc7Y", "QAS"),
        ("7508Z00000lSXvx", "QAG"),
        ("006R0000003FPYx", "IAO"),
        ("00D58000000arpq", "EAA"),
        ("a01B0000009gSox", "IAE"),
        ("000000000000000", "AAA"),
    ] {
        let full = format!("{short}{sum}");
        assert_eq!(normalise(short).as_deref(), Some(full.as_str()));
        assert_eq!(normalise(&full).as_deref(), Some(full.as_str()));
    }
}

#[test]
fn what_is_no_id() {
    for id in
        ["", "001", "0018Z00002rGc7", "0018Z00002rGc7YQA", "0018Z00002rGc7YAAA", "0018Z00002rGc7-", "0018Z00002rGc7é"]
    {
        assert_eq!(normalise(id), None, "{id}");
    }
}

#[test]
fn a_checksum_in_the_wrong_case_is_mended() {
    assert_eq!(normalise("0018Z00002rGc7Yqas").as_deref(), Some("0018Z00002rGc7YQAS"));
}

#[test]
fn organization_ids_of_the_default_orgs() {
    assert_eq!(short(&generate("00D", 1)), "00DLO0000000001");
    assert_eq!(short(&generate("00D", 3)), "00DLO0000000003");
}

proptest! {
    #[test]
    fn generated_ids_are_ids_and_grow(low in 0u64..1 << 50, step in 1u64..1 << 20) {
        let (first, second) = (generate("006", low), generate("006", low + step));
        prop_assert!(first < second);
        prop_assert_eq!(normalise(&first), Some(first.clone()));
        prop_assert_eq!(number_of(&second), Some(low + step));
    }

    #[test]
    fn any_text_is_refused_or_normalised(text in ".{0,20}") {
        if let Some(id) = normalise(&text) {
            prop_assert_eq!(id.len(), 18);
            prop_assert_eq!(normalise(short(&id)), Some(id.clone()));
        }
    }
}
