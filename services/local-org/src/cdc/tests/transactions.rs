use std::rc::Rc;

use serde_json::json;

use super::support::{Observed, map, opportunity};
use crate::cdc::{Change, Commit, Origin};
use crate::error::ApiError;
use crate::record::Record;

#[test]
fn what_is_undone_has_no_event() {
    let org = Observed::new();
    let id = org.opportunity("Deal");
    org.clear();
    let failure = || ApiError::not_found();
    let undone: Result<(), _> = org.try_run(|tx| {
        tx.update("Opportunity", &id, &map(json!({"Name": "Other"})))?;
        tx.create("Opportunity", &map(opportunity("New")))?;
        Err(failure())
    });
    undone.unwrap_err();
    assert!(org.events().is_empty());
    org.run(|tx| {
        let undone: Result<(), _> = tx.savepoint(|tx| {
            tx.update("Opportunity", &id, &map(json!({"Name": "Other"})))?;
            tx.create("Account", &map(json!({"Name": "New"})))?;
            Err(failure())
        });
        undone.unwrap_err();
        tx.create("Account", &map(json!({"Name": "Kept"})))
    });
    let events = org.events();
    assert_eq!(org.summary(&events), [("CREATE", "Account")]);
    assert_eq!(events[0]["Name"], "Kept");
    org.clear();
    // Changed before the savepoint, and again within it.
    org.run(|tx| {
        tx.update("Opportunity", &id, &map(json!({"Name": "First"})))?;
        let undone: Result<(), _> = tx.savepoint(|tx| {
            tx.update("Opportunity", &id, &map(json!({"Name": "Second", "NextStep": "x"})))?;
            Err(failure())
        });
        undone.unwrap_err();
        Ok(())
    });
    let events = org.events();
    assert_eq!((&events[0]["Name"], &events[0]["NextStep"]), (&json!("First"), &json!(null)));
}

#[test]
fn units_that_are_committed_together_have_their_own_events() {
    let org = Observed::new();
    let id = org.opportunity("Deal");
    org.clear();
    org.run(|tx| {
        tx.unit(|tx| tx.update("Opportunity", &id, &map(json!({"Name": "First"}))))?;
        let undone: Result<(), _> = tx.unit(|tx| {
            tx.update("Opportunity", &id, &map(json!({"Name": "Second", "NextStep": "x"})))?;
            Err(ApiError::not_found())
        });
        undone.unwrap_err();
        tx.unit(|tx| {
            tx.update("Opportunity", &id, &map(json!({"Name": "Third"})))?;
            tx.create("Account", &map(json!({"Name": "New"})))
        })
    });
    let events = org.events();
    assert_eq!(org.summary(&events), [("UPDATE", "Opportunity"), ("UPDATE", "Opportunity"), ("CREATE", "Account")]);
    assert_eq!((&events[0]["Name"], &events[1]["Name"]), (&json!("First"), &json!("Third")));
    assert_eq!(events[1]["NextStep"], json!(null));
    let header = |index: usize, name: &str| events[index]["ChangeEventHeader"][name].clone();
    assert!(header(0, "commitNumber").as_i64() < header(1, "commitNumber").as_i64());
    assert_ne!(header(0, "transactionKey"), header(1, "transactionKey"));
    assert_eq!(header(1, "transactionKey"), header(2, "transactionKey"));
}

#[test]
fn what_is_done_anew_publishes_once() {
    let org = Observed::new();
    let mut attempts = 0;
    let done = org.org.transaction_of_parts(&org.org.admin(), &Origin::default(), |tx| {
        attempts += 1;
        tx.unit(|tx| {
            tx.create("Alert__e", &map(json!({})))?;
            tx.create("Opportunity", &map(opportunity("First")))
        })?;
        let undone: Result<(), _> = tx.unit(|tx| {
            tx.create("Opportunity", &map(opportunity("Undone")))?;
            tx.create("Alert__e", &map(json!({})))?;
            Err(ApiError::not_found())
        });
        undone.unwrap_err();
        tx.unit(|tx| tx.create("Opportunity", &map(opportunity("Third"))))
    });
    done.unwrap();
    let events: Vec<_> = org.events().iter().map(|event| event["Name"].as_str().map(str::to_owned)).collect();
    let name = |name: &str| Some(name.to_owned());
    // An event that is published at once stays, whatever becomes of its unit.
    assert_eq!((attempts, events), (2, vec![None, name("First"), None, name("Third")]));
}

#[test]
fn a_record_has_one_event_a_transaction() {
    let org = Observed::new();
    let old = org.opportunity("Old");
    org.clear();
    org.run(|tx| {
        let new = tx.create("Opportunity", &map(opportunity("New")))?;
        tx.update("Opportunity", &new, &map(json!({"Name": "Newer"})))?;
        let short = tx.create("Opportunity", &map(opportunity("Short")))?;
        tx.delete("Opportunity", &short)?;
        tx.update("Opportunity", &old, &map(json!({"Name": "Older"})))?;
        tx.update("Opportunity", &old, &map(json!({"NextStep": "Call"})))
    });
    let events = org.events();
    assert_eq!(org.summary(&events), [("CREATE", "Opportunity"), ("UPDATE", "Opportunity")]);
    assert_eq!((&events[0]["Name"], &events[1]["Name"]), (&json!("Newer"), &json!("Older")));
    assert_eq!(org.changed(&events[1]), ["LastModifiedDate", "Name", "NextStep"]);
    org.clear();
    org.run(|tx| {
        tx.update("Opportunity", &old, &map(json!({"Name": "Gone"})))?;
        tx.delete("Opportunity", &old)
    });
    assert_eq!(org.summary(&org.events()), [("DELETE", "Opportunity")]);
}

#[test]
fn the_same_change_of_several_records_is_one_event() {
    let org = Observed::new();
    let ids: Vec<String> = (0..250).map(|number| org.opportunity(&format!("Deal {number}"))).collect();
    org.clear();
    // Dates that are the same to the millisecond did not change.
    std::thread::sleep(std::time::Duration::from_millis(2));
    let edit = |fields: &dyn Fn(usize) -> serde_json::Value| {
        org.run(|tx| {
            for (index, id) in ids.iter().enumerate() {
                tx.update("Opportunity", id, &map(fields(index)))?;
            }
            Ok(())
        });
    };
    edit(&|_| json!({"StageName": "Closed Won"}));
    let events = org.events();
    let records = |event: &serde_json::Value| event["ChangeEventHeader"]["recordIds"].as_array().unwrap().clone();
    assert_eq!(events.iter().map(|event| records(event).len()).collect::<Vec<_>>(), [200, 50]);
    let all: Vec<_> = events.iter().flat_map(records).collect();
    assert_eq!(all, ids.iter().map(|id| json!(id)).collect::<Vec<_>>());
    org.clear();
    edit(&|index| json!({"NextStep": format!("Step {}", index / 100)}));
    let events = org.events();
    assert_eq!(events.iter().map(|event| records(event).len()).collect::<Vec<_>>(), [100, 100, 50]);
    org.clear();
    org.org.bus().set(crate::events::Settings { merge: false });
    edit(&|_| json!({"StageName": "Prospecting"}));
    let events = org.events();
    assert_eq!(events.len(), 250);
    assert_eq!(events[249]["ChangeEventHeader"]["sequenceNumber"], 250);
}

#[test]
fn transactions_are_told_apart() {
    let org = Observed::new();
    let (first, second) = (org.opportunity("First"), org.opportunity("Second"));
    let origin = Origin::rest(&"62.0", Some("client=quotes"));
    org.org
        .transaction_from(&org.org.admin(), &origin, |tx| {
            tx.update("Opportunity", &first, &map(json!({"Name": "a"})))?;
            tx.update("Opportunity", &second, &map(json!({"Name": "b"})))
        })
        .unwrap();
    let events = org.events();
    let header = |index: usize, name: &str| events[index]["ChangeEventHeader"][name].clone();
    assert_ne!(header(0, "transactionKey"), header(1, "transactionKey"));
    assert_eq!(header(2, "transactionKey"), header(3, "transactionKey"));
    assert!(header(0, "commitNumber").as_i64() < header(1, "commitNumber").as_i64());
    assert_eq!(header(2, "commitNumber"), header(3, "commitNumber"));
    assert_eq!((header(2, "sequenceNumber"), header(3, "sequenceNumber")), (json!(1), json!(2)));
    assert_eq!(header(0, "changeOrigin"), "");
    assert_eq!(header(2, "changeOrigin"), "com/salesforce/api/rest/62.0;client=quotes");
}

#[test]
fn sample_data_is_no_change() {
    let org = Observed::new();
    crate::seed::opportunities(&org.org, 5, 2).unwrap();
    assert!(org.events().is_empty());
}

#[test]
fn too_many_changes_overflow() {
    let org = Observed::new();
    let id = org.opportunity("Deal");
    let admin = org.org.admin();
    let events = org.run(|tx| {
        let object = tx.object("Opportunity")?;
        let before = tx.load(object, &id)?.unwrap();
        // Two changed fields each.
        let after = Rc::new(Record::clone(&before).with("Name", "Other".to_owned()));
        let change = |_| Change { object, id: id.clone(), before: Some(before.clone()), after: Some(after.clone()) };
        let changes: Vec<_> = (0..50_001).map(change).collect();
        let commit = Commit { at: chrono::Utc::now(), number: 1, user_id: &admin.user_id, origin: &Origin::default() };
        let bus = org.org.bus();
        Ok(crate::cdc::events(bus.topics().entities(), bus.settings(), &changes, &commit).unwrap())
    });
    assert_eq!(events.len(), 251, "250 merged ones and the overflow");
    org.org.publish(events).unwrap();
    let all = org.events();
    let header = &all.last().unwrap()["ChangeEventHeader"];
    assert_eq!((&header["changeType"], &header["sequenceNumber"]), (&json!("GAP_OVERFLOW"), &json!(251)));
    assert_eq!(header["recordIds"], json!(["000000000000000AAA"]));
}

#[test]
fn an_event_that_is_too_big_is_a_gap() {
    let org = Observed::new();
    let id = org.opportunity("Deal");
    let admin = org.org.admin();
    let events = org.run(|tx| {
        let object = tx.object("Opportunity")?;
        let before = tx.load(object, &id)?.unwrap();
        let after = Rc::new(Record::clone(&before).with("Description", "x".repeat(1_000_000)));
        let change = Change { object, id: id.clone(), before: Some(before), after: Some(after) };
        let commit = Commit { at: chrono::Utc::now(), number: 1, user_id: &admin.user_id, origin: &Origin::default() };
        let bus = org.org.bus();
        Ok(crate::cdc::events(bus.topics().entities(), bus.settings(), &[change], &commit).unwrap())
    });
    org.org.publish(events).unwrap();
    let all = org.events();
    let header = &all[1]["ChangeEventHeader"];
    assert_eq!((&header["changeType"], &header["recordIds"]), (&json!("GAP_UPDATE"), &json!([id])));
    assert_eq!((&all[1]["Description"], &header["changedFields"]), (&json!(null), &json!([])));
}
