//! Transactions whose parts have savepoints only when one of them fails.

use serde_json::json;

use super::support::{TestOrg, code, map};
use crate::cdc::Origin;
use crate::error::ApiError;
use crate::store::Tx;

/// What each part did, and how often the transaction was done.
fn run(org: &TestOrg, parts: &[&str], unit: bool) -> (Vec<Result<String, String>>, usize) {
    let mut attempts = 0;
    let done = org.org.transaction_of_parts(&org.actor(), &Origin::default(), |tx| {
        attempts += 1;
        let part = |code: &&str| {
            let create = |tx: &mut Tx<'_>| {
                tx.create("Contact", &map(json!({"LastName": *code})))?;
                tx.create("Account", &map(json!({"Name": "Part", "Code__c": *code})))
            };
            let done = if unit { tx.unit(create) } else { tx.savepoint(create) };
            done.map_err(|error| error.code)
        };
        Ok((parts.iter().map(part).collect(), tx.rows_touched()))
    });
    let (done, rows): (Vec<_>, u64) = done.unwrap();
    assert!(rows >= 2 * done.iter().filter(|done: &&Result<_, _>| done.is_ok()).count() as u64);
    (done, attempts)
}

#[test]
fn what_does_not_fail_is_done_once() {
    for unit in [true, false] {
        let org = TestOrg::new();
        let contacts = org.count("Contact");
        let (done, attempts) = run(&org, &["a", "b", "c"], unit);
        assert!(done.iter().all(Result::is_ok), "{done:?}");
        assert_eq!((attempts, org.count("Contact") - contacts), (1, 3));
    }
}

#[test]
fn a_part_that_fails_is_undone_alone() {
    for unit in [true, false] {
        let org = TestOrg::new();
        let contacts = org.count("Contact");
        let (done, attempts) = run(&org, &["a", "b", "A", "c", "b"], unit);
        let failed: Vec<bool> = done.iter().map(Result::is_err).collect();
        assert_eq!(failed, [false, false, true, false, true], "{done:?}");
        assert!(done.iter().flatten().all(|id| org.get("Account", id)["Name"] == "Part"));
        assert!(done.iter().filter_map(|done| done.as_ref().err()).all(|code| code == "DUPLICATE_VALUE"), "{done:?}");
        assert_eq!((attempts, org.count("Contact") - contacts), (2, 3));
    }
}

#[test]
fn a_transaction_that_fails_leaves_nothing() {
    let org = TestOrg::new();
    let contacts = org.count("Contact");
    let fail = |in_a_part: bool| {
        org.org.transaction_of_parts(&org.actor(), &Origin::default(), |tx| {
            tx.create("Contact", &map(json!({"LastName": "x"})))?;
            if in_a_part { tx.savepoint(|_| Err(ApiError::not_found())) } else { Err::<(), _>(ApiError::not_found()) }
        })
    };
    assert_eq!((code(fail(true)), code(fail(false))), ("NOT_FOUND".to_owned(), "NOT_FOUND".to_owned()));
    assert_eq!(org.count("Contact"), contacts);
}
