use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

fn plain(count: usize) -> Vec<Field> {
    (0..count).map(|index| Field { name: format!("F{index}"), children: Vec::new() }).collect()
}

fn indices(bitmaps: &[&str], fields: &[Field]) -> Result<Vec<String>, BitmapError> {
    names(&bitmaps.iter().map(|&text| text.to_owned()).collect::<Vec<_>>(), fields)
}

fn f(numbers: &[usize]) -> Vec<String> {
    numbers.iter().map(|number| format!("F{number}")).collect()
}

#[test]
fn vectors_of_the_documentation_and_of_real_orgs() {
    // Account without record types: Fax and LastModifiedDate.
    assert_eq!(indices(&["0x400080"], &plain(23)), Ok(f(&[7, 22])));
    // A custom object of a real org: LastModifiedDate, and six fields of an address.
    assert_eq!(indices(&["0x1F8040"], &plain(21)), Ok(f(&[6, 15, 16, 17, 18, 19, 20])));
    // Opportunity.
    let opportunity = plain(33);
    for (bitmap, expected) in [
        ("0x02", vec![1]),
        ("0x0A060340", vec![6, 8, 9, 17, 18, 25, 27]),
        ("0x02000080", vec![7, 25]),
        ("0x0100000000", vec![32]),
    ] {
        assert_eq!(indices(&[bitmap], &opportunity), Ok(f(&expected)), "{bitmap}");
    }
    assert_eq!(indices(&[], &opportunity), Ok(Vec::new()));
}

#[test]
fn fields_inside_records() {
    let mut fields = plain(31);
    for (index, count) in [(4, 10), (7, 3)] {
        fields[index].children = (0..count).map(|child| format!("C{child}")).collect();
    }
    let documented = indices(&["0x650004E0", "4-0x10", "7-0x06"], &fields).unwrap();
    let expected = ["F4.C4", "F5", "F6", "F7", "F7.C1", "F7.C2", "F10", "F24", "F26", "F29", "F30"];
    assert_eq!(documented, expected);
    // All of them stand for the record; with nothing else set there may be no first bitmap at all.
    assert_eq!(indices(&["7-0x07"], &fields), Ok(f(&[7])));
    assert_eq!(indices(&["7-0x05"], &fields).unwrap(), ["F7.C0", "F7.C2"]);
    assert_eq!(indices(&["7-0x07", "0x80"], &fields), Ok(f(&[7])));
    assert_eq!(indices(&["7-0x00"], &fields), Ok(Vec::new()));
}

#[test]
fn what_does_not_fit_is_refused() {
    let mut fields = plain(8);
    fields[2].children = vec!["C0".to_owned()];
    for text in ["", "0x", "ff", "0xg", "Name", "-0x01", "x-0x01", "1-2-0x01", "2-", "+2"] {
        assert!(matches!(indices(&[text], &fields), Err(BitmapError::Syntax(_))), "{text}");
    }
    assert_eq!(indices(&["0x0100"], &fields), Err(BitmapError::NoField(8)));
    assert_eq!(indices(&["9-0x01"], &fields), Err(BitmapError::NoField(9)));
    assert_eq!(indices(&["2-0x02"], &fields), Err(BitmapError::NoChild { parent: 2, child: 1 }));
    assert_eq!(indices(&["3-0x01"], &fields), Err(BitmapError::NoChild { parent: 3, child: 0 }));
    assert_eq!(indices(&[&format!("0x{}", "0".repeat(100_000))], &fields), Ok(Vec::new()));
}

/// Upper-case digits, an even number of them: as Salesforce writes it.
fn encode(bits: &BTreeSet<usize>) -> String {
    let digits = bits.last().map_or(2, |last| (last / 8 + 1) * 2);
    let digit = |place: usize| {
        let value: u32 = (0..4).filter(|bit| bits.contains(&(place * 4 + bit))).map(|bit| 1 << bit).sum();
        char::from_digit(value, 16).unwrap().to_ascii_uppercase()
    };
    format!("0x{}", (0..digits).rev().map(digit).collect::<String>())
}

proptest! {
    #[test]
    fn random_bitmaps_survive(
        schema in prop::collection::vec(0_usize..20, 1..80),
        whole in prop::collection::btree_set(0_usize..80, 0..20),
        parts in prop::collection::btree_map(0_usize..80, prop::collection::btree_set(0_usize..20, 1..10), 0..5),
    ) {
        let mut fields = plain(schema.len());
        for (field, count) in fields.iter_mut().zip(&schema) {
            field.children = (0..*count).map(|child| format!("C{child}")).collect();
        }
        let whole: BTreeSet<usize> = whole.into_iter().filter(|index| *index < schema.len()).collect();
        let parts: BTreeMap<usize, BTreeSet<usize>> = parts
            .into_iter()
            .filter(|(parent, _)| *parent < schema.len())
            .map(|(parent, set)| (parent, set.into_iter().filter(|child| *child < schema[parent]).collect()))
            .collect();
        let mut bitmaps = vec![encode(&whole)];
        bitmaps.extend(parts.iter().map(|(parent, set)| format!("{parent}-{}", encode(set))));
        let mut expected = Vec::new();
        for (index, count) in schema.iter().enumerate() {
            let set = parts.get(&index).cloned().unwrap_or_default();
            let all = !set.is_empty() && set.len() == *count;
            if whole.contains(&index) || all {
                expected.push(format!("F{index}"));
            }
            if !all {
                expected.extend(set.iter().map(|child| format!("F{index}.C{child}")));
            }
        }
        prop_assert_eq!(names(&bitmaps, &fields), Ok(expected));
    }

    #[test]
    fn no_text_breaks_it(texts in prop::collection::vec("[-0-9a-fxX ]{0,12}|.{0,8}", 0..4)) {
        let _ = names(&texts, &plain(5));
    }
}
