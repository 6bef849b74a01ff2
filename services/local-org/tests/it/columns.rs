//! `?columns=true`, with which the Salesforce CLI lays out its tables.

use serde_json::{Value, json};

use crate::support::{Reply, TestOrg};

async fn columns(org: &TestOrg, soql: &str) -> Reply {
    let query = url::form_urlencoded::byte_serialize(soql.as_bytes()).collect::<String>();
    org.get(&format!("/query?q={query}&columns=true")).await
}

/// Some members of the columns.
fn picked(columns: &Value, members: &[&str]) -> Vec<Vec<Value>> {
    let columns = columns.as_array().expect("columns");
    columns.iter().map(|column| members.iter().map(|name| column[*name].clone()).collect()).collect()
}

#[tokio::test]
async fn fields_have_a_column_each() {
    let org = TestOrg::start().await;
    let reply = columns(&org, "SELECT id, Name, AnnualRevenue, Key__c FROM account").await;
    assert_eq!(
        (reply.status, &reply.body["entityName"], &reply.body["keyPrefix"]),
        (200, &json!("Account"), &json!("001"))
    );
    assert_eq!((&reply.body["idSelected"], &reply.body["groupBy"]), (&json!(true), &json!(false)));
    let members = ["columnName", "apexType", "numberType", "textType", "custom", "updatable"];
    let expected = json!([
        ["Id", "Id", false, false, false, false],
        ["Name", "String", false, true, false, true],
        ["AnnualRevenue", "Double", true, false, false, true],
        ["Key__c", "String", false, true, true, true],
    ]);
    assert_eq!(json!(picked(&reply.body["columnMetadata"], &members)), expected);
    assert!(reply.body.get("records").is_none(), "the query does not run");
}

#[tokio::test]
async fn parents_and_children_hold_their_columns() {
    let org = TestOrg::start().await;
    let soql =
        "SELECT Name, Account.Name, Account.Owner.Email, (SELECT Quantity FROM OpportunityLineItems) FROM Opportunity";
    let columns = columns(&org, soql).await.body["columnMetadata"].clone();
    let members = ["columnName", "aggregate"];
    let expected = json!([["Name", false], ["Account", false], ["OpportunityLineItems", true]]);
    assert_eq!(json!(picked(&columns, &members)), expected);
    assert_eq!(json!(picked(&columns[1]["joinColumns"], &members)), json!([["Name", false], ["Owner", false]]));
    assert_eq!(json!(picked(&columns[1]["joinColumns"][1]["joinColumns"], &members)), json!([["Email", false]]));
    assert_eq!(json!(picked(&columns[2]["joinColumns"], &members)), json!([["Quantity", false]]));
}

#[tokio::test]
async fn totals_show_their_expression() {
    let org = TestOrg::start().await;
    let soql = "SELECT StageName, COUNT(Id), SUM(Amount) total FROM Opportunity GROUP BY StageName";
    let reply = columns(&org, soql).await;
    let members = ["columnName", "displayName", "aggregate", "apexType"];
    let expected = json!([
        ["StageName", "StageName", false, "String"],
        ["expr0", "count(Id)", true, "Integer"],
        ["total", "sum(Amount)", true, "Double"],
    ]);
    assert_eq!(json!(picked(&reply.body["columnMetadata"], &members)), expected);
    assert_eq!(reply.body["groupBy"], true);
    let reply = columns(&org, "SELECT COUNT() FROM Opportunity").await;
    assert_eq!(reply.body["columnMetadata"], json!([]));
}

#[tokio::test]
async fn a_wrong_query_is_refused() {
    let org = TestOrg::start().await;
    assert_eq!(columns(&org, "SELECT Nothing FROM Account").await.code(), "INVALID_FIELD");
    assert_eq!(columns(&org, "SELECT Id FROM ScratchOrgInfo LIMIT 1").await.code(), "INVALID_TYPE");
}
