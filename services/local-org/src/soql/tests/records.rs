//! What records look like.

use serde_json::{Value, json};

use super::fixture::{Org, id};

#[test]
fn record_as_the_rest_api_sends_it() {
    let org = Org::sample();
    let result =
        org.query("select  name, ISCLOSED, amount, closedate, createdDate from OPPORTUNITY where Name='Alpha'");
    assert_eq!(result.object, "Opportunity");
    assert_eq!(result.total_size, 1);
    assert!(!result.aggregate);
    let expected = json!({
        "attributes": {
            "type": "Opportunity",
            "url": format!("/services/data/v62.0/sobjects/Opportunity/{}", id("006", 1)),
        },
        "Name": "Alpha",
        "IsClosed": false,
        "Amount": 100.0,
        "CloseDate": "2025-06-14",
        "CreatedDate": "2025-06-01T10:00:00.000+0000",
    });
    // The text, because order matters.
    assert_eq!(result.records[0].to_string(), expected.to_string());
}

#[test]
fn parents_are_nested_and_null_when_absent() {
    let org = Org::sample();
    let soql =
        "SELECT o.Account.Owner.Manager.Name, Id, Account.Name, o.Account.Owner.Name FROM Opportunity o ORDER BY Id";
    let records = org.query(soql).records;
    let url = |object, id| format!("/services/data/v62.0/sobjects/{object}/{id}");
    let expected = json!({
        "attributes": { "type": "Opportunity", "url": url("Opportunity", id("006", 1)) },
        "Account": {
            "attributes": { "type": "Account", "url": url("Account", id("001", 1)) },
            "Owner": {
                "attributes": { "type": "User", "url": url("User", id("005", 2)) },
                "Manager": { "attributes": { "type": "User", "url": url("User", id("005", 1)) }, "Name": "Ada" },
                "Name": "Grace",
            },
            "Name": "Acme",
        },
        "Id": id("006", 1),
    });
    assert_eq!(records[0].to_string(), expected.to_string());
    assert_eq!(records[3]["Account"], Value::Null);
    assert_eq!(records[4]["Account"]["Owner"], Value::Null);
    assert_eq!(records[4]["Account"]["Name"], "O'Neill \"& Sons\" 100%_\\");
}

#[test]
fn the_object_name_is_an_alias_too() {
    let org = Org::sample();
    let records = org.plain("SELECT Account.Name, Account.Parent.Name FROM Account WHERE Account.Name = 'acme'");
    assert_eq!(records, json!([{ "Name": "Acme", "Parent": null }]));
}

#[test]
fn child_records() {
    let org = Org::sample();
    let soql = "SELECT Name, (SELECT Product2.Name, Quantity FROM OpportunityLineItems WHERE Quantity > 1 ORDER BY SortOrder), \
                (SELECT Name FROM o.quotes) FROM Opportunity o WHERE Name IN ('Alpha', 'beta', 'Gamma') ORDER BY Name";
    let expected = json!([
        {
            "Name": "Alpha",
            "OpportunityLineItems": {
                "totalSize": 2,
                "done": true,
                "records": [
                    { "Product2": { "Name": "Lamp" }, "Quantity": 5.0 },
                    { "Product2": { "Name": "Lamp" }, "Quantity": 2.0 },
                ],
            },
            "Quotes": null,
        },
        {
            "Name": "beta",
            "OpportunityLineItems": {
                "totalSize": 1, "done": true, "records": [{ "Product2": { "Name": "Rug" }, "Quantity": 3.0 }],
            },
            "Quotes": { "totalSize": 1, "done": true, "records": [{ "Name": "Q1" }] },
        },
        { "Name": "Gamma", "OpportunityLineItems": null, "Quotes": null },
    ]);
    assert_eq!(org.plain(soql), expected);
}

#[test]
fn limit_and_offset_of_children_hold_for_each_parent() {
    let org = Org::sample();
    let soql = "SELECT (SELECT SortOrder FROM OpportunityLineItems ORDER BY SortOrder LIMIT 1 OFFSET 1) FROM Opportunity \
                WHERE Name IN ('Alpha', 'beta') ORDER BY Name";
    let expected = json!([
        { "OpportunityLineItems": { "totalSize": 1, "done": true, "records": [{ "SortOrder": 2 }] } },
        { "OpportunityLineItems": null },
    ]);
    assert_eq!(org.plain(soql), expected);
}

#[test]
fn children_of_children() {
    let org = Org::sample();
    let soql = "SELECT Name, (SELECT Name, (SELECT Quantity FROM OpportunityLineItems) FROM Opportunities ORDER BY Id LIMIT 1) \
                FROM Account WHERE Name = 'Acme'";
    let records = org.plain(soql);
    let children = &records[0]["Opportunities"]["records"][0]["OpportunityLineItems"];
    assert_eq!(children["totalSize"], 3);
}

#[test]
fn fields_function() {
    let org = Org::sample();
    let records = org.plain("SELECT FIELDS(ALL) FROM Account WHERE Name = 'Acme' LIMIT 200");
    let names: Vec<_> = records[0].as_object().unwrap().keys().cloned().collect();
    assert_eq!(names, ["Id", "Name", "Industry", "Description", "ParentId", "OwnerId", "Key__c", "IsDeleted"]);
    assert_eq!(org.plain("SELECT FIELDS(custom) FROM Account ORDER BY Id LIMIT 1"), json!([{ "Key__c": "abc" }]));
    let standard = org.plain("SELECT Fields(Standard), Key__c FROM Account ORDER BY Id");
    assert_eq!(standard[0]["Key__c"], "abc");
    let hidden = org.plain("SELECT FIELDS(ALL) FROM Opportunity LIMIT 1");
    assert_eq!(hidden[0].get("Secret__c"), None);
}

#[test]
fn labels() {
    let org = Org::sample();
    let soql = "SELECT toLabel(StageName), toLabel(Account.Industry) Industry FROM Opportunity WHERE toLabel(StageName) = 'closed lost'";
    assert_eq!(org.plain(soql), json!([{ "StageName": "Closed Lost", "Industry": null }]));
}

#[test]
fn order() {
    let org = Org::sample();
    assert_eq!(org.order("Id"), [1, 2, 3, 4, 5]);
    assert_eq!(org.order("Id DESC"), [5, 4, 3, 2, 1]);
    // Case does not count, accents come after z, nulls come first in both directions.
    assert_eq!(org.order("Name"), [4, 1, 2, 3, 5]);
    assert_eq!(org.order("Name DESC"), [4, 5, 3, 2, 1]);
    assert_eq!(org.order("Name ASC NULLS LAST"), [1, 2, 3, 5, 4]);
    assert_eq!(org.order("Name desc nulls last"), [5, 3, 2, 1, 4]);
    assert_eq!(org.order("Amount"), [3, 5, 1, 4, 2]);
    assert_eq!(org.order("Amount DESC NULLS LAST"), [2, 4, 1, 5, 3]);
    assert_eq!(org.order("IsClosed DESC, CloseDate DESC"), [5, 3, 4, 2, 1]);
    assert_eq!(org.order("Account.Name NULLS FIRST, Name"), [4, 1, 2, 5, 3]);
}

#[test]
fn limit_and_offset() {
    let org = Org::sample();
    let ids = |clause| org.query(&format!("SELECT Id FROM Opportunity ORDER BY Id {clause}")).total_size;
    assert_eq!(ids("LIMIT 2"), 2);
    assert_eq!(ids("LIMIT 0"), 0);
    assert_eq!(ids("LIMIT 10 OFFSET 4"), 1);
    assert_eq!(ids("OFFSET 2"), 3);
    let third = org.plain("SELECT Name FROM Opportunity ORDER BY Id LIMIT 1 OFFSET 2");
    assert_eq!(third, json!([{ "Name": "Gamma" }]));
}

#[test]
fn deleted_records() {
    let org = Org::sample();
    assert_eq!(org.query("SELECT Id FROM Opportunity").total_size, 5);
    let all = org.query_with("SELECT Id, IsDeleted FROM Opportunity WHERE IsDeleted = TRUE", true).unwrap();
    assert_eq!(all.total_size, 1);
    assert_eq!(all.records[0]["IsDeleted"], true);
    assert_eq!(org.query_with("SELECT COUNT() FROM Opportunity", true).unwrap().total_size, 6);
}

#[test]
fn clauses_without_effect() {
    let org = Org::sample();
    for clause in [
        "WITH SECURITY_ENFORCED",
        "with user_mode ORDER BY Id",
        "FOR VIEW",
        "FOR REFERENCE",
        "FOR VIEW FOR REFERENCE",
        "LIMIT 100 FOR UPDATE",
        "UPDATE TRACKING",
    ] {
        assert_eq!(org.query(&format!("SELECT Id FROM Opportunity {clause}")).total_size, 5, "{clause}");
    }
}
