use reqwest::Method;
use serde_json::{Value, json};

use super::{error, media_type, member, members};
use crate::bulk::parse;
use crate::support::{Reply, TestOrg};

impl TestOrg {
    /// Runs a query in a job of its own, and gives its result.
    async fn v1_query(&self, object: &str, operation: &str, kind: &str, soql: &str) -> Reply {
        let job = self.v1_job(object, operation, kind, Value::Null).await;
        let batch = self.v1_batch(&job, media_type(kind), soql).await;
        let info = self.v1_ended(&job, &batch).await;
        assert_eq!(member(&info, "state"), "Completed", "{}", info.text);
        let ids = self.v1_get(&format!("/job/{job}/batch/{batch}/result")).await;
        let id = match kind {
            "JSON" => ids.body[0].as_str().expect("an id").to_owned(),
            _ => members(&ids.text, "result").remove(0),
        };
        assert!(id.starts_with("752"), "{}", ids.text);
        let result = self.v1_get(&format!("/job/{job}/batch/{batch}/result/{id}")).await;
        assert_eq!((result.status, result.header("content-type")), (200, Some(media_type(kind))), "{}", result.text);
        result
    }
}

#[tokio::test]
async fn results_are_in_the_format_of_the_job() {
    let org = TestOrg::start().await;
    let account = org.create("Account", json!({"Name": "A, \"B\" & <C>", "NumberOfEmployees": 3})).await;
    let contact =
        org.create("Contact", json!({"LastName": "L", "AccountId": account, "Birthdate": "1970-01-02"})).await;
    let soql =
        "SELECT Id, LastName, Phone, Birthdate, CreatedDate, Account.Name, Account.NumberOfEmployees FROM Contact";
    let rows = parse(&org.v1_query("Contact", "query", "CSV", soql).await.text);
    assert_eq!(
        rows[0],
        ["Id", "LastName", "Phone", "Birthdate", "CreatedDate", "Account.Name", "Account.NumberOfEmployees"]
    );
    assert_eq!(rows[1][..4], [contact.as_str(), "L", "", "1970-01-02"]);
    assert!(rows[1][4].ends_with('Z'), "{rows:?}");
    assert_eq!(rows[1][5..], ["A, \"B\" & <C>", "3"]);
    let record = &org.v1_query("Contact", "query", "JSON", soql).await.body[0];
    let attributes = json!({"type": "Contact", "url": format!("/services/data/v62.0/sobjects/Contact/{contact}")});
    assert_eq!((&record["attributes"], &record["Phone"]), (&attributes, &Value::Null));
    // Milliseconds since 1970.
    assert_eq!(record["Birthdate"], 86_400_000);
    assert!(record["CreatedDate"].as_i64().is_some_and(|at| at > 1_600_000_000_000), "{record}");
    assert_eq!(
        (&record["Account"]["Name"], &record["Account"]["NumberOfEmployees"]),
        (&json!("A, \"B\" & <C>"), &json!(3))
    );
    let xml = org.v1_query("Contact", "query", "XML", soql).await.text;
    assert_eq!(members(&xml, "type"), ["Contact", "Account"], "{xml}");
    assert_eq!(
        (members(&xml, "Name"), members(&xml, "Birthdate")),
        (vec!["A, \"B\" & <C>".to_owned()], vec!["1970-01-02".to_owned()])
    );
    assert!(xml.contains("<Phone xsi:nil=\"true\"/>") && xml.contains("<records xsi:type=\"sObject\">"), "{xml}");
    assert!(members(&xml, "CreatedDate")[0].ends_with('Z'), "{xml}");
}

#[tokio::test]
async fn a_query_that_finds_nothing_says_so() {
    let org = TestOrg::start().await;
    let soql = "SELECT Id FROM Account WHERE Name = 'nobody'";
    assert_eq!(org.v1_query("Account", "query", "CSV", soql).await.text.trim(), "Records not found for this query");
    assert_eq!(org.v1_query("Account", "query", "JSON", soql).await.body, json!([]));
    assert_eq!(members(&org.v1_query("Account", "query", "XML", soql).await.text, "records"), [""; 0]);
}

#[tokio::test]
async fn query_all_finds_deleted_records() {
    let org = TestOrg::start().await;
    let id = org.account("Gone").await;
    assert_eq!(org.delete(&format!("/sobjects/Account/{id}")).await.status, 204);
    let soql = "SELECT Id FROM Account WHERE Name = 'Gone'";
    assert_eq!(org.v1_query("Account", "query", "JSON", soql).await.body, json!([]));
    assert_eq!(org.v1_query("Account", "queryAll", "JSON", soql).await.body[0]["Id"], id);
}

#[tokio::test]
async fn a_query_that_cannot_be_run_fails_with_the_reason() {
    let org = TestOrg::start().await;
    let cases = [
        ("SELECT Nope FROM Account", "InvalidBatch : Failed to process query: INVALID_FIELD: "),
        ("SELECT", "InvalidBatch : Failed to process query: MALFORMED_QUERY: "),
        (
            "SELECT Id FROM Contact",
            "InvalidBatch : Failed to process query: INVALID_TYPE_FOR_OPERATION: The root entity of the requested query \
             (Contact) does not match the entity of the requested Bulk API Job (Account).",
        ),
        (
            "SELECT Id, (SELECT Id FROM Contacts) FROM Account",
            "InvalidBatch : Failed to process query: FUNCTIONALITY_NOT_ENABLED: Aggregate Relationships not supported in \
             Bulk Query",
        ),
    ];
    for (soql, expected) in cases {
        let job = org.v1_job("Account", "query", "CSV", Value::Null).await;
        let batch = org.v1_batch(&job, "text/csv", soql).await;
        let info = org.v1_ended(&job, &batch).await;
        assert_eq!(member(&info, "state"), "Failed", "{soql}");
        assert!(member(&info, "stateMessage").starts_with(expected), "{soql}: {}", info.text);
        let result = org.v1_get(&format!("/job/{job}/batch/{batch}/result")).await;
        assert_eq!(error(&result).2, "Records not processed", "{soql}");
    }
    let job = org.v1_job("Account", "query", "CSV", Value::Null).await;
    let batch = org.v1_batch(&job, "text/csv", "SELECT Id FROM Account").await;
    org.v1_ended(&job, &batch).await;
    let wrong =
        org.bulk(Method::GET, &format!("/job/{job}/batch/{batch}/result/752000000000000"), "text/csv", "").await;
    assert_eq!(error(&wrong).1, "InvalidBatch");
}
