use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{API, Reply, TestOrg, read};

async fn query_with(org: &TestOrg, soql: &str, options: &str) -> Reply {
    let request = org.http.get(format!("{}{API}/query", org.base)).query(&[("q", soql)]).bearer_auth(&org.token);
    read(request.header("Sforce-Query-Options", options).send().await.expect("an answer")).await.expect("a body")
}

fn names(reply: &Reply) -> usize {
    reply.body["records"].as_array().expect("records").len()
}

#[tokio::test]
async fn gives_records_as_selected() {
    let org = TestOrg::start().await;
    let account = org.account("Acme").await;
    let contact = org.create("Contact", json!({"LastName": "Smith", "AccountId": account})).await;
    let reply = org.query("select account.NAME, Email, lastname from contact where accountid != null").await;
    let expected = json!({"totalSize": 1, "done": true, "records": [{
        "attributes": {"type": "Contact", "url": format!("{API}/sobjects/Contact/{contact}")},
        "Account": {
            "attributes": {"type": "Account", "url": format!("{API}/sobjects/Account/{account}")},
            "Name": "Acme",
        },
        "Email": null,
        "LastName": "Smith",
    }]});
    assert_eq!((reply.status, reply.body), (200, expected));
}

#[tokio::test]
async fn gives_children_and_none() {
    let org = TestOrg::start().await;
    let account = org.account("Acme").await;
    let soql = format!("SELECT Name, (SELECT LastName FROM Contacts) FROM Account WHERE Id = '{account}'");
    assert_eq!(org.query(&soql).await.body["records"][0]["Contacts"], Value::Null);
    org.create("Contact", json!({"LastName": "Smith", "AccountId": account})).await;
    let contacts = org.query(&soql).await.body["records"][0]["Contacts"].clone();
    assert_eq!((&contacts["totalSize"], &contacts["done"]), (&json!(1), &json!(true)));
    assert_eq!(contacts["records"][0]["LastName"], "Smith");
}

#[tokio::test]
async fn counts() {
    let org = TestOrg::start().await;
    let reply = org.query("SELECT COUNT() FROM Pricebook2").await;
    assert_eq!(reply.body, json!({"totalSize": 1, "done": true, "records": []}));
    let reply = org.query("SELECT COUNT(Id) FROM Pricebook2").await;
    assert_eq!(reply.body["records"][0], json!({"attributes": {"type": "AggregateResult"}, "expr0": 1}));
}

#[tokio::test]
async fn says_what_is_wrong_with_a_query() {
    let org = TestOrg::start().await;
    let reply = org.query("SELEKT Name FROM Account").await;
    let expected = json!([{"message": "unexpected token: SELEKT", "errorCode": "MALFORMED_QUERY"}]);
    assert_eq!((reply.status, reply.body), (400, expected));
    let reply = org.query("SELECT Bacon__c FROM Account LIMIT 2").await;
    let message = "\nSELECT Bacon__c FROM Account LIMIT 2\n       ^\nERROR at Row:1:Column:8\n\
        No such column 'Bacon__c' on entity 'Account'. If you are attempting to use a custom field, be sure to append the '__c' after the custom \
        field name. Please reference your WSDL or the describe call for the appropriate names.";
    assert_eq!((reply.status, reply.body), (400, json!([{"message": message, "errorCode": "INVALID_FIELD"}])));
    assert_eq!(org.query("SELECT Id FROM Nothing__c").await.code(), "INVALID_TYPE");
    assert_eq!(org.get("/query").await.code(), "MALFORMED_QUERY");
}

#[tokio::test]
async fn pages_have_2000_records() {
    let org = TestOrg::start().await;
    org.seed(4_500, 0).await;
    let first = org.query("SELECT Id, Name FROM Opportunity ORDER BY Id").await;
    assert_eq!((&first.body["totalSize"], &first.body["done"], names(&first)), (&json!(4_500), &json!(false), 2_000));
    let url = first.body["nextRecordsUrl"].as_str().expect("a URL");
    let locator = url.strip_prefix("/services/data/v62.0/query/01g").expect("a locator");
    assert_eq!((locator.len(), locator.ends_with("-2000")), (20, true), "{url}");
    let second = org.get(url).await;
    assert_eq!((&second.body["totalSize"], names(&second)), (&json!(4_500), 2_000));
    let last = org.get(second.body["nextRecordsUrl"].as_str().expect("a URL")).await;
    assert_eq!((&last.body["done"], names(&last)), (&json!(true), 500));
    assert_eq!(last.body.get("nextRecordsUrl"), None);
    assert_eq!(org.get(url).await.body, second.body, "a page can be fetched again");
    let counters = org.counters().await;
    assert_eq!(counters["calls"], json!({"total": 4, "byOperation": {"query": 1, "queryMore": 3}}));
    assert_eq!(counters["rows"]["read"], 2_000 + 2_000 + 500 + 2_000, "rows of the pages that were given");
}

#[tokio::test]
async fn a_client_may_ask_for_smaller_pages() {
    let org = TestOrg::start().await;
    org.seed(600, 0).await;
    for (options, size) in
        [("batchSize=500", 500), ("batchSize=200", 200), ("batchSize=1", 200), ("batchSize=9999", 600)]
    {
        assert_eq!(names(&query_with(&org, "SELECT Id FROM Opportunity", options).await), size, "{options}");
    }
}

#[tokio::test]
async fn children_count_toward_a_page() {
    let org = TestOrg::start().await;
    org.seed(150, 2).await;
    let soql = "SELECT Id, (SELECT Id FROM OpportunityLineItems) FROM Opportunity ORDER BY Id";
    let first = query_with(&org, soql, "batchSize=200").await;
    assert_eq!((names(&first), &first.body["totalSize"]), (66, &json!(150)));
    assert!(first.body["nextRecordsUrl"].as_str().expect("a URL").ends_with("-66"));
    let second = org.get(first.body["nextRecordsUrl"].as_str().expect("a URL")).await;
    assert_eq!(second.body["records"][65]["OpportunityLineItems"]["totalSize"], 2);
}

#[tokio::test]
async fn many_children_have_pages_of_their_own() {
    let org = TestOrg::start().await;
    org.seed(1, 450).await;
    let soql = "SELECT Id, (SELECT Id FROM OpportunityLineItems) FROM Opportunity";
    let reply = query_with(&org, soql, "batchSize=200").await;
    assert_eq!(reply.body["done"], true);
    let lines = &reply.body["records"][0]["OpportunityLineItems"];
    assert_eq!((&lines["totalSize"], &lines["done"]), (&json!(450), &json!(false)));
    let mut ids: Vec<Value> = Vec::new();
    let mut page = lines.clone();
    loop {
        ids.extend(page["records"].as_array().expect("records").iter().map(|line| line["Id"].clone()));
        let Some(url) = page["nextRecordsUrl"].as_str() else { break };
        page = org.get(url).await.body;
    }
    ids.sort_by_key(ToString::to_string);
    ids.dedup();
    assert_eq!(ids.len(), 450);
}

#[tokio::test]
async fn an_unknown_locator_is_refused() {
    let org = TestOrg::start().await;
    for locator in ["01gLO0000000001YAA-2000", "nonsense"] {
        let reply = org.get(&format!("/query/{locator}")).await;
        let expected = json!([{"message": "invalid query locator", "errorCode": "INVALID_QUERY_LOCATOR"}]);
        assert_eq!((reply.status, reply.body), (400, expected));
    }
}

#[tokio::test]
async fn query_all_finds_deleted_records() {
    let org = TestOrg::start().await;
    let id = org.account("Gone").await;
    org.delete(&format!("/sobjects/Account/{id}")).await;
    assert_eq!(org.accounts_named("Gone").await, 0);
    let reply = org.get("/queryAll?q=SELECT+Id,IsDeleted+FROM+Account+WHERE+Name='Gone'").await;
    assert_eq!(reply.body["records"][0]["IsDeleted"], true);
    let reply = org.call(Method::GET, "/queryAll/?q=SELECT+Id+FROM+Account+WHERE+IsDeleted=true", Value::Null).await;
    assert_eq!(reply.body["records"][0]["Id"], json!(id));
}
