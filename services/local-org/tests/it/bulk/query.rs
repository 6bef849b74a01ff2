use reqwest::Method;
use serde_json::{Value, json};

use super::parse;
use crate::support::TestOrg;

impl TestOrg {
    /// Runs a query job and gives its id.
    async fn bulk_query(&self, operation: &str, soql: &str) -> String {
        let reply = self.post("/jobs/query", json!({"operation": operation, "query": soql})).await;
        assert_eq!((reply.status, &reply.body["state"]), (200, &json!("UploadComplete")), "{}", reply.text);
        let id = reply.body["id"].as_str().expect("an id").to_owned();
        assert_eq!(self.ended("query", &id).await["state"], "JobComplete");
        id
    }
}

#[tokio::test]
async fn writes_records_as_csv() {
    let org = TestOrg::start().await;
    let account = org.create("Account", json!({"Name": "Say \"hi\", twice", "BillingCity": "Bern"})).await;
    let contact = json!({"LastName": "Line\nbreak", "AccountId": account});
    org.create("Contact", contact).await;
    org.create("Contact", json!({"LastName": "Alone"})).await;
    let soql = "SELECT account.name, lastName, Account.BillingCity, IsDeleted FROM Contact ORDER BY LastName";
    let job = org.bulk_query("query", soql).await;
    let info = org.get(&format!("/jobs/query/{job}")).await.body;
    let expected = (&json!("Contact"), &json!("query"), &json!(2), &json!("V2Query"));
    assert_eq!((&info["object"], &info["operation"], &info["numberRecordsProcessed"], &info["jobType"]), expected);
    let reply = org.get(&format!("/jobs/query/{job}/results")).await;
    assert_eq!(
        reply.text,
        "\"Account.Name\",\"LastName\",\"Account.BillingCity\",\"IsDeleted\"\n\"\",\"Alone\",\"\",\"false\"\n\
         \"Say \"\"hi\"\", twice\",\"Line\nbreak\",\"Bern\",\"false\"\n"
    );
    let headers = ["content-type", "sforce-locator", "sforce-numberofrecords"].map(|name| reply.header(name));
    assert_eq!(headers, [Some("text/csv"), Some("null"), Some("2")]);
}

#[tokio::test]
async fn writes_numbers_and_dates_as_the_bulk_api_does() {
    let org = TestOrg::start().await;
    org.seed(1, 1).await;
    let soql = "SELECT Amount, CloseDate, CreatedDate, FiscalYear, IsWon FROM Opportunity";
    let job = org.bulk_query("query", soql).await;
    let rows = parse(&org.get(&format!("/jobs/query/{job}/results")).await.text);
    assert_eq!((rows[1][0].as_str(), rows[1][1].as_str()), ("100.0", "2030-12-31"));
    assert!(rows[1][2].ends_with('Z') && rows[1][2].len() == 24, "{rows:?}");
    assert_eq!(rows[1][3..], ["2030", "false"]);
}

#[tokio::test]
async fn gives_pages_of_the_size_asked_for() {
    let org = TestOrg::start().await;
    org.seed(25, 0).await;
    let job = org.bulk_query("query", "SELECT Id, Name FROM Opportunity ORDER BY Id").await;
    let mut found = Vec::new();
    let mut path = format!("/jobs/query/{job}/results?maxRecords=10");
    let mut sizes = Vec::new();
    loop {
        let reply = org.get(&path).await;
        assert_eq!(org.get(&path).await.text, reply.text, "a locator can be read again");
        let rows = parse(&reply.text);
        assert_eq!(rows[0], ["Id", "Name"]);
        sizes.push(reply.header("sforce-numberofrecords").expect("a number").to_owned());
        found.extend(rows[1..].iter().map(|row| row[1].clone()));
        match reply.header("sforce-locator") {
            Some("null") => break,
            Some(locator) => path = format!("/jobs/query/{job}/results?maxRecords=10&locator={locator}"),
            None => panic!("no locator"),
        }
    }
    assert_eq!(sizes, ["10", "10", "5"]);
    let expected: Vec<_> = (1..=25).map(|number| format!("Sample Opportunity {number}")).collect();
    assert_eq!(found, expected);
    for path in ["results?maxRecords=0", "results?maxRecords=x", "results?locator=nonsense"] {
        assert_eq!(org.get(&format!("/jobs/query/{job}/{path}")).await.status, 400, "{path}");
    }
}

#[tokio::test]
async fn names_pages_to_be_fetched_side_by_side() {
    let org = TestOrg::start().await;
    org.seed(60_001, 0).await;
    let job = org.bulk_query("query", "SELECT Name FROM Opportunity").await;
    let (mut urls, mut path) = (Vec::new(), format!("/jobs/query/{job}/resultPages"));
    loop {
        let reply = org.get(&path).await.body;
        let pages = reply["resultPages"].as_array().expect("pages");
        assert!(pages.len() <= 5);
        urls.extend(pages.iter().map(|page| page["resultUrl"].as_str().expect("a URL").to_owned()));
        match reply["nextRecordsUrl"].as_str() {
            Some(next) => path = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(urls.len(), 7);
    let mut names = std::collections::HashSet::new();
    for url in &urls {
        let reply = org.get(url).await;
        names.extend(parse(&reply.text).into_iter().skip(1).map(|row| row[0].clone()));
    }
    assert_eq!(names.len(), 60_001);
    let empty = org.bulk_query("query", "SELECT Name FROM Opportunity WHERE Name = 'nothing'").await;
    let reply = org.get(&format!("/jobs/query/{empty}/resultpages")).await.body;
    assert_eq!((&reply["done"], reply["resultPages"].as_array().map(Vec::len)), (&json!(true), Some(1)));
    let reply = org.get(&format!("/jobs/query/{empty}/results")).await;
    assert_eq!((reply.text.as_str(), reply.header("sforce-numberofrecords")), ("\"Name\"\n", Some("0")));
}

#[tokio::test]
async fn finds_deleted_records_when_asked() {
    let org = TestOrg::start().await;
    let id = org.account("Gone").await;
    org.delete(&format!("/sobjects/Account/{id}")).await;
    for (operation, count) in [("query", 1), ("queryAll", 2)] {
        let job = org.bulk_query(operation, "SELECT Id FROM Account WHERE Name = 'Gone'").await;
        let rows = parse(&org.get(&format!("/jobs/query/{job}/results")).await.text);
        assert_eq!(rows.len(), count, "{operation}");
    }
}

#[tokio::test]
async fn refuses_what_a_bulk_query_cannot_have() {
    let org = TestOrg::start().await;
    for (soql, code) in [
        ("SELECT Id, (SELECT Id FROM Contacts) FROM Account", "FUNCTIONALITY_NOT_ENABLED"),
        ("SELECT COUNT() FROM Account", "FUNCTIONALITY_NOT_ENABLED"),
        ("SELECT MAX(Name) FROM Account", "FUNCTIONALITY_NOT_ENABLED"),
        ("SELECT Name FROM Account GROUP BY Name", "FUNCTIONALITY_NOT_ENABLED"),
        ("SELECT Name FROM Account LIMIT 5 OFFSET 5", "FUNCTIONALITY_NOT_ENABLED"),
        ("SELECT TYPEOF Owner WHEN User THEN Id END FROM Account", "MALFORMED_QUERY"),
        ("SELECT Nothing FROM Account", "INVALID_FIELD"),
        ("SELEKT Id FROM Account", "MALFORMED_QUERY"),
        ("", "INVALIDJOB"),
    ] {
        let reply = org.post("/jobs/query", json!({"operation": "query", "query": soql})).await;
        assert_eq!((reply.status, reply.code()), (400, code), "{soql}: {}", reply.text);
    }
    let reply = org.post("/jobs/query", json!({"operation": "insert", "query": "SELECT Id FROM Account"})).await;
    assert_eq!((reply.status, reply.code()), (400, "JSON_PARSER_ERROR"));
}

#[tokio::test]
async fn results_belong_to_the_version_that_created_the_job() {
    let org = TestOrg::start().await;
    let job = org.bulk_query("query", "SELECT Id FROM Account").await;
    assert_eq!(org.get(&format!("/services/data/v61.0/jobs/query/{job}/results")).await.status, 409);
    assert_eq!(org.get(&format!("/services/data/v61.0/jobs/query/{job}")).await.status, 200);
    assert_eq!(org.get(&format!("/jobs/ingest/{job}")).await.status, 404, "a query job is no ingest job");
}

#[tokio::test]
async fn can_be_aborted_and_deleted() {
    let org = TestOrg::start().await;
    org.control(Method::PUT, "/local/costs", json!({"bulkDelayMs": 60_000})).await;
    let body = json!({"operation": "query", "query": "SELECT Id FROM Account"});
    let id = org.post("/jobs/query", body).await.body["id"].as_str().expect("an id").to_owned();
    let path = format!("/jobs/query/{id}");
    assert_eq!(org.get(&format!("{path}/results")).await.code(), "INVALIDJOBSTATE");
    assert_eq!(org.patch(&path, json!({"state": "UploadComplete"})).await.code(), "INVALIDJOBSTATE");
    assert_eq!(org.patch(&path, json!({"state": "Aborted"})).await.body["state"], "Aborted");
    assert_eq!(org.delete(&path).await.status, 204);
    assert_eq!(org.get(&path).await.status, 404);
    assert_eq!(org.get("/limits").await.body["DailyBulkV2QueryJobs"]["Remaining"], 9_999);
    assert_eq!(org.get("/jobs/query").await.body["records"], Value::Array(Vec::new()));
}
