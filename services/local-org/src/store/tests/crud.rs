use serde_json::json;

use super::support::{TestOrg, VERSION, code, failure, map, text};

#[test]
fn a_record_comes_back_as_the_api_gives_it() {
    let org = TestOrg::new();
    let id = org.create("account", json!({ "NAME": "Acme", "attributes": { "type": "Account" } })).unwrap();
    let names = ["name".to_owned(), "IsDeleted".to_owned(), "AnnualRevenue".to_owned()];
    let record = org.run(|tx| tx.retrieve("ACCOUNT", &id[..15], Some(&names), VERSION)).unwrap();
    let expected = json!({
        "attributes": { "type": "Account", "url": format!("/services/data/v62.0/sobjects/Account/{id}") },
        "Name": "Acme", "IsDeleted": false, "AnnualRevenue": null, "Id": id,
    });
    assert_eq!(record.to_string(), expected.to_string());
}

#[test]
fn audit_fields_and_owner_are_the_actors() {
    let org = TestOrg::new();
    let record = org.get("Account", &org.account());
    for field in ["OwnerId", "CreatedById", "LastModifiedById"] {
        assert_eq!(text(&record, field), org.actor().user_id);
    }
    let stamp = text(&record, "CreatedDate");
    assert!(stamp.ends_with("+0000") && stamp.len() == "2030-01-01T00:00:00.000+0000".len(), "{stamp}");
    assert_eq!(record["SystemModstamp"], record["CreatedDate"]);
}

#[test]
fn ids_of_one_object_grow() {
    let org = TestOrg::new();
    let ids: Vec<String> = (0..100).map(|_| org.account()).collect();
    assert!(ids.is_sorted());
    assert!(ids.iter().all(|id| id.starts_with("001LO0") && id.len() == 18));
}

#[test]
fn an_update_changes_what_it_names() {
    let org = TestOrg::new();
    let id = org.create("Account", json!({ "Name": "Acme", "Phone": "1" })).unwrap();
    org.update("Account", &id, json!({ "phone": null, "Site": "HQ" })).unwrap();
    let record = org.get("Account", &id);
    assert_eq!((&record["Name"], &record["Phone"], &record["Site"]), (&json!("Acme"), &json!(null), &json!("HQ")));
}

#[test]
fn wrong_ids() {
    let org = TestOrg::new();
    let account = org.account();
    let unknown = "001LO000000zzzz";
    let message = format!("Record ID: id value of incorrect type: {account}");
    assert_eq!(failure(org.update("Contact", &account, json!({}))), (400, "MALFORMED_ID".to_owned(), message));
    assert_eq!(code(org.delete("Account", "abc")), "MALFORMED_ID");
    let expected = (404, "INVALID_CROSS_REFERENCE_KEY".to_owned(), "invalid cross reference id".to_owned());
    assert_eq!(failure(org.update("Account", unknown, json!({}))), expected);
    assert_eq!(failure(org.delete("Account", unknown)), expected);
    let read = org.run(|tx| tx.retrieve("Account", unknown, None, VERSION));
    assert_eq!(failure(read), (404, "NOT_FOUND".to_owned(), "The requested resource does not exist".to_owned()));
}

#[test]
fn unknown_objects_and_objects_of_the_org() {
    let org = TestOrg::new();
    assert_eq!(code(org.create("PlayingCard__c", json!({}))), "NOT_FOUND");
    assert_eq!(code(org.create("Organization", json!({ "Name": "x" }))), "INVALID_TYPE_FOR_OPERATION");
}

#[test]
fn a_failed_transaction_leaves_nothing() {
    let org = TestOrg::new();
    let before = org.count("Account");
    let result = org.run(|tx| {
        tx.create("Account", &map(json!({ "Name": "Acme" })))?;
        tx.create("Account", &map(json!({})))
    });
    assert_eq!(code(result), "REQUIRED_FIELD_MISSING");
    assert_eq!(org.count("Account"), before);
}

#[test]
fn a_failed_savepoint_leaves_the_rest() {
    let org = TestOrg::new();
    let before = org.count("Account");
    org.run(|tx| {
        tx.create("Account", &map(json!({ "Name": "one" })))?;
        let inner = tx.savepoint(|tx| {
            tx.create("Account", &map(json!({ "Name": "two" })))?;
            tx.savepoint(|tx| tx.create("Account", &map(json!({ "Name": "three" }))))?;
            tx.create("Account", &map(json!({})))
        });
        assert_eq!(code(inner), "REQUIRED_FIELD_MISSING");
        tx.savepoint(|tx| tx.create("Account", &map(json!({ "Name": "four" }))))
    })
    .unwrap();
    assert_eq!(org.count("Account"), before + 2);
}

#[test]
fn a_panic_rolls_back_and_the_org_goes_on() {
    let org = TestOrg::new();
    let before = org.count("Account");
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        org.run(|tx| -> Result<(), _> {
            tx.create("Account", &map(json!({ "Name": "Acme" })))?;
            panic!("on purpose")
        })
    }));
    assert!(outcome.is_err());
    assert_eq!(org.count("Account"), before);
    org.account();
    assert_eq!(org.count("Account"), before + 1);
}

#[test]
fn rows_are_counted() {
    let org = TestOrg::new();
    let rows = org
        .run(|tx| {
            assert_eq!(tx.rows_touched(), 0);
            tx.create("Account", &map(json!({ "Name": "Acme" })))?;
            Ok(tx.rows_touched())
        })
        .unwrap();
    assert_eq!(rows, 1);
}
