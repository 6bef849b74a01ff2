use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::test_server::{Reply, TestServer, reply, settings};
use crate::{Client, ClientSettings, Error, FixedSession, HttpSettings, Operation, http_client};

#[tokio::test]
async fn an_org_that_falls_silent_within_its_answer_is_silent() {
    let server = TestServer::start(|seen| match seen.target.as_str() {
        "/services/data/" => Reply::Hang,
        _ => Reply::Stall { length: 100, body: r#"{"total"#.to_owned() },
    })
    .await;
    let started = Instant::now();
    let settings = ClientSettings { patience: Duration::from_millis(300), ..settings() };
    let source = Arc::new(FixedSession(server.session("token")));
    let client = Client::new(http_client(&HttpSettings::default()).unwrap(), source, settings);
    let error = client.count("SELECT COUNT() FROM A").await.unwrap_err();
    assert!(matches!(error, Error::Silent { operation: Operation::Query, .. }), "{error:?}");
    assert!(started.elapsed() < Duration::from_secs(30), "long before the limit of a query");
}

#[tokio::test]
async fn whether_the_org_answers_is_known_within_a_limit() {
    let limit = Duration::from_millis(300);
    let server = TestServer::start(|_| Reply::Hang).await;
    assert!(!server.client().answers(&server.session("token"), limit).await);
    assert_eq!(server.seen()[0].target, "/services/data/");
    assert!(!server.seen()[0].headers.contains_key("authorization"), "{:?}", server.seen()[0]);
    let server = TestServer::start(|_| reply(503, "")).await;
    assert!(server.client().answers(&server.session("token"), Duration::from_secs(30)).await, "whatever it says");
}
