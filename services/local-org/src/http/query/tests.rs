use proptest::prelude::*;
use serde_json::{Value, json};

use super::Paging;
use crate::host::Cursors;

fn parent(number: usize, children: usize) -> Value {
    let records: Vec<_> = (0..children).map(|child| json!({"Child": child})).collect();
    let set =
        if children == 0 { Value::Null } else { json!({"totalSize": children, "done": true, "records": records}) };
    json!({"attributes": {"type": "Account"}, "Number": number, "Contacts": set})
}

fn paging(cursors: &Cursors, batch_size: usize) -> Paging<'_> {
    Paging { cursors, path: "/services/data/v62.0/query".to_owned(), batch_size }
}

fn next(cursors: &Cursors, page: &Value) -> Option<Value> {
    let url = page.get("nextRecordsUrl")?.as_str().expect("a text");
    let locator = url.strip_prefix("/services/data/v62.0/query/").expect("a locator");
    Some(serde_json::from_str(&cursors.page(locator).expect("a page").body).expect("JSON"))
}

/// The records of all pages from `first` on.
fn all(cursors: &Cursors, first: Value) -> Vec<Value> {
    let mut records = Vec::new();
    let mut page = Some(first);
    while let Some(current) = page {
        page = next(cursors, &current);
        assert_eq!(current["done"], json!(page.is_none()));
        records.extend(current["records"].as_array().expect("records").iter().cloned());
    }
    records
}

#[test]
fn a_small_result_is_one_page() {
    let cursors = Cursors::default();
    let (page, rows) = paging(&cursors, 200).first_page(2, vec![parent(0, 0), parent(1, 3)]);
    assert_eq!(page, json!({"totalSize": 2, "done": true, "records": [parent(0, 0), parent(1, 3)]}));
    assert_eq!(rows, 5);
}

#[test]
fn a_locator_names_the_offset() {
    let cursors = Cursors::default();
    let (page, _) = paging(&cursors, 200).first_page(450, (0..450).map(|number| parent(number, 0)).collect());
    let url = page["nextRecordsUrl"].as_str().expect("a URL");
    assert!(url.ends_with("-200"), "{url}");
    let second = next(&cursors, &page).expect("a second page");
    assert_eq!(second["totalSize"], 450);
    assert_eq!(second["records"][0]["Number"], 200);
    assert!(second["nextRecordsUrl"].as_str().expect("a URL").ends_with("-400"));
}

#[test]
fn a_set_of_children_too_big_for_a_page_has_pages_of_its_own() {
    let cursors = Cursors::default();
    let (page, _) = paging(&cursors, 200).first_page(2, vec![parent(0, 1), parent(1, 450)]);
    assert_eq!(page["records"].as_array().expect("records").len(), 1, "the big one begins a new page");
    let second = next(&cursors, &page).expect("a second page");
    let set = &second["records"][0]["Contacts"];
    assert_eq!((&set["totalSize"], &set["done"]), (&json!(450), &json!(false)));
    assert_eq!(set["records"].as_array().expect("children").len(), 199);
    assert!(set["nextRecordsUrl"].as_str().expect("a URL").ends_with("-199"));
}

proptest! {
    #[test]
    fn nothing_is_lost_and_pages_keep_their_size(
        sizes in prop::collection::vec(prop_oneof![4 => 0..5_usize, 1 => 0..60_usize], 0..60),
        batch_size in 2..30_usize,
    ) {
        let cursors = Cursors::default();
        let parents: Vec<_> = sizes.iter().enumerate().map(|(number, &size)| parent(number, size)).collect();
        let (first, _) = paging(&cursors, batch_size).first_page(parents.len(), parents.clone());
        let mut page = Some(first.clone());
        while let Some(current) = page {
            let rows: usize = current["records"].as_array().expect("records").iter()
                .map(|record| 1 + record["Contacts"]["records"].as_array().map_or(0, Vec::len)).sum();
            prop_assert!(rows <= batch_size);
            page = next(&cursors, &current);
        }
        let joined: Vec<_> = all(&cursors, first).into_iter().map(|mut record| {
            if !record["Contacts"].is_null() {
                let total = record["Contacts"]["totalSize"].clone();
                let records = all(&cursors, record["Contacts"].clone());
                record["Contacts"] = json!({"totalSize": total, "done": true, "records": records});
            }
            record
        }).collect();
        prop_assert_eq!(joined, parents);
    }
}
