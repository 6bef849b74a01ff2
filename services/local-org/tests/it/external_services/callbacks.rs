//! An app calls back: once, in time, with the session that it was given.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::{SALES, Setting};

#[tokio::test]
async fn a_callback_is_taken_once() {
    let setting = Setting::start().await;
    let (reply, asked) =
        setting.job(json!({"user": SALES, "body": {"name": "a", "callbackUrl": "http://elsewhere"}})).await;
    let url = &reply.body["callbackUrl"];
    assert_eq!(&asked.json()["callbackUrl"], url, "Salesforce fills it in");
    assert!(url.as_str().expect("a URL").starts_with(&format!("{}/services/async-callbacks/", setting.org.base)));
    let token = asked.token();
    assert_eq!(setting.invocation(&reply).await["state"], "pending");
    assert!(setting.reads_secrets(&token).await, "until the callback comes");

    let other_org = setting.org.current_token("empty-org").await;
    for wrong in ["nonsense", other_org.as_str()] {
        let refused = setting.call_back(Method::POST, url, wrong, r#"{"result":"x"}"#).await;
        assert_eq!((refused.status, refused.code()), (401, "INVALID_SESSION_ID"));
    }
    for (method, body, status) in
        [(Method::PUT, r#"{"result":"x"}"#, 405), (Method::POST, "no", 500), (Method::POST, "{}", 500)]
    {
        assert_eq!(setting.call_back(method, url, &token, body).await.status, status, "{body}");
    }
    assert_eq!(setting.invocation(&reply).await["state"], "pending");
    // Any live session of the org may deliver.
    let taken = setting.call_back(Method::POST, url, &setting.org.token, r#"{"result":"x","more":1}"#).await;
    assert_eq!((taken.status, taken.text.as_str()), (200, ""));
    assert!(!setting.reads_secrets(&token).await);
    let again = setting.call_back(Method::POST, url, &token, r#"{"result":"y"}"#).await;
    assert_eq!((again.status, again.code()), (404, "NOT_FOUND"));
    let unknown = json!(format!("{}/services/async-callbacks/unknown", setting.org.base));
    assert_eq!(setting.call_back(Method::POST, &unknown, &token, "{}").await.status, 404);
    assert_eq!(setting.call_back(Method::POST, &unknown, "nonsense", "{}").await.status, 401);

    let invocation = setting.invocation(&reply).await;
    assert_eq!(
        (&invocation["state"], &invocation["callback"]),
        (&json!("completed"), &json!({"result": "x", "more": 1}))
    );
    let statuses: Vec<_> =
        invocation["deliveries"].as_array().expect("deliveries").iter().map(|one| &one["status"]).collect();
    assert_eq!(statuses, [401, 401, 405, 500, 500, 200, 404]);
    assert_eq!(invocation["deliveryCount"], 7);
    let all = setting.org.control(Method::GET, "/local/orgs/my-org/invocations", Value::Null).await.body;
    assert_eq!(all, json!([invocation]));
}

#[tokio::test]
async fn a_callback_url_may_stand_in_the_query_and_be_put() {
    let setting = Setting::start().await;
    let reply = setting.invoke(json!({"operationId": "startBatch"})).await;
    let url = &reply.body["callbackUrl"];
    let query = url::form_urlencoded::byte_serialize(url.as_str().expect("a URL").as_bytes()).collect::<String>();
    assert_eq!(setting.app.last().target, format!("/batches?callbackUrl={query}"));
    let token = setting.app.last().token();
    assert_eq!(setting.call_back(Method::PUT, url, &token, "{}").await.status, 200);
}

#[tokio::test]
async fn a_late_callback_is_refused_and_the_permission_set_gone() {
    let setting = Setting::start().await;
    let (reply, asked) = setting.job(json!({"timeoutSeconds": 0.4})).await;
    for _ in 0..500 {
        if setting.invocation(&reply).await["state"] == "timedOut" && setting.activations().await == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!((&setting.invocation(&reply).await["state"], setting.activations().await), (&json!("timedOut"), 0));
    let late = setting.call_back(Method::POST, &reply.body["callbackUrl"], &asked.token(), r#"{"result":"x"}"#).await;
    assert_eq!((late.status, late.code()), (408, "REQUEST_TIMEOUT"));
    let invocation = setting.invocation(&reply).await;
    assert_eq!((&invocation["callback"], &invocation["deliveryCount"]), (&Value::Null, &json!(1)));
}

#[tokio::test]
async fn fault_rules_act_on_callbacks() {
    let setting = Setting::start().await;
    let (reply, asked) = setting.job(json!({})).await;
    let busy = json!({"kind": "status", "status": 503, "errorCode": "SERVER_UNAVAILABLE"});
    setting.org.fault(json!({"pathContains": "/async-callbacks/", "times": 2, "org": "my-org", "action": busy})).await;
    setting.org.fault(json!({"pathContains": "/async-callbacks/", "times": 1, "action": {"kind": "dropAfter"}})).await;
    let (url, token) = (&reply.body["callbackUrl"], asked.token());
    for _ in 0..2 {
        assert_eq!(setting.call_back(Method::POST, url, &token, r#"{"result":"x"}"#).await.status, 503);
    }
    let dropped = setting.org.http.post(url.as_str().expect("a URL")).bearer_auth(&token).body(r#"{"result":"x"}"#);
    assert!(dropped.send().await.is_err());
    // The connection ends before the delivery is written down.
    for _ in 0..500 {
        if setting.invocation(&reply).await["deliveryCount"] == 3 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let again = setting.call_back(Method::POST, url, &token, r#"{"result":"x"}"#).await;
    assert_eq!(again.status, 404, "it was taken before the connection was closed");
    let invocation = setting.invocation(&reply).await;
    let statuses: Vec<_> =
        invocation["deliveries"].as_array().expect("deliveries").iter().map(|one| &one["status"]).collect();
    assert_eq!(statuses, [&json!(503), &json!(503), &Value::Null, &json!(404)]);
    assert_eq!(invocation["state"], "completed");
}
