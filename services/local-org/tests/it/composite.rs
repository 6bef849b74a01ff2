use serde_json::{Value, json};

use crate::support::{API, TestOrg};

fn create(reference_id: &str, object: &str, body: Value) -> Value {
    json!({"method": "POST", "url": format!("{API}/sobjects/{object}"), "referenceId": reference_id, "body": body})
}

fn get(reference_id: &str, path: &str) -> Value {
    json!({"method": "GET", "url": format!("{API}{path}"), "referenceId": reference_id})
}

async fn run(org: &TestOrg, all_or_none: bool, subrequests: Value) -> Vec<Value> {
    let reply = org.post("/composite", json!({"allOrNone": all_or_none, "compositeRequest": subrequests})).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.body["compositeResponse"].as_array().expect("results").clone()
}

#[tokio::test]
async fn later_subrequests_refer_to_earlier_results() {
    let org = TestOrg::start().await;
    let results = run(&org, true, json!([
        create("account", "Account", json!({"Name": "Acme"})),
        create("contact", "Contact", json!({"LastName": "Smith", "AccountId": "@{account.id}"})),
        get("read", "/sobjects/Contact/@{contact.id}?fields=AccountId"),
        get("query", "/query?q=SELECT+Id,Name+FROM+Account+WHERE+Id='@{read.AccountId}'"),
        {"method": "PATCH", "url": format!("{API}/sobjects/Account/@{{query.records[0].Id}}"), "referenceId": "update",
            "body": {"Description": "was @{query.records[0].Name}, @{query.totalSize} of a kind"}},
    ])).await;
    let id = results[0]["body"]["id"].as_str().expect("an id");
    assert_eq!(
        results[0],
        json!({
            "body": {"id": id, "success": true, "errors": []},
            "httpHeaders": {"Location": format!("{API}/sobjects/Account/{id}")},
            "httpStatusCode": 201,
            "referenceId": "account",
        })
    );
    assert_eq!(results[2]["body"]["AccountId"], json!(id));
    assert_eq!(results[4], json!({"body": null, "httpHeaders": {}, "httpStatusCode": 204, "referenceId": "update"}));
    let description = org.get(&format!("/sobjects/Account/{id}")).await.body["Description"].clone();
    assert_eq!(description, "was Acme, 1 of a kind");
    assert_eq!(org.counters().await["calls"]["byOperation"]["composite"], 1);
}

#[tokio::test]
async fn all_or_none_undoes_everything() {
    let org = TestOrg::start().await;
    let results = run(
        &org,
        true,
        json!([
            create("a", "Account", json!({"Name": "Undone"})),
            create("b", "Account", json!({})),
            create("c", "Account", json!({"Name": "Not tried"})),
        ]),
    )
    .await;
    let message = "The transaction was rolled back since another operation in the same transaction failed.";
    let halted = |id: &str| {
        json!({"body": [{"errorCode": "PROCESSING_HALTED", "message": message}], "httpHeaders": {},
        "httpStatusCode": 400, "referenceId": id})
    };
    assert_eq!((&results[0], &results[2]), (&halted("a"), &halted("c")));
    assert_eq!(results[1]["body"][0]["errorCode"], "REQUIRED_FIELD_MISSING");
    assert_eq!(org.accounts_named("Undone").await, 0);
}

#[tokio::test]
async fn without_all_or_none_only_dependents_fail() {
    let org = TestOrg::start().await;
    let results = run(
        &org,
        false,
        json!([
            create("a", "Account", json!({})),
            create("b", "Contact", json!({"LastName": "x", "AccountId": "@{a.id}"})),
            create("c", "Account", json!({"Name": "Independent"})),
            create("d", "Contact", json!({"LastName": "x", "AccountId": "@{c.Id}"})),
        ]),
    )
    .await;
    let statuses: Vec<_> = results.iter().map(|result| result["httpStatusCode"].as_u64()).collect();
    assert_eq!(statuses, [Some(400), Some(400), Some(201), Some(400)]);
    assert_eq!(results[1]["body"][0]["errorCode"], "PROCESSING_HALTED");
    let message = results[3]["body"][0]["message"].as_str().expect("a message");
    assert!(message.starts_with("Invalid reference specified. No value for c.Id found in c"), "{message}");
    assert_eq!(org.accounts_named("Independent").await, 1);
}

#[tokio::test]
async fn the_whole_request_is_refused() {
    let org = TestOrg::start().await;
    let account = |id: &str| create(id, "Account", json!({"Name": "Refused"}));
    let with = |name: &str, value: Value| {
        let mut subrequest = account("a");
        subrequest[name] = value;
        json!([subrequest])
    };
    let many = |count: usize| (0..count).map(|number| account(&format!("r{number}"))).collect::<Value>();
    let queries = |count: usize| {
        (0..count).map(|number| get(&format!("r{number}"), "/query?q=SELECT+Id+FROM+Account")).collect::<Value>()
    };
    for (why, subrequests) in [
        ("26 subrequests", many(26)),
        ("6 queries", queries(6)),
        ("a reference id twice", json!([account("a"), account("a")])),
        ("characters", json!([account("a-b")])),
        ("the URL", with("url", json!("/services/apexrest/x"))),
        ("the method", with("method", json!("post"))),
        ("a header", with("httpHeaders", json!({"authorization": "x"}))),
        ("no reference id", with("referenceId", Value::Null)),
    ] {
        let reply = org.post("/composite", json!({"compositeRequest": subrequests})).await;
        assert_eq!(reply.status, 400, "{why}: {}", reply.text);
        assert!(reply.body[0]["errorCode"].is_string(), "{why}");
    }
    assert_eq!(org.accounts_named("Refused").await, 0);
    assert_eq!(run(&org, false, many(25)).await.len(), 25);
    assert_eq!(run(&org, false, queries(5)).await.len(), 5);
}

#[tokio::test]
async fn a_collection_may_be_a_subrequest() {
    let org = TestOrg::start().await;
    let records = json!([{"attributes": {"type": "Account"}, "Name": "In a collection"}]);
    let results = run(
        &org,
        false,
        json!([
            {"method": "POST", "url": format!("{API}/composite/sobjects"), "referenceId": "many",
                "body": {"records": records}},
            get("one", "/sobjects/Account/@{many[0].id}"),
            {"method": "POST", "url": format!("{API}/composite"), "referenceId": "nested",
                "body": {"compositeRequest": []}},
        ]),
    )
    .await;
    assert_eq!(results[1]["body"]["Name"], "In a collection");
    assert_eq!(results[2]["httpStatusCode"], 404);
}
