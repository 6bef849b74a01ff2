use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Reply, TestOrg, read};

async fn token(org: &TestOrg, form: &[(&str, &str)]) -> Reply {
    let request = org.http.post(format!("{}/services/oauth2/token", org.base)).form(form);
    read(request.send().await.expect("an answer")).await.expect("a body")
}

#[tokio::test]
async fn gives_tokens() {
    let org = TestOrg::start().await;
    let password =
        [("grant_type", "password"), ("username", "admin@my-org.local"), ("password", "any"), ("client_id", "x")];
    let credentials = [("grant_type", "client_credentials"), ("client_id", "my-org"), ("client_secret", "any")];
    for form in [&password[..], &credentials[..]] {
        let reply = token(&org, form).await;
        assert_eq!((reply.status, &reply.body["access_token"]), (200, &json!(org.token)));
        assert_eq!((&reply.body["instance_url"], &reply.body["token_type"]), (&json!(org.base), &json!("Bearer")));
        assert!(reply.body["id"].as_str().expect("a URL").contains("/id/00D"));
    }
}

#[tokio::test]
async fn refuses_others() {
    let org = TestOrg::start().await;
    for form in [
        [("grant_type", "password"), ("username", "nobody@my-org.local"), ("password", "any")],
        [("grant_type", "password"), ("username", "admin@my-org.local"), ("password", "")],
        [("grant_type", "client_credentials"), ("client_id", "unknown"), ("client_secret", "any")],
    ] {
        let reply = token(&org, &form).await;
        let expected = json!({"error": "invalid_grant", "error_description": "authentication failure"});
        assert_eq!((reply.status, reply.body), (400, expected));
    }
    assert_eq!(token(&org, &[("grant_type", "magic")]).await.body["error"], "unsupported_grant_type");
}

#[tokio::test]
async fn tells_whose_token_it_is() {
    let mut org = TestOrg::start().await;
    for method in [Method::GET, Method::POST] {
        let info = org.call(method, "/services/oauth2/userinfo", Value::Null).await.body;
        assert_eq!(info["preferred_username"], "admin@my-org.local");
        assert!(info["organization_id"].as_str().expect("an id").starts_with("00DLO0000000001"));
        assert!(info["user_id"].as_str().expect("an id").starts_with("005"));
    }
    org.token = "wrong".to_owned();
    let reply = org.get("/services/oauth2/userinfo").await;
    assert_eq!((reply.status, reply.text.as_str()), (403, "Bad_OAuth_Token"));
}

#[tokio::test]
async fn the_identity_url_works() {
    let org = TestOrg::start().await;
    let url = org.get("").await.body["identity"].as_str().expect("a URL").to_owned();
    for request in [
        org.http.get(&url).bearer_auth(&org.token),
        org.http.get(&url).query(&[("format", "json"), ("oauth_token", org.token.as_str())]),
    ] {
        let reply = read(request.send().await.expect("an answer")).await.expect("a body");
        assert_eq!((&reply.body["id"], &reply.body["username"]), (&json!(url), &json!("admin@my-org.local")));
    }
    let reply = read(org.http.get(&url).send().await.expect("an answer")).await.expect("a body");
    assert_eq!(reply.status, 403);
}

#[tokio::test]
async fn a_token_can_be_revoked() {
    let org = TestOrg::start().await;
    let request = org.http.post(format!("{}/services/oauth2/revoke", org.base)).form(&[("token", &org.token)]);
    assert_eq!(request.send().await.expect("an answer").status(), 200);
    assert_eq!(org.get("/limits").await.status, 401);
}
