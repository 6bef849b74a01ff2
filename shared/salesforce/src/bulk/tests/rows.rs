use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::json;

use super::{columns, id};
use crate::ErrorKind;
use crate::bulk::results::sent;
use crate::bulk::{Cell, Columns, IngestOperation, IngestSpec, RowIndex, RowKey};

fn text(text: &str) -> Cell {
    Cell::Text(text.to_owned())
}

#[test]
fn values_become_the_text_that_salesforce_reads() {
    assert_eq!(Cell::from(true), text("true"));
    assert_eq!(Cell::from(-7_i64), text("-7"));
    assert_eq!(Cell::from("0.0630".parse::<Decimal>().unwrap()), text("0.0630"));
    assert_eq!(Cell::from(id("001000000000001")), text("001000000000001AAA"));
    assert_eq!(Cell::from(chrono::NaiveDate::from_ymd_opt(2025, 12, 31).unwrap()), text("2025-12-31"));
    let time = chrono::DateTime::from_timestamp_millis(1_700_000_000_120).unwrap();
    assert_eq!(Cell::from(time), text("2023-11-14T22:13:20.120Z"));
    assert_eq!(Cell::from(None::<&str>), Cell::Null);
    assert_eq!(Cell::from(Some("x")), text("x"));
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Line<'a> {
    quote: Key<'a>,
    #[serde(with = "crate::decimal")]
    unit_price: Decimal,
    description: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    discount: Option<u32>,
    active: bool,
}

#[derive(Serialize)]
struct Key<'a> {
    #[serde(rename = "QuoteJobKey__c")]
    key: &'a str,
}

#[test]
fn a_record_for_rest_is_a_row_for_bulk() {
    let columns = columns(&["Discount", "Quote.QuoteJobKey__c", "UnitPrice", "Description", "Active"]);
    let price = "12345678901234567890.10".parse().unwrap();
    let line =
        Line { quote: Key { key: "j\"ä" }, unit_price: price, description: None, discount: None, active: false };
    let row = columns.row(&line).unwrap();
    assert_eq!(row, [Cell::Omitted, text("j\"ä"), text("12345678901234567890.10"), Cell::Null, text("false")]);
}

#[test]
fn records_that_do_not_fit_the_columns_are_refused() {
    let columns = columns(&["Name", "Owner.Id"]);
    for record in [json!({"Nam": 1}), json!({"Name": [1]}), json!([1]), json!(7), json!({"Owner": {"A": {"B": 1}}})] {
        let error = columns.row(&record).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{record}: {error}");
    }
    assert_eq!(columns.row(&json!({"name": "x"})).unwrap(), [text("x"), Cell::Omitted]);
}

#[test]
fn column_names_are_checked() {
    for good in ["Name", "Quote.QuoteJobKey__c", "Lead:Who.Email", "ns__A__r.ns__B__c"] {
        Columns::new([good]).unwrap();
    }
    for bad in [vec![], vec!["Name", "NAME"], vec!["a b"], vec![""], vec!["A."], vec!["A:B:C.D"], vec!["x\ny"]] {
        let error = Columns::new(bad.clone()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{bad:?}");
    }
}

#[test]
fn operations_need_their_columns() {
    let upsert = || IngestOperation::Upsert { external_id: "Key__c".to_owned() };
    let cases = [
        (IngestOperation::Insert, vec!["Name"], true),
        (IngestOperation::Update, vec!["Id", "Name"], true),
        (IngestOperation::Update, vec!["Name"], false),
        (upsert(), vec!["Key__c", "Name"], true),
        (upsert(), vec!["Name"], false),
        (IngestOperation::Delete, vec!["Id"], true),
        (IngestOperation::Delete, vec!["Id", "Name"], false),
        (IngestOperation::HardDelete, vec!["Id"], true),
        (IngestOperation::HardDelete, vec!["Name"], false),
    ];
    for (operation, names, good) in cases {
        let spec = IngestSpec::new("Account", operation);
        assert_eq!(spec.check(&columns(&names)).is_ok(), good, "{spec:?} {names:?}");
    }
    assert!(IngestSpec::new("Acc ount", IngestOperation::Insert).check(&columns(&["Name"])).is_err());
}

#[test]
fn results_find_their_rows_by_a_key() {
    let mut index = RowIndex::new(columns(&["Name", "Key__c"]), &RowKey::Column("key__c".to_owned())).unwrap();
    index.insert(&[text("a"), text("1")], "first");
    index.insert(&[text("a"), text("2")], "second");
    assert_eq!(index.take(&sent(&["sf__Id", "Name", "Key__c"], &["", "changed", "2"])), Some("second"));
    assert_eq!(index.take(&sent(&["sf__Id", "Name", "Key__c"], &["", "a", "2"])), None, "each row once");
    assert_eq!(index.len(), 1);
    assert_eq!(index.into_rest().collect::<Vec<_>>(), ["first"]);
    assert!(RowIndex::<()>::new(columns(&["Name"]), &RowKey::Column("Key__c".to_owned())).is_err());
}

#[test]
fn results_find_their_rows_by_content() {
    let mut index = RowIndex::new(columns(&["A", "B"]), &RowKey::Content).unwrap();
    index.insert(&[text("1"), text("23")], 1);
    index.insert(&[text("12"), text("3")], 2);
    index.insert(&[text("x"), Cell::Null], 3);
    index.insert(&[text("x"), Cell::Omitted], 4);
    assert_eq!(index.take(&sent(&["B", "A", "sf__Error"], &["3", "12", "e"])), Some(2), "columns in another order");
    assert_eq!(index.take(&sent(&["A", "B"], &["1", "2"])), None);
    let mut alike = [index.take(&sent(&["A", "B"], &["x", ""])), index.take(&sent(&["A", "B"], &["x", "#N/A"]))];
    alike.sort();
    assert_eq!(alike, [Some(3), Some(4)]);
    assert_eq!((index.len(), index.is_empty()), (1, false));
}
