use serde_json::{Value, json};

use crate::support::TestOrg;

fn create(name: Value) -> Value {
    json!({"method": "POST", "url": "v62.0/sobjects/Account", "richInput": {"Name": name}})
}

#[tokio::test]
async fn runs_independent_subrequests() {
    let org = TestOrg::start().await;
    let id = org.account("Old").await;
    let requests = json!([
        {"method": "PATCH", "url": format!("v62.0/sobjects/Account/{id}"), "richInput": {"Name": "New"}},
        {"method": "GET", "url": format!("/services/data/v62.0/sobjects/Account/{id}?fields=Name")},
        {"method": "GET", "url": "v62.0/sobjects/Nothing__c/001"},
        create(json!("Last")),
    ]);
    let reply = org.post("/composite/batch", json!({"batchRequests": requests})).await;
    assert_eq!((reply.status, &reply.body["hasErrors"]), (200, &json!(true)));
    let results = &reply.body["results"];
    assert_eq!(results[0], json!({"statusCode": 204, "result": null}));
    assert_eq!((&results[1]["statusCode"], &results[1]["result"]["Name"]), (&json!(200), &json!("New")));
    assert_eq!((&results[2]["statusCode"], &results[2]["result"][0]["errorCode"]), (&json!(404), &json!("NOT_FOUND")));
    assert_eq!(results[3]["statusCode"], 201);
}

#[tokio::test]
async fn halts_on_the_first_error() {
    let org = TestOrg::start().await;
    let requests = json!([create(json!("Kept")), create(Value::Null), create(json!("Not tried"))]);
    let reply = org.post("/composite/batch", json!({"haltOnError": true, "batchRequests": requests})).await;
    let statuses: Vec<_> = (0..3).map(|index| reply.body["results"][index]["statusCode"].as_u64()).collect();
    assert_eq!(statuses, [Some(201), Some(400), Some(412)]);
    assert_eq!(reply.body["results"][2]["result"][0]["errorCode"], "BATCH_PROCESSING_HALTED");
    assert_eq!((org.accounts_named("Kept").await, org.accounts_named("Not tried").await), (1, 0));
}

#[tokio::test]
async fn takes_25_subrequests() {
    let org = TestOrg::start().await;
    let requests = |count: usize| (0..count).map(|_| create(json!("x"))).collect::<Vec<_>>();
    assert_eq!(org.post("/composite/batch", json!({"batchRequests": requests(26)})).await.status, 400);
    assert_eq!(org.post("/composite/batch", json!({"batchRequests": requests(25)})).await.body["hasErrors"], false);
}
