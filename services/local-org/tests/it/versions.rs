use reqwest::Method;
use serde_json::{Value, json};

use crate::support::TestOrg;

#[tokio::test]
async fn versions_need_no_session() {
    let org = TestOrg::start().await;
    for path in ["/services/data", "/services/data/"] {
        let reply = org.control(Method::GET, path, Value::Null).await;
        assert_eq!(reply.status, 200);
        assert_eq!(reply.body[0], json!({"label": "Winter '21", "url": "/services/data/v50.0", "version": "50.0"}));
        assert_eq!(reply.body.as_array().expect("versions").last().expect("one")["version"], "68.0");
        assert_eq!(reply.header("sforce-limit-info"), None);
    }
    assert_eq!(org.counters().await["calls"]["total"], 0);
}

#[tokio::test]
async fn a_version_lists_its_resources() {
    let org = TestOrg::start().await;
    for path in ["/services/data/v50.0", "/services/data/v68.0/"] {
        assert_eq!(org.get(path).await.status, 200);
    }
    let reply = org.get("").await;
    assert_eq!(reply.body["sobjects"], "/services/data/v62.0/sobjects");
    let identity = reply.body["identity"].as_str().expect("a URL");
    assert!(identity.starts_with(&format!("{}/id/00D", org.base)), "{identity}");
    assert_eq!(reply.header("content-type"), Some("application/json;charset=UTF-8"));
    assert_eq!(reply.header("cache-control"), Some("no-cache,must-revalidate,max-age=0,no-store,private"));
    assert_eq!(reply.header("sforce-limit-info"), Some("api-usage=3/5000000"));
}

#[tokio::test]
async fn other_versions_and_resources_do_not_exist() {
    let org = TestOrg::start().await;
    let expected = json!([{"errorCode": "NOT_FOUND", "message": "The requested resource does not exist"}]);
    for path in [
        "/services/data/v49.0/query",
        "/services/data/v69.0/query",
        "/services/data/viAmABadVersion/sobjects/Account",
        "/nothing",
        "/services/x",
    ] {
        let reply = org.get(path).await;
        assert_eq!((reply.status, &reply.body), (404, &expected), "{path}");
    }
}

#[tokio::test]
async fn a_method_that_a_resource_has_not_is_refused() {
    let org = TestOrg::start().await;
    let reply = org.patch("/sobjects/Account", json!({})).await;
    let expected = json!([{
        "errorCode": "METHOD_NOT_ALLOWED", "message": "HTTP Method 'PATCH' not allowed. Allowed are GET,HEAD,POST"
    }]);
    assert_eq!((reply.status, reply.body), (405, expected));
    assert_eq!(org.post("/query?q=x", json!({})).await.status, 405);
}

#[tokio::test]
async fn long_heads_are_refused() {
    let org = TestOrg::start().await;
    let long = "x".repeat(16_384);
    assert_eq!(org.get(&format!("/query?q={long}")).await.status, 414);
    let request = org.http.get(format!("{}/services/data/v62.0/limits", org.base)).bearer_auth(&org.token);
    let reply = request.header("X-Long", long).send().await.expect("an answer");
    assert_eq!(reply.status(), 431);
    assert_eq!(org.get(&format!("/query?q={}", "x".repeat(15_000))).await.status, 400);
}

#[tokio::test]
async fn limits_tell_of_the_usage() {
    let org = TestOrg::start().await;
    assert_eq!(org.get("/limits/").await.body["DailyApiRequests"], json!({"Max": 5_000_000, "Remaining": 4_999_999}));
    assert_eq!(org.get("/limits").await.body["DailyApiRequests"]["Remaining"], 4_999_998);
}
