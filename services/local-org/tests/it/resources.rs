//! Resources about objects and queries: explain, updated and deleted, layouts, list views, definitions, and what asks for
//! Apex.

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{API, TestOrg};

fn escaped(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

#[tokio::test]
async fn explains_a_query() {
    let org = TestOrg::start().await;
    for number in 0..4 {
        org.create("Account", json!({"Name": format!("N{number}"), "Key__c": format!("k{number}")})).await;
    }
    let all = org.query("SELECT COUNT() FROM Account").await.body["totalSize"].clone();
    let explain = |soql: &'static str| org.get_owned(format!("/query?explain={}", escaped(soql)));
    let soql = "SELECT Name FROM Account WHERE Key__c = 'k1' AND Phone = null";
    let reply = explain(soql).await;
    let plan = &reply.body["plans"][0];
    assert_eq!(
        (&reply.body["sourceQuery"], &plan["leadingOperationType"]),
        (&json!(soql), &json!("Index")),
        "{}",
        reply.text
    );
    assert_eq!(
        (&plan["fields"], &plan["cardinality"], &plan["sobjectCardinality"]),
        (&json!(["Key__c"]), &json!(1), &all)
    );
    assert_eq!((&plan["sobjectType"], &plan["notes"][1]["fields"]), (&json!("Account"), &json!(["Phone"])));
    assert!(plan["relativeCost"].as_f64().is_some_and(|cost| cost < 1.0), "{plan}");
    let reply = explain("SELECT COUNT(Id) FROM Account WHERE Phone = '1' GROUP BY Name").await;
    let plan = &reply.body["plans"][0];
    assert_eq!((&plan["leadingOperationType"], &plan["fields"]), (&json!("TableScan"), &json!([])), "{}", reply.text);
    assert!(plan["relativeCost"].as_f64().is_some_and(|cost| cost > 1.0), "{plan}");
    for (soql, code) in [("SELECT Nope FROM Account", "INVALID_FIELD"), ("SELECT", "MALFORMED_QUERY")] {
        let reply = explain(soql).await;
        assert_eq!((reply.status, reply.code()), (400, code), "{soql}: {}", reply.text);
    }
}

impl TestOrg {
    async fn get_owned(&self, path: String) -> crate::support::Reply {
        self.get(&path).await
    }

    async fn changes(
        &self,
        object: &str,
        what: &str,
        start: DateTime<Utc>,
        end: DateTime<Utc>,
    ) -> crate::support::Reply {
        let stamp = |at: DateTime<Utc>| escaped(&at.to_rfc3339());
        self.get(&format!("/sobjects/{object}/{what}?start={}&end={}", stamp(start), stamp(end))).await
    }
}

#[tokio::test]
async fn tells_which_records_changed() {
    let org = TestOrg::start().await;
    let (now, hour) = (Utc::now(), TimeDelta::hours(1));
    let (kept, gone) = (org.account("Kept").await, org.account("Gone").await);
    assert_eq!(org.delete(&format!("/sobjects/Account/{gone}")).await.status, 204);
    let reply = org.changes("account", "updated", now - hour, now + hour).await;
    let ids = reply.body["ids"].as_array().cloned().unwrap_or_default();
    assert!(ids.contains(&json!(kept)) && !ids.contains(&json!(gone)), "{}", reply.text);
    assert!(reply.body["latestDateCovered"].as_str().is_some_and(|at| at.ends_with("+0000")), "{}", reply.text);
    let reply = org.changes("Account", "deleted", now - hour, now + hour).await;
    assert_eq!(reply.body["deletedRecords"].as_array().map(Vec::len), Some(1), "{}", reply.text);
    let deleted = &reply.body["deletedRecords"][0];
    assert_eq!(deleted["id"], gone);
    assert!(deleted["deletedDate"].is_string() && reply.body["earliestDateAvailable"].is_string(), "{}", reply.text);
    let reply = org.changes("Account", "updated", now - hour * 3, now - hour * 2).await;
    assert_eq!(reply.body["ids"], json!([]), "{}", reply.text);
    for (start, end) in [(now, now - hour), (now - TimeDelta::days(31), now)] {
        let reply = org.changes("Account", "updated", start, end).await;
        assert_eq!((reply.status, reply.code()), (400, "INVALID_REPLICATION_DATE"), "{}", reply.text);
    }
    for (path, status, code) in [
        ("/sobjects/Account/updated", 400, "MISSING_ARGUMENT"),
        ("/sobjects/Account/deleted?start=x&end=y", 400, "INVALID_REPLICATION_DATE"),
        (
            "/sobjects/Nothing/updated?start=2026-01-01T00:00:00Z&end=2026-01-01T00:00:00Z",
            400,
            "INVALID_REPLICATION_DATE",
        ),
    ] {
        let reply = org.get(path).await;
        assert_eq!((reply.status, reply.code()), (status, code), "{path}: {}", reply.text);
    }
    assert_eq!(org.changes("Nothing", "updated", now - hour, now).await.status, 404);
}

#[tokio::test]
async fn describes_layouts() {
    let org = TestOrg::start().await;
    let master = "012000000000000AAA";
    let reply = org.get("/sobjects/Account/describe/layouts").await.body;
    let mapping = &reply["recordTypeMappings"][0];
    assert_eq!((&mapping["recordTypeId"], &mapping["layoutId"]), (&json!(master), &reply["layouts"][0]["id"]));
    let named: Vec<_> = reply["layouts"][0]["detailLayoutSections"]
        .as_array()
        .expect("sections")
        .iter()
        .flat_map(|section| section["layoutRows"].as_array().expect("rows"))
        .flat_map(|row| row["layoutItems"].as_array().expect("items"))
        .map(|item| item["layoutComponents"][0]["value"].as_str().expect("a field"))
        .collect();
    assert!(named.contains(&"Name") && named.contains(&"Key__c") && named.contains(&"CreatedDate"), "{named:?}");
    let related = reply["layouts"][0]["relatedLists"].as_array().expect("lists");
    assert!(related.iter().any(|list| list["name"] == "Contacts" && list["sobject"] == "Contact"), "{related:?}");
    let one = org.get(&format!("/sobjects/Account/describe/layouts/{master}")).await.body;
    assert_eq!(one["id"], reply["layouts"][0]["id"]);
    let compact = org.get("/sobjects/Account/describe/compactLayouts").await.body;
    let name = &compact["compactLayouts"][0];
    assert_eq!(
        (&name["name"], &name["fieldItems"][0]["layoutComponents"][0]["value"]),
        (&json!("SYSTEM"), &json!("Name"))
    );
    let approval = org.get("/sobjects/Account/describe/approvalLayouts").await.body;
    assert_eq!(approval, json!({"approvalLayouts": []}));
    let views = org.get("/sobjects/account/listviews").await.body;
    assert_eq!((&views["size"], &views["sobjectType"]), (&json!(0), &json!("Account")));
    for path in ["Nothing/describe/layouts", "Account/describe/layouts/012000000000001AAA", "Nothing/listviews"] {
        assert_eq!(org.get(&format!("/sobjects/{path}")).await.code(), "NOT_FOUND", "{path}");
    }
}

#[tokio::test]
async fn definitions_are_queried_like_records() {
    let org = TestOrg::start().await;
    let tooling = |soql: &'static str| org.get_owned(format!("/tooling/query?q={}", escaped(soql)));
    let reply = tooling(
        "SELECT QualifiedApiName, DataType, EntityDefinition.QualifiedApiName FROM FieldDefinition \
         WHERE EntityDefinition.QualifiedApiName = 'Account' AND QualifiedApiName IN ('Name', 'Key__c', 'OwnerId') \
         ORDER BY QualifiedApiName",
    )
    .await;
    let found: Vec<_> =
        reply.body["records"].as_array().expect("records").iter().map(|record| record["DataType"].clone()).collect();
    assert_eq!(found, ["Text(80) (Unique)", "Name", "Lookup(User)"], "{}", reply.text);
    let record = &reply.body["records"][0];
    assert_eq!(
        (&record["attributes"]["url"], &record["EntityDefinition"]["QualifiedApiName"]),
        (&json!(format!("{API}/tooling/sobjects/FieldDefinition/Account.Key__c")), &json!("Account"))
    );
    assert_eq!((&reply.body["size"], &reply.body["entityTypeName"]), (&json!(3), &json!("FieldDefinition")));
    let soql = "SELECT DurableId, KeyPrefix, IsQueryable FROM EntityDefinition WHERE QualifiedApiName LIKE 'acc%'";
    for reply in [tooling(soql).await, org.query(soql).await] {
        let record = &reply.body["records"][0];
        let seen = (&record["DurableId"], &record["KeyPrefix"], &record["IsQueryable"]);
        assert_eq!(seen, (&json!("Account"), &json!("001"), &json!(true)), "{}", reply.text);
    }
    let reply = tooling(
        "SELECT QualifiedApiName, (SELECT QualifiedApiName FROM Fields WHERE QualifiedApiName = 'Rating__c') \
         FROM EntityDefinition WHERE QualifiedApiName = 'Account'",
    )
    .await;
    assert_eq!(reply.body["records"][0]["Fields"]["totalSize"], 1, "{}", reply.text);
    let reply = tooling("SELECT Id, DeveloperName, TableEnumOrId FROM CustomField WHERE DeveloperName = 'Key'").await;
    let record = &reply.body["records"][0];
    assert_eq!(
        (&record["DeveloperName"], &record["TableEnumOrId"]),
        (&json!("Key"), &json!("Account")),
        "{}",
        reply.text
    );
    assert!(record["Id"].as_str().is_some_and(|id| id.starts_with("00N") && id.len() == 18), "{record}");
    let reply = tooling("SELECT COUNT(Id) c FROM CustomField").await;
    assert!(reply.body["records"][0]["c"].as_u64().is_some_and(|count| count >= 3), "{}", reply.text);
    // Fields that nobody gave to the caller are not there.
    let everyday = org.session("sales.user@my-org.local", &[]).await;
    let soql = "SELECT DeveloperName FROM CustomField WHERE DeveloperName IN ('Key', 'Secret')";
    let reply = everyday.get(&format!("/tooling/query?q={}", escaped(soql))).await;
    assert!(!reply.text.contains("Secret"), "{}", reply.text);
    for soql in ["SELECT Id, Name FROM ApexClass", "SELECT Id FROM ApexTrigger WHERE Name = 'x' LIMIT 1"] {
        for reply in [tooling(soql).await, org.query(soql).await] {
            assert_eq!((reply.status, &reply.body["totalSize"]), (200, &json!(0)), "{soql}: {}", reply.text);
        }
    }
    for (soql, code) in [
        ("SELECT Nope FROM ApexClass", "INVALID_FIELD"),
        ("SELECT Id FROM Nothing", "INVALID_TYPE"),
        ("SELECT FROM ApexClass", "MALFORMED_QUERY"),
    ] {
        assert_eq!(tooling(soql).await.code(), code, "{soql}");
    }
}

#[tokio::test]
async fn what_asks_for_apex_is_told_that_there_is_none() {
    let org = TestOrg::start().await;
    let reply = org.get("/tooling/executeAnonymous?anonymousBody=System.debug(1);").await;
    let seen = (reply.status, &reply.body["compiled"], &reply.body["success"], &reply.body["compileProblem"]);
    assert_eq!(seen, (200, &json!(false), &json!(false), &json!("A local org runs no Apex")), "{}", reply.text);
    for path in ["/tooling/runTestsAsynchronous", "/tooling/runTestsSynchronous/"] {
        let reply = org.post(path, json!({"tests": [{"className": "A"}]})).await;
        assert_eq!((reply.status, reply.code()), (400, "FUNCTIONALITY_NOT_ENABLED"), "{path}: {}", reply.text);
    }
    assert_eq!(org.call(Method::DELETE, "/tooling/executeAnonymous", Value::Null).await.status, 405);
}
