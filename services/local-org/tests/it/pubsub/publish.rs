use pubsub_proto::{ErrorCode, PublishResponse};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Status};

use super::{CHANGES, DONE, batch, done, error_code, text, with_token};
use crate::support::{TestOrg, until};

async fn publish(org: &TestOrg, token: &str, request: pubsub_proto::PublishRequest) -> Result<PublishResponse, Status> {
    org.client().await.publish(with_token(request, token)).await.map(tonic::Response::into_inner)
}

#[tokio::test]
async fn events_arrive_byte_for_byte_and_start_flows() {
    let org = TestOrg::start().await;
    let (schema_id, schema) = org.schema_of(DONE).await;
    let mut subscriber = org.subscribe_latest(DONE, 10).await;
    let payloads = [("one", done(&schema, "a")), ("two", done(&schema, "b"))];
    let published = publish(&org, &org.token, batch(DONE, &schema_id, &payloads)).await.expect("published");
    assert_eq!(published.schema_id, schema_id);
    let events = subscriber.events(2).await;
    for ((result, event), (id, payload)) in published.results.iter().zip(&events).zip(&payloads) {
        assert_eq!((result.correlation_key.as_str(), &result.error), (*id, &None));
        assert_eq!((&result.replay_id, result.replay_id.len()), (&event.replay_id, 10));
        let event = event.event.as_ref().expect("an event");
        assert_eq!((event.id.as_str(), &event.payload), (*id, payload));
    }
    assert_eq!(text(&schema, &events[1], "Status__c"), "b");
    until(|| async {
        let path = "/local/orgs/my-org/notifications";
        let notifications = org.control(Method::GET, path, Value::Null).await.body;
        notifications.as_array().map(Vec::len) == Some(2) && notifications[0]["title"] == "Job: a"
    })
    .await;
}

#[tokio::test]
async fn a_wrong_event_fails_alone() {
    let org = TestOrg::start().await;
    let (schema_id, schema) = org.schema_of(DONE).await;
    let good = done(&schema, "good");
    let mut request = batch(
        DONE,
        &schema_id,
        &[
            ("garbage", vec![0xff; 9]),
            ("too long", done(&schema, "longer than twenty characters")),
            ("good", good.clone()),
            ("trailing", [good.as_slice(), &[0]].concat()),
            ("huge", vec![0; 1_000_001]),
            ("other schema", good),
        ],
    );
    request.events[5].schema_id = org.schema_of(CHANGES).await.0;
    let published = publish(&org, &org.token, request).await.expect("published");
    for result in &published.results {
        let ok = result.correlation_key == "good";
        assert_eq!((result.error.is_none(), !result.replay_id.is_empty()), (ok, ok), "{result:?}");
        if let Some(error) = &result.error {
            assert_eq!(error.code(), ErrorCode::Publish);
            assert!(!error.msg.is_empty());
        }
    }
}

#[tokio::test]
async fn who_may_not_publish_is_refused() {
    let org = TestOrg::start().await;
    let (schema_id, schema) = org.schema_of(DONE).await;
    let request = batch(DONE, &schema_id, &[("a", done(&schema, "a"))]);
    let user = org.session("sales.user@my-org.local", &[]).await;
    let refused = publish(&org, &user.token, request.clone()).await.expect_err("no permission");
    assert_eq!(
        (refused.code(), error_code(&refused, "Publish").as_str()),
        (Code::PermissionDenied, "topic.meta.permission")
    );
    let changes = pubsub_proto::PublishRequest { topic_name: CHANGES.to_owned(), ..request.clone() };
    assert_eq!(publish(&org, &org.token, changes).await.expect_err("change events").code(), Code::PermissionDenied);
    let nothing = pubsub_proto::PublishRequest { events: Vec::new(), ..request.clone() };
    let refused = publish(&org, &org.token, nothing).await.expect_err("no events");
    assert_eq!(error_code(&refused, "Publish"), "publish.event.count.invalid");
    let refused = publish(&org, "nonsense", request).await.expect_err("no session");
    assert_eq!(refused.code(), Code::Unauthenticated);
}

#[tokio::test]
async fn a_stream_publishes_until_it_is_idle() {
    let org = TestOrg::start().await;
    org.pubsub_settings(json!({"publishTimeoutMs": 400})).await;
    let (schema_id, schema) = org.schema_of(DONE).await;
    let (requests, receiver) = mpsc::channel(4);
    let request = with_token(ReceiverStream::new(receiver), &org.token);
    let mut responses = org.client().await.publish_stream(request).await.expect("a stream").into_inner();
    for (topic, id) in [(DONE, "one"), ("", "two")] {
        requests.send(batch(topic, &schema_id, &[(id, done(&schema, "a"))])).await.expect("the stream is open");
        let response = responses.message().await.expect("no error").expect("a response");
        assert_eq!(response.results[0].correlation_key, id);
    }
    assert_eq!(org.streams().await[0]["events"], 2);
    let status = responses.message().await.expect_err("idle");
    assert_eq!(error_code(&status, "PublishStream"), "publish.stream.sweeper.timeout");
}

#[tokio::test]
async fn a_stream_keeps_its_topic() {
    let org = TestOrg::start().await;
    let (schema_id, schema) = org.schema_of(DONE).await;
    let (requests, receiver) = mpsc::channel(4);
    let request = with_token(ReceiverStream::new(receiver), &org.token);
    let mut responses = org.client().await.publish_stream(request).await.expect("a stream").into_inner();
    requests.send(batch(DONE, &schema_id, &[("one", done(&schema, "a"))])).await.expect("the stream is open");
    responses.message().await.expect("no error").expect("a response");
    requests.send(batch(CHANGES, &schema_id, &[("two", done(&schema, "a"))])).await.expect("the stream is open");
    let status = responses.message().await.expect_err("another topic");
    assert_eq!(error_code(&status, "PublishStream"), "publish.topic.mismatch");
}
