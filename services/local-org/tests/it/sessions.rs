use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{TestOrg, read};

#[tokio::test]
async fn a_wrong_token_is_refused() {
    let mut org = TestOrg::start().await;
    let right = org.token.clone();
    for token in ["", "nonsense", "00DLO0000000001!AQwrong", "00DLO0000000009!AQwrong"] {
        org.token = token.to_owned();
        let reply = org.post("/sobjects/Account", json!({"Name": "Global Media"})).await;
        let expected = json!([{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]);
        assert_eq!((reply.status, &reply.body), (401, &expected), "{token}");
        assert_eq!(reply.header("www-authenticate"), Some("Token"));
    }
    org.token = right;
    assert_eq!(org.counters().await["calls"]["total"], 0);
}

#[tokio::test]
async fn a_call_without_a_token_is_refused() {
    let org = TestOrg::start().await;
    let response = org.http.get(format!("{}/services/data/v62.0/limits", org.base)).send().await.expect("an answer");
    assert_eq!(read(response).await.expect("a body").code(), "INVALID_SESSION_ID");
}

#[tokio::test]
async fn the_token_tells_the_org() {
    let mut org = TestOrg::start().await;
    org.account("Only here").await;
    let count = "SELECT COUNT() FROM Account WHERE Name = 'Only here'";
    assert_eq!(org.query(count).await.body["totalSize"], 1);
    org.token = org.current_token("my-org-sales-a").await;
    assert_eq!(org.query(count).await.body["totalSize"], 0);
    let name = org.query("SELECT Id FROM Organization").await.body["records"][0]["Id"].clone();
    assert!(name.as_str().expect("an id").starts_with("00DLO0000000002"));
}

#[tokio::test]
async fn sessions_can_be_ended() {
    let mut org = TestOrg::start().await;
    let other = org.current_token("my-org-sales-a").await;
    assert_eq!(org.control(Method::POST, "/local/orgs/my-org/sessions/expire", Value::Null).await.status, 204);
    assert_eq!(org.get("/limits").await.code(), "INVALID_SESSION_ID");
    let new = org.current_token("my-org").await;
    assert_ne!(new, org.token);
    org.token = new;
    assert_eq!(org.get("/limits").await.status, 200);
    org.token = other;
    assert_eq!(org.get("/limits").await.status, 200, "another org's sessions go on");
}
