//! Tables, whose rows are found by counting.

use std::io::Read;
use std::sync::Arc;

use super::dialect::Dialect;
use super::table::TableWriter;

fn text(values: &[&str]) -> Vec<String> {
    values.iter().map(|value| (*value).to_owned()).collect()
}

#[test]
fn any_run_of_rows_can_be_given() {
    let mut writer = TableWriter::create(Dialect::default()).expect("a file");
    writer.write(&text(&["Id", "Text"])).expect("a header");
    // Rows of different lengths, with all that could be taken for the end of one.
    let row = |index: usize| text(&[&index.to_string(), &"line\n\"quoted\",".repeat(index % 5)]);
    let count = 2_501;
    for index in 0..count {
        writer.write(&row(index)).expect("a row");
    }
    let table = writer.finish().expect("a table");
    assert_eq!(table.rows(), 2_501);
    assert_eq!(table.header().expect("a header"), b"\"Id\",\"Text\"\n");
    for (start, end) in [(0, 1), (0, 2_501), (999, 1_001), (1_000, 2_000), (2_499, 9_999), (2_501, 2_501)] {
        let (spool, from, to) = table.range(start, end).expect("a range");
        let mut csv = String::new();
        Arc::clone(&spool).reader(from, to).read_to_string(&mut csv).expect("a text");
        let read: Vec<Vec<String>> = Dialect::default()
            .reader(csv.as_bytes())
            .records()
            .map(|record| record.expect("a record").iter().map(str::to_owned).collect())
            .collect();
        let end = usize::try_from(end).expect("a number").min(count);
        let expected: Vec<_> = (usize::try_from(start).expect("a number")..end).map(row).collect();
        assert_eq!(read, expected, "{start} to {end}");
    }
}
