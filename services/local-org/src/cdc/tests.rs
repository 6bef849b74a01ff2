//! Change events as they follow from what is done to an org.

mod replica;
mod schemas;
mod support;
mod transactions;

use serde_json::json;

use self::support::Observed;

#[test]
fn a_create_has_all_fields() {
    let org = Observed::new();
    let id = org.opportunity("Deal");
    let events = org.events();
    assert_eq!(events.len(), 1);
    let (event, header) = (&events[0], &events[0]["ChangeEventHeader"]);
    assert_eq!(event["Name"], "Deal");
    assert_eq!((&event["StageName"], &event["Probability"]), (&json!("Prospecting"), &json!(10.0)));
    assert_eq!(event["CloseDate"], 1_908_748_800_000_i64, "2030-06-27");
    assert_eq!((&event["IsClosed"], &event["Amount"]), (&json!(false), &json!(null)));
    assert_eq!(event["OwnerId"], org.user());
    assert!(event["CreatedDate"].as_i64().unwrap() > 1_700_000_000_000);
    assert_eq!((&header["entityName"], &header["changeType"]), (&json!("Opportunity"), &json!("CREATE")));
    assert_eq!((&header["recordIds"], &header["commitUser"]), (&json!([id]), &json!(org.user())));
    assert_eq!((&header["sequenceNumber"], &header["changedFields"]), (&json!(1), &json!([])));
    assert_eq!((&header["nulledFields"], &header["diffFields"]), (&json!([]), &json!([])));
    assert!(header["commitNumber"].as_i64().unwrap() > 0);
    assert!(uuid::Uuid::parse_str(header["transactionKey"].as_str().unwrap()).is_ok());
}

#[test]
fn an_update_has_what_changed_and_when() {
    let org = Observed::new();
    let id = org.opportunity("Deal");
    org.update("Opportunity", &id, json!({"NextStep": "Call", "Description": "x"}));
    org.clear();
    std::thread::sleep(std::time::Duration::from_millis(2));
    org.update("Opportunity", &id, json!({"StageName": "Needs Analysis", "NextStep": null, "Description": "x"}));
    let events = org.events();
    assert_eq!(events.len(), 1);
    // Both stages are forecast alike.
    assert_eq!(
        org.changed(&events[0]),
        ["LastModifiedDate", "LastStageChangeDate", "NextStep", "Probability", "StageName"]
    );
    assert_eq!(org.nulled(&events[0]), ["NextStep"]);
    assert_eq!((&events[0]["StageName"], &events[0]["Probability"]), (&json!("Needs Analysis"), &json!(20.0)));
    for unchanged in ["Name", "NextStep", "Description", "IsClosed", "OwnerId", "CreatedDate", "LastModifiedById"] {
        assert_eq!(events[0][unchanged], json!(null), "{unchanged}");
    }
    assert!(!events[0]["LastModifiedDate"].is_null());
}

#[test]
fn a_change_of_nothing_still_has_a_date() {
    let org = Observed::new();
    let id = org.opportunity("Deal");
    org.clear();
    std::thread::sleep(std::time::Duration::from_millis(2));
    org.update("Opportunity", &id, json!({"Name": "Deal"}));
    let events = org.events();
    assert_eq!(events.len(), 1);
    assert_eq!(org.changed(&events[0]), ["LastModifiedDate"]);
}

#[test]
fn a_delete_has_a_header_only() {
    let org = Observed::new();
    let id = org.opportunity("Deal");
    org.clear();
    org.run(|tx| tx.delete("Opportunity", &id));
    let events = org.events();
    assert_eq!(events[0]["ChangeEventHeader"]["changeType"], "DELETE");
    assert_eq!(events[0]["ChangeEventHeader"]["changedFields"], json!([]));
    let body = events[0].as_object().unwrap().iter().filter(|(name, _)| *name != "ChangeEventHeader");
    assert!(body.into_iter().all(|(_, value)| value.is_null()));
    org.clear();
    org.run(|tx| tx.undelete("Opportunity", &id));
    let events = org.events();
    assert_eq!(events[0]["ChangeEventHeader"]["changeType"], "UNDELETE");
    assert_eq!((&events[0]["Name"], events.len()), (&json!("Deal"), 1));
}

#[test]
fn children_and_parents_have_events_of_their_own() {
    let org = Observed::new();
    let id = org.opportunity("Deal");
    org.clear();
    let line = org.line(&id, 3.0);
    let events = org.events();
    // The first product gives the Opportunity its price book, and so comes second.
    assert_eq!(org.summary(&events), [("UPDATE", "Opportunity"), ("CREATE", "OpportunityLineItem")]);
    let changed = org.changed(&events[0]);
    for field in ["Amount", "ExpectedRevenue", "TotalOpportunityQuantity", "HasOpportunityLineItem", "Pricebook2Id"] {
        assert!(changed.contains(&field.to_owned()), "{field} of {changed:?}");
    }
    assert_eq!((&events[0]["Amount"], &events[0]["TotalOpportunityQuantity"]), (&json!(300.0), &json!(3.0)));
    org.clear();
    org.run(|tx| tx.delete("OpportunityLineItem", &line));
    let events = org.events();
    assert_eq!(org.summary(&events), [("DELETE", "OpportunityLineItem"), ("UPDATE", "Opportunity")]);
    assert_eq!(events[1]["Amount"], 0.0);
}

#[test]
fn a_cascade_is_one_transaction() {
    let org = Observed::new();
    let id = org.opportunity("Deal");
    org.line(&id, 1.0);
    org.line(&id, 2.0);
    org.create("Quote", json!({"Name": "Offer", "OpportunityId": id}));
    org.clear();
    org.run(|tx| tx.delete("Opportunity", &id));
    let events = org.events();
    // The two lines are one merged event.
    assert_eq!(
        org.summary(&events),
        [("DELETE", "Opportunity"), ("DELETE", "OpportunityLineItem"), ("DELETE", "Quote")]
    );
    assert_eq!(events[1]["ChangeEventHeader"]["recordIds"].as_array().unwrap().len(), 2);
    let keys: Vec<_> = events.iter().map(|event| &event["ChangeEventHeader"]["transactionKey"]).collect();
    assert!(keys.iter().all(|key| *key == keys[0]));
    let numbers: Vec<_> = events.iter().map(|event| &event["ChangeEventHeader"]["sequenceNumber"]).collect();
    assert_eq!(numbers, [1, 2, 3]);
    org.clear();
    org.run(|tx| tx.undelete("Opportunity", &id));
    let events = org.events();
    assert_eq!(
        org.summary(&events),
        [
            ("UNDELETE", "Opportunity"),
            ("UNDELETE", "OpportunityLineItem"),
            ("UNDELETE", "OpportunityLineItem"),
            ("UNDELETE", "Quote")
        ]
    );
    assert_eq!((&events[1]["Quantity"], &events[2]["Quantity"]), (&json!(1.0), &json!(2.0)), "whole records");
    assert!(events.iter().all(|event| event["ChangeEventHeader"]["transactionKey"] != *keys[0]));
}

#[test]
fn a_reference_that_is_cleared_by_a_delete() {
    let org = Observed::new();
    let contact = org.create("Contact", json!({"LastName": "Doe"}));
    let other = org.create("Contact", json!({"LastName": "Roe", "ReportsToId": contact}));
    org.clear();
    org.run(|tx| tx.delete("Contact", &contact));
    let events = org.events();
    assert_eq!(org.summary(&events), [("DELETE", "Contact"), ("UPDATE", "Contact")]);
    assert_eq!(events[1]["ChangeEventHeader"]["recordIds"], json!([other]));
    assert_eq!(org.nulled(&events[1]), ["ReportsToId"]);
}

#[test]
fn compound_fields_change_by_their_parts() {
    let org = Observed::new();
    let account = org.create(
        "Account",
        json!({"Name": "Acme", "BillingCity": "Lyon", "BillingCountry": "France", "ShippingCity": "Lyon"}),
    );
    let events = org.events();
    assert_eq!(events[0]["BillingAddress"]["City"], "Lyon");
    assert_eq!(events[0]["Name"], "Acme");
    org.clear();
    org.update("Account", &account, json!({"BillingCity": "Paris", "BillingCountry": null, "Fax": "1"}));
    let events = org.events();
    assert_eq!(events[0]["BillingAddress"]["City"], "Paris");
    assert_eq!(events[0]["BillingAddress"]["Street"], json!(null));
    assert_eq!(events[0]["ShippingAddress"], json!(null));
    assert_eq!(org.changed(&events[0]), ["BillingAddress.City", "BillingAddress.Country", "Fax", "LastModifiedDate"]);
    assert_eq!(org.nulled(&events[0]), ["BillingAddress.Country"]);
    assert_eq!(events[0]["ChangeEventHeader"]["changedFields"][1], "4-0x12");
    assert_eq!(events[0]["ChangeEventHeader"]["nulledFields"], json!(["4-0x10"]));

    let contact = org.create("Contact", json!({"FirstName": "Jane", "LastName": "Doe"}));
    org.clear();
    org.update("Contact", &contact, json!({"FirstName": "Joan"}));
    let events = org.events();
    assert_eq!(events[0]["Name"]["FirstName"], "Joan");
    assert_eq!(org.changed(&events[0]), ["LastModifiedDate", "Name.FirstName"]);
}
