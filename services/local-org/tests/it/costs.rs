use std::time::{Duration, Instant};

use local_org::costs::Costs;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::TestOrg;

#[tokio::test]
async fn can_be_changed() {
    let org = TestOrg::start_with(Costs { call_ms: 1, ..Costs::default() }).await;
    let costs = json!({"callMs": 1, "rowUs": 0, "maxConcurrent": null, "dailyLimit": null, "bulkDelayMs": 0});
    assert_eq!(org.control(Method::GET, "/local/costs", Value::Null).await.body, costs);
    let costs = json!({"callMs": 0, "rowUs": 2, "maxConcurrent": 3, "dailyLimit": 4, "bulkDelayMs": 5});
    assert_eq!(org.control(Method::PUT, "/local/costs", costs.clone()).await.body, costs);
    assert_eq!(org.control(Method::GET, "/local/costs", Value::Null).await.body, costs);
}

#[tokio::test]
async fn calls_and_rows_take_their_time() {
    let org = TestOrg::start().await;
    org.seed(100, 0).await;
    org.control(Method::PUT, "/local/costs", json!({"callMs": 50, "rowUs": 1_000})).await;
    let started = Instant::now();
    org.query("SELECT Id FROM Opportunity").await;
    assert!(started.elapsed() >= Duration::from_millis(150));
}

#[tokio::test]
async fn calls_wait_at_the_same_time() {
    let org = TestOrg::start_with(Costs { call_ms: 100, ..Costs::default() }).await;
    let calls = futures_util::future::join_all((0..8).map(|_| org.get("/limits"))).await;
    assert!(calls.iter().all(|reply| reply.status == 200));
    assert!(org.counters().await["concurrent"]["max"].as_u64() > Some(1));
}

#[tokio::test]
async fn too_many_calls_at_the_same_time_are_refused() {
    let org = TestOrg::start_with(Costs { call_ms: 300, max_concurrent: Some(2), ..Costs::default() }).await;
    let calls = futures_util::future::join_all((0..6).map(|_| org.get("/limits"))).await;
    let refused: Vec<_> = calls.iter().filter(|reply| reply.status == 403).collect();
    assert!(!refused.is_empty());
    let expected =
        json!([{"message": "ConcurrentPerOrgLongTxn Limit exceeded.", "errorCode": "REQUEST_LIMIT_EXCEEDED"}]);
    assert!(refused.iter().all(|reply| reply.body == expected));
    assert_eq!(org.counters().await["concurrent"], json!({"now": 0, "max": 2}));
}

#[tokio::test]
async fn a_day_has_so_many_calls() {
    let org = TestOrg::start_with(Costs { daily_limit: Some(2), ..Costs::default() }).await;
    assert_eq!(org.get("/limits").await.body["DailyApiRequests"], json!({"Max": 2, "Remaining": 1}));
    assert_eq!(org.get("/limits").await.header("sforce-limit-info"), Some("api-usage=2/2"));
    let reply = org.get("/limits").await;
    let expected = json!([{"message": "TotalRequests Limit exceeded.", "errorCode": "REQUEST_LIMIT_EXCEEDED"}]);
    assert_eq!((reply.status, reply.body), (403, expected));
    org.control(Method::DELETE, "/local/orgs/my-org/counters", Value::Null).await;
    assert_eq!(org.get("/limits").await.status, 200);
}
