use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use test_support::scripted::{Reply, Seen, TestServer, reply};

use super::{AppLink, AppLinkSettings};
use crate::{AddonConfig, AppLinkError};
use salesforce::{
    AllowedHosts, Client, ClientSettings, ErrorKind, HttpSettings, RetryPolicy, SessionSource, http_client,
};

const ORG: &str = "00D000000000001EAA";
const USER: &str = "005000000000001AAA";

/// Waits hardly at all between tries.
fn settings() -> ClientSettings {
    let retry = RetryPolicy { base_delay: Duration::from_millis(1), ..RetryPolicy::default() };
    ClientSettings { retry, ..ClientSettings::default() }
}

/// The add-on's word for a name that it does not know.
const UNKNOWN: &str = r#"{"id":"record_not_found","message":"record not found"}"#;

fn body(instance_url: &str, token: &str) -> String {
    json!({"id": "x", "status": "authorized", "org": {
        "id": ORG, "developer_name": "prod", "instance_url": instance_url, "type": "SalesforceOrg",
        "api_version": "62.0", "user_auth": {"username": "u", "user_id": USER, "access_token": token}}})
    .to_string()
}

fn applink(server: &TestServer) -> AppLink {
    let addon = AddonConfig {
        api_url: format!("{}/addons/1234/", server.url).parse().unwrap(),
        token: SecretString::from("addon-token"),
        app_id: "app-1".to_owned(),
    };
    let retry = RetryPolicy { base_delay: Duration::from_millis(1), ..AppLinkSettings::default().retry };
    let hosts = AllowedHosts::with_extra(&["127.0.0.1:*".to_owned()]).unwrap();
    let http = http_client(&HttpSettings::default()).unwrap();
    AppLink::new(http, addon, hosts, AppLinkSettings { retry, ..AppLinkSettings::default() })
}

/// Hands out `t1`, `t2`, … and counts.
async fn issuing() -> (TestServer, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let issued = Arc::clone(&count);
    let answer = move |_: &Seen| {
        let number = issued.fetch_add(1, Ordering::SeqCst) + 1;
        reply(200, body("https://acme.my.salesforce.com", &format!("t{number}")))
    };
    (TestServer::start(answer).await, count)
}

#[tokio::test]
async fn the_request_is_as_documented() {
    let (server, _) = issuing().await;
    let applink = applink(&server);
    applink.authorization("applink:prod/x").await.unwrap();
    let seen = &server.seen()[0];
    assert_eq!(format!("{} {}", seen.method, seen.target), "GET /addons/1234/authorizations/applink%3Aprod%2Fx");
    assert_eq!(seen.headers["authorization"], "Bearer addon-token");
    assert_eq!(seen.headers["x-app-uuid"], "app-1");
    assert_eq!(seen.headers["x-request-id"].len(), 36);
    assert!(!format!("{applink:?}").contains("addon-token"));
    for name in ["", "..", ".", &"x".repeat(101)] {
        let error = applink.authorization(name).await.unwrap_err();
        assert!(matches!(error, AppLinkError::InvalidName { .. }));
    }
    assert_eq!(server.calls().len(), 1);
}

#[tokio::test]
async fn callers_share_requests_and_answers() {
    let (server, count) = issuing().await;
    let applink = applink(&server);
    let all = join_all((0..20).map(|_| applink.authorization("prod"))).await;
    assert!(all.iter().all(|one| one.as_ref().unwrap().session.access_token.expose_secret() == "t1"));
    assert_eq!(count.load(Ordering::SeqCst), 1);

    let all = join_all((0..20).map(|_| applink.refresh("prod", "t1"))).await;
    assert!(all.iter().all(|one| one.as_ref().unwrap().session.access_token.expose_secret() == "t2"));
    assert_eq!(count.load(Ordering::SeqCst), 2);

    applink.authorization("other").await.unwrap();
    assert_eq!(count.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn callers_that_wait_share_a_failure() {
    let server = TestServer::start(|_| reply(404, UNKNOWN)).await;
    let applink = applink(&server);
    let all = join_all((0..20).map(|_| applink.authorization("prod"))).await;
    assert!(all.iter().all(|one| matches!(one, Err(AppLinkError::NotFound { .. }))));
    assert_eq!(server.calls().len(), 1);
    assert!(applink.authorization("prod").await.is_err());
    assert_eq!(server.calls().len(), 2);
}

#[tokio::test]
async fn failures_are_retried_when_they_pass() {
    for bad in [
        reply(429, ""),
        reply(503, "<html>"),
        reply(500, r#"{"title":"t"}"#),
        reply(423, ""),
        reply(425, ""),
        Reply::Drop,
        // Not the add-on's word.
        reply(200, "<html>"),
        reply(200, ""),
        reply(200, "{"),
        reply(200, "{}"),
        reply(200, "[]"),
        reply(204, ""),
        reply(302, ""),
        reply(401, "<html>"),
        reply(403, ""),
        reply(404, "<html>"),
        reply(409, "<html>"),
    ] {
        let good = reply(200, body("https://acme.my.salesforce.com", "t"));
        let server = TestServer::script([bad.clone(), bad.clone(), good]).await;
        applink(&server).authorization("prod").await.unwrap();
        assert_eq!(server.calls().len(), 3, "{bad:?}");
    }
}

#[tokio::test]
async fn refusals_are_explained_and_not_kept() {
    for (answer, kind, text) in [
        (reply(404, UNKNOWN), ErrorKind::NotFound, "AppLink has no authorization named `prod`"),
        (
            reply(401, r#"{"title":"Unauthorized","detail":"wrong token"}"#),
            ErrorKind::Forbidden,
            "AppLink answered with status 401: Unauthorized: wrong token",
        ),
        (
            reply(422, r#"{"id":"invalid","message":"no"}"#),
            ErrorKind::Invalid,
            "AppLink answered with status 422: invalid: no",
        ),
        (reply(200, body("https://evil.example", "t")), ErrorKind::Malformed, ""),
    ] {
        let server = TestServer::script([answer, reply(200, body("https://acme.my.salesforce.com", "t"))]).await;
        let applink = applink(&server);
        let error = applink.authorization("prod").await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.to_string().starts_with(text), "{error}");
        assert_eq!(server.calls().len(), 1);
        applink.authorization("prod").await.unwrap();
    }
}

#[tokio::test]
async fn an_authorized_users_session_is_renewed_when_salesforce_refuses_it() {
    let org = TestServer::start(|seen: &Seen| match seen.headers["authorization"].as_str() {
        "Bearer t2" => reply(200, r#"{"totalSize":3,"done":true,"records":[]}"#),
        _ => reply(401, r#"[{"errorCode":"INVALID_SESSION_ID","message":"Session expired or invalid"}]"#),
    })
    .await;
    let tokens = [reply(200, body(&org.url, "t1")), reply(200, body(&org.url, "t2"))];
    let addon = TestServer::script(tokens).await;
    let user = applink(&addon).authorized_user("prod");
    let client = Client::new(http_client(&HttpSettings::default()).unwrap(), Arc::new(user), settings());
    assert_eq!(client.count("SELECT COUNT() FROM A").await.unwrap(), 3);
    assert_eq!(client.count("SELECT COUNT() FROM A").await.unwrap(), 3);
    assert_eq!((addon.calls().len(), org.calls().len()), (2, 3));
}

#[tokio::test]
async fn a_missing_authorization_reaches_the_client_as_such() {
    let addon = TestServer::script([reply(404, UNKNOWN)]).await;
    let user = applink(&addon).authorized_user("prod");
    let client = Client::new(http_client(&HttpSettings::default()).unwrap(), Arc::new(user), settings());
    let error = client.create("A", &json!({})).await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_committed()), (ErrorKind::NotFound, false));
}

const OTHER: &str = "00D000000000009EAA";

/// The authorization as an operator has moved it.
fn moved(token: &str) -> Reply {
    reply(200, body("https://other.my.salesforce.com", token).replace(ORG, OTHER))
}

fn refused(error: &salesforce::Error) {
    assert_eq!(error.kind(), ErrorKind::Invalid, "a later session is no other");
    let source = std::error::Error::source(error).unwrap().to_string();
    assert!(["`prod`", ORG, OTHER, "again and retry"].iter().all(|part| source.contains(part)), "{source}");
}

#[tokio::test]
async fn a_session_is_not_renewed_with_one_of_another_org() {
    let first = body("https://acme.my.salesforce.com", "t1");
    let addon = TestServer::script([reply(200, first), moved("t2")]).await;
    let user = applink(&addon).authorized_user("prod");
    let session = user.session().await.unwrap();
    refused(&user.refresh(&session).await.unwrap_err());
}

#[tokio::test]
async fn a_user_of_an_org_has_no_session_of_another() {
    let addon = TestServer::start(|_| moved("t1")).await;
    let user = applink(&addon).authorized_user("prod").of_org(ORG.parse().unwrap());
    for _ in 0..50 {
        refused(&user.session().await.unwrap_err());
    }
    // Of very many that ask for the org before, not each asks the add-on.
    assert!(addon.calls().len() < 50, "{}", addon.calls().len());
}

#[tokio::test]
async fn a_user_of_an_org_is_asked_for_again_where_another_is_known_and_short_ids_are_the_same() {
    let now = reply(200, body("https://acme.my.salesforce.com", "t2"));
    let addon = TestServer::script([moved("t1"), now]).await;
    let applink = applink(&addon);
    applink.authorization("prod").await.unwrap();
    tokio::time::sleep(super::NEWS).await;
    let user = applink.authorized_user("prod").of_org("00D000000000001".parse().unwrap());
    for _ in 0..2 {
        assert_eq!(user.session().await.unwrap().access_token.expose_secret(), "t2");
    }
    assert_eq!(addon.calls().len(), 2);
}

#[tokio::test]
async fn the_org_of_now_is_asked_for_and_what_is_known_stays_when_the_addon_fails() {
    let first = reply(200, body("https://acme.my.salesforce.com", "t1"));
    let addon = TestServer::script([first, reply(404, UNKNOWN), moved("t2")]).await;
    let applink = applink(&addon);
    let user = applink.authorized_user("prod");
    let hour = Duration::from_secs(3_600);
    assert_eq!(user.current_org(hour).await.unwrap().as_str(), ORG);
    assert_eq!(user.current_org(hour).await.unwrap().as_str(), ORG);
    assert_eq!(addon.calls().len(), 1);
    user.current_org(Duration::ZERO).await.unwrap_err();
    assert_eq!(user.session().await.unwrap().access_token.expose_secret(), "t1");
    assert_eq!(user.current_org(Duration::ZERO).await.unwrap().as_str(), OTHER);
    assert_eq!(addon.calls().len(), 3);
}

#[tokio::test]
async fn a_redirect_of_the_addon_gets_no_token() {
    let elsewhere = TestServer::script([reply(200, body("https://acme.my.salesforce.com", "t1"))]).await;
    let location = elsewhere.url.clone();
    let redirect =
        move |_: &_| Reply::Answer { status: 307, headers: vec![("location", location.clone())], body: String::new() };
    let addon = TestServer::start(redirect).await;
    let error = applink(&addon).authorization("prod").await.unwrap_err();
    assert!(format!("{error:?}").contains("307"), "{error:?}");
    assert!(elsewhere.calls().is_empty());
}

#[tokio::test]
async fn an_answer_that_repeats_a_token_does_not_show_it() {
    let token = format!("{ORG}!AQ.repeatedSecret");
    let told = |text: &str| {
        let mut body: serde_json::Value =
            serde_json::from_str(&body("https://acme.my.salesforce.com", &token)).unwrap();
        body["status"] = text.into();
        reply(200, body.to_string())
    };
    let refused = |text: &str| reply(400, json!({"title": "no", "detail": text}).to_string());
    let answers: [Reply; 4] = [
        told(&token),
        told("AQ%2ErepeatedSecret"),
        refused("with addon%2Dtoken"),
        refused(&format!("{}addon-token", "x".repeat(290))),
    ];
    for answer in answers {
        let server = TestServer::start(move |_: &Seen| answer.clone()).await;
        let error = applink(&server).authorization("prod").await.unwrap_err();
        let shown = format!("{error} {error:?}");
        let hidden = ["repeatedSecret", "addon-", "addon%2D"].iter().all(|part| !shown.contains(part));
        assert!(hidden && shown.contains("[acces"), "{shown}");
    }
}
