use std::time::Duration;

use pubsub_proto::{ReplayPreset, TopicRequest};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::timeout;
use tonic::Code;

use super::{CHANGES, DONE, fetch, with_token};
use crate::support::TestOrg;

async fn disconnect(org: &TestOrg, fault: Value) -> u64 {
    let reply = org.control(Method::POST, "/local/orgs/my-org/pubsub/disconnect", fault).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.body["streams"].as_u64().expect("a number")
}

async fn clear(org: &TestOrg) {
    let reply = org.control(Method::DELETE, "/local/orgs/my-org/pubsub/faults", Value::Null).await;
    assert_eq!(reply.status, 204, "{}", reply.text);
}

#[tokio::test]
async fn streams_end_with_a_status() {
    let org = TestOrg::start().await;
    for (how, code, error_code) in [
        ("unavailable", Code::Unavailable, "service.unavailable"),
        ("unauthenticated", Code::Unauthenticated, "service.auth.error"),
    ] {
        let mut subscriber = org.subscribe_latest(DONE, 1).await;
        assert_eq!(disconnect(&org, json!({"how": how, "topic": CHANGES})).await, 0, "another topic");
        assert_eq!(disconnect(&org, json!({"how": how})).await, 1);
        assert_eq!(subscriber.error().await, (code, error_code.to_owned()));
    }
}

#[tokio::test]
async fn a_reset_ends_the_connection_without_a_status() {
    let org = TestOrg::start().await;
    let mut subscriber = org.subscribe_latest(DONE, 1).await;
    assert_eq!(disconnect(&org, json!({"how": "reset"})).await, 1);
    let status = subscriber.try_next().await.expect_err("the connection is gone");
    assert!(status.metadata().get("error-code").is_none(), "{status:?}");
    let chain = format!("{status:?}");
    assert!(chain.contains("ConnectionReset") || chain.contains("BrokenPipe"), "{chain}");
}

#[tokio::test]
async fn silence_is_lifted_and_nothing_is_lost() {
    let org = TestOrg::start().await;
    org.pubsub_settings(json!({"keepaliveMs": 50})).await;
    let mut subscriber = org.subscribe_latest(DONE, 5).await;
    subscriber.next().await;
    assert_eq!(disconnect(&org, json!({"how": "silence"})).await, 1);
    org.publish_done(&["a"]).await;
    // A keepalive may have been on its way.
    let mut before = 0;
    while timeout(Duration::from_millis(400), subscriber.responses.message()).await.is_ok() {
        before += 1;
        assert!(before < 3, "it is not silent");
    }
    assert_eq!(org.streams().await[0]["silent"], true);
    clear(&org).await;
    assert_eq!(subscriber.events(1).await.len(), 1);
}

#[tokio::test]
async fn a_stream_ends_after_some_events() {
    let org = TestOrg::start().await;
    org.publish_done(&["a", "b", "c", "d", "e"]).await;
    disconnect(&org, json!({"how": "unavailable", "afterEvents": 2, "times": 2})).await;
    for _ in 0..2 {
        let mut subscriber = org.subscribe(fetch(DONE, ReplayPreset::Earliest, 10)).await;
        assert_eq!(subscriber.events(2).await.len(), 2, "exactly two");
        assert_eq!(subscriber.error().await.0, Code::Unavailable);
    }
    let mut subscriber = org.subscribe(fetch(DONE, ReplayPreset::Earliest, 10)).await;
    assert_eq!(subscriber.events(5).await.len(), 5);
    disconnect(&org, json!({"how": "reset", "afterEvents": 1})).await;
    subscriber.more(5).await;
    org.publish_done(&["f"]).await;
    assert_eq!(subscriber.events(1).await.len(), 1, "the event leaves before the reset");
    subscriber.try_next().await.expect_err("the connection is gone");
}

#[tokio::test]
async fn calls_are_refused_for_a_while() {
    let org = TestOrg::start().await;
    let refuse = async |fault: Value| {
        let reply = org.control(Method::POST, "/local/orgs/my-org/pubsub/refuse", fault).await;
        assert_eq!(reply.status, 204, "{}", reply.text);
    };
    let call = async || {
        let request = with_token(TopicRequest { topic_name: DONE.to_owned() }, &org.token);
        org.client().await.get_topic(request).await.map(drop).map_err(|status| status.code())
    };
    refuse(json!({"how": "unavailable", "times": 2})).await;
    assert_eq!([call().await, call().await, call().await], [Err(Code::Unavailable), Err(Code::Unavailable), Ok(())]);
    refuse(json!({"how": "unauthenticated"})).await;
    assert_eq!(call().await, Err(Code::Unauthenticated));
    clear(&org).await;
    assert_eq!(call().await, Ok(()));
    refuse(json!({"how": "reset", "times": 1})).await;
    assert!(call().await.is_err());
    assert_eq!(call().await, Ok(()));
    refuse(json!({"how": "silence", "times": 1})).await;
    org.publish_done(&["a"]).await;
    let mut subscriber = org.subscribe(fetch(DONE, ReplayPreset::Earliest, 10)).await;
    assert!(timeout(Duration::from_millis(300), subscriber.responses.message()).await.is_err());
    clear(&org).await;
    assert_eq!(subscriber.events(1).await.len(), 1);
}

#[tokio::test]
async fn wrong_faults_are_refused() {
    let org = TestOrg::start().await;
    for fault in [json!({"how": "nonsense"}), json!({}), json!({"how": "reset", "after": 1})] {
        let reply = org.control(Method::POST, "/local/orgs/my-org/pubsub/disconnect", fault).await;
        assert_eq!(reply.status, 400, "{}", reply.text);
    }
    let reply = org.control(Method::POST, "/local/orgs/none/pubsub/disconnect", json!({"how": "reset"})).await;
    assert_eq!(reply.status, 404);
}
