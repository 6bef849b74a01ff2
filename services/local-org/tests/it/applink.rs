use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::support::{Reply, TestOrg, read};

const ADDON: &str = "01234567-89ab-4cde-8f01-23456789abcd";
const TOKEN: &str = "local-addon-token";
const APP: &str = "00000000-0000-4000-8000-000000000001";

fn request(org: &TestOrg, name: &str) -> RequestBuilder {
    org.http.get(format!("{}/addons/{ADDON}/authorizations/{name}", org.base))
}

async fn send(request: RequestBuilder) -> Reply {
    read(request.send().await.expect("an answer")).await.expect("a body")
}

#[tokio::test]
async fn gives_an_authorization() {
    let org = TestOrg::start().await;
    let reply = send(request(&org, "my-org").bearer_auth(TOKEN).header("X-App-UUID", APP)).await;
    assert_eq!(reply.status, 200);
    let auth = &reply.body["org"]["user_auth"];
    assert_eq!(
        reply.body["org"],
        json!({
            "id": reply.body["org"]["id"],
            "developer_name": "my-org",
            "instance_url": org.base,
            "type": "SalesforceOrg",
            "api_version": "62.0",
            "username": "admin@my-org.local",
            "user_id": auth["user_id"],
            "user_auth": {"username": "admin@my-org.local", "user_id": auth["user_id"], "access_token": org.token},
        })
    );
    assert_eq!((&reply.body["status"], &reply.body["redirect_uri"]), (&json!("authorized"), &Value::Null));
    assert_eq!(reply.body["created_at"], "2025-01-01T00:00:00.000000Z");
    for alias in ["applink:my-org", "applink%3Amy-org"] {
        let other = send(request(&org, alias).bearer_auth(TOKEN).header("X-App-UUID", APP)).await;
        assert_eq!(other.body, reply.body);
    }
    let other = send(request(&org, "empty-org").bearer_auth(TOKEN).header("X-App-UUID", APP)).await;
    assert_ne!(other.body["id"], reply.body["id"]);
}

#[tokio::test]
async fn refuses_strangers() {
    let org = TestOrg::start().await;
    for refused in [
        request(&org, "my-org").header("X-App-UUID", APP),
        request(&org, "my-org").bearer_auth("wrong").header("X-App-UUID", APP),
        request(&org, "my-org").bearer_auth(TOKEN),
    ] {
        assert_eq!(send(refused).await.status, 401);
    }
}

#[tokio::test]
async fn knows_only_its_orgs() {
    let org = TestOrg::start().await;
    let expected = json!({"id": "record_not_found", "message": "record not found"});
    let reply = send(request(&org, "nothing").bearer_auth(TOKEN).header("X-App-UUID", APP)).await;
    assert_eq!((reply.status, reply.body), (404, expected));
    let other = org.http.get(format!("{}/addons/other/authorizations/my-org", org.base));
    assert_eq!(send(other.bearer_auth(TOKEN).header("X-App-UUID", APP)).await.status, 404);
}

#[tokio::test]
async fn gives_a_new_token_after_the_old_one_expired() {
    let org = TestOrg::start().await;
    org.control(Method::POST, "/local/orgs/my-org/sessions/expire", Value::Null).await;
    let reply = send(request(&org, "my-org").bearer_auth(TOKEN).header("X-App-UUID", APP)).await;
    let token = reply.body["org"]["user_auth"]["access_token"].as_str().expect("a token");
    assert_ne!(token, org.token);
    assert_eq!(token, org.current_token("my-org").await);
}

#[tokio::test]
async fn has_faults_like_any_other_call() {
    let org = TestOrg::start().await;
    org.fault(json!({"pathContains": "/authorizations/", "times": 1,
        "action": {"kind": "status", "status": 503, "errorCode": "SERVER_UNAVAILABLE"}}))
        .await;
    let ask = || send(request(&org, "my-org").bearer_auth(TOKEN).header("X-App-UUID", APP));
    assert_eq!(ask().await.status, 503);
    assert_eq!(ask().await.status, 200);
}
