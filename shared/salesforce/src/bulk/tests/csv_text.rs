//! What the encoder writes, the reader reads, however the network cuts it.

use proptest::prelude::*;

use super::columns;
use crate::bulk::encode::Encoder;
use crate::bulk::records::RecordReader;
use crate::bulk::{BulkSettings, Cell, Row};

fn encode(rows: &[Row]) -> String {
    let names: Vec<_> = (0..rows[0].len()).map(|index| format!("C{index}")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let mut encoder = Encoder::new(columns(&names), &BulkSettings::default());
    encoder.begin().unwrap();
    for row in rows {
        assert!(encoder.push(row).unwrap());
    }
    let text = encoder.rest().unwrap();
    assert_eq!(encoder.bytes(), u64::try_from(text.len()).unwrap());
    String::from_utf8(text).unwrap()
}

fn decode(text: &[u8], piece: usize) -> Result<Vec<Vec<String>>, String> {
    let mut reader = RecordReader::new();
    let mut records = Vec::new();
    let mut drain = |reader: &mut RecordReader| {
        while let Some(record) = reader.pop() {
            records.push(record.iter().map(str::to_owned).collect());
        }
    };
    for piece in text.chunks(piece.max(1)) {
        reader.push(piece)?;
        drain(&mut reader);
    }
    reader.finish()?;
    drain(&mut reader);
    Ok(records)
}

#[test]
fn the_bytes_are_what_salesforce_expects() {
    let row = |cells: [Cell; 3]| cells.to_vec();
    let text = encode(&[
        row(["a,1".into(), "q\"x\"".into(), Cell::Omitted]),
        row(["b".into(), Cell::Null, " padded ".into()]),
        row(["c\nd".into(), "".into(), "Zürich 東京 🚀".into()]),
    ]);
    let expected = "C0,C1,C2\n\"a,1\",\"q\"\"x\"\"\",\nb,#N/A, padded \n\"c\nd\",#N/A,Zürich 東京 🚀\n";
    assert_eq!(text, expected);
    let single = encode(&[vec![Cell::Omitted], vec!["x".into()]]);
    assert_eq!(single, "C0\n\"\"\nx\n", "a row of one empty cell is not an empty line");
}

#[test]
fn broken_text_is_refused() {
    assert_eq!(decode(b"A\n\"x", 64).unwrap_err(), "it ends in the middle of a quoted value");
    assert_eq!(decode(b"A\n\xff\n", 64).unwrap_err(), "it is not UTF-8");
    let endless = [b"A\n\"".as_slice(), &vec![b'x'; 9 * 1024 * 1024]].concat();
    assert!(decode(&endless, 65536).unwrap_err().starts_with("a record is longer"));
}

#[test]
fn a_quote_after_a_lone_carriage_return_opens_a_value() {
    let text = "A\rB\r\"1\n2\"\r\n3\n";
    for piece in 1..text.len() {
        assert_eq!(decode(text.as_bytes(), piece).unwrap(), [["A"], ["B"], ["1\n2"], ["3"]], "by {piece}");
    }
}

#[test]
fn a_quote_after_the_byte_order_mark_opens_a_value() {
    let text = "\u{feff}\"A\nB\",C\n1,2\n";
    for piece in 1..text.len() {
        assert_eq!(decode(text.as_bytes(), piece).unwrap(), [["A\nB", "C"], ["1", "2"]], "by {piece}");
    }
}

#[test]
fn a_byte_order_mark_is_data_but_at_the_very_start() {
    let text = "\u{feff}A\n\u{feff}x\ny\n";
    for piece in 1..text.len() {
        assert_eq!(decode(text.as_bytes(), piece).unwrap(), [["A"], ["\u{feff}x"], ["y"]], "by {piece}");
    }
}

#[test]
fn other_writers_ways_are_understood() {
    for text in ["A,B\n1,2\n", "A,B\r\n1,2\r\n", "A,B\n1,2", "\u{feff}A,B\n1,2\n", "\"A\",\"B\"\n\"1\",\"2\"\n"] {
        for piece in 1..text.len() {
            assert_eq!(decode(text.as_bytes(), piece).unwrap(), [["A", "B"], ["1", "2"]], "{text:?} by {piece}");
        }
    }
    assert!(decode(b"", 1).unwrap().is_empty());
    // Salesforce itself was seen to leave quotes within quotes as they are.
    let odd = "A,B\nx,\"rule \"n, o\" broken\"\ny,z\n";
    assert_eq!(decode(odd.as_bytes(), 3).unwrap().last().unwrap(), &["y", "z"]);
}

fn any_cell() -> impl Strategy<Value = Cell> {
    let text = prop_oneof![
        "[a-z,\"\n\r' \t#;|]{0,12}",
        "\\PC{0,12}",
        Just("\"".to_owned()),
        Just("\r\n".to_owned()),
        Just("\n".to_owned()),
        Just("\u{feff}".to_owned()),
    ];
    let text = text.prop_filter("would be read as null", |text| text != "#N/A");
    prop_oneof![1 => Just(Cell::Omitted), 1 => Just(Cell::Null), 6 => text.prop_map(Cell::Text)]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn rows_survive_the_round_trip(
        rows in (1_usize..5).prop_flat_map(|width| {
            prop::collection::vec(prop::collection::vec(any_cell(), width), 1..8)
        }),
        piece in 1_usize..40,
    ) {
        let text = encode(&rows);
        let records = decode(text.as_bytes(), piece).unwrap();
        prop_assert_eq!(records.len(), rows.len() + 1);
        for (row, record) in rows.iter().zip(&records[1..]) {
            let read: Vec<_> = record.iter().map(|text| match text.as_str() {
                "" => Cell::Omitted,
                "#N/A" => Cell::Null,
                text => Cell::Text(text.to_owned()),
            }).collect();
            let expected: Vec<_> = row.iter().map(|cell| match cell {
                Cell::Text(text) if text.is_empty() => Cell::Null,
                cell => cell.clone(),
            }).collect();
            prop_assert_eq!(read, expected);
        }
    }
}
