use std::time::Duration;

use pubsub_proto::{FetchRequest, ReplayPreset};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::timeout;
use tonic::Code;

use super::{CHANGES, DONE, fetch, text};
use crate::support::{TestOrg, until};

#[tokio::test]
async fn delivers_what_is_published_and_no_more_than_asked_for() {
    let org = TestOrg::start().await;
    let (_, schema) = org.schema_of(DONE).await;
    org.publish_done(&["before"]).await;
    let mut subscriber = org.subscribe_latest(DONE, 2).await;
    org.publish_done(&["a", "b", "c"]).await;
    let mut seen = Vec::new();
    let mut pending = 2;
    while pending > 0 {
        let response = subscriber.next().await;
        pending -= i32::try_from(response.events.len()).expect("a small number");
        assert_eq!(response.pending_num_requested, pending);
        assert_eq!(response.latest_replay_id.len(), 10);
        seen.extend(response.events.iter().map(|event| text(&schema, event, "Status__c")));
    }
    assert_eq!(seen, ["a", "b"]);
    assert!(
        timeout(Duration::from_millis(200), subscriber.responses.message()).await.is_err(),
        "nothing was asked for"
    );
    subscriber.more(5).await;
    let response = subscriber.next().await;
    assert_eq!((response.events.len(), response.pending_num_requested), (1, 4));
    assert_eq!(text(&schema, &response.events[0], "Status__c"), "c");
}

#[tokio::test]
async fn the_console_shows_an_open_stream() {
    let org = TestOrg::start().await;
    let page = async || org.control(Method::GET, "/console/orgs/my-org", Value::Null).await.text;
    let mut subscriber = org.subscribe_latest(DONE, 7).await;
    org.publish_done(&["a", "b"]).await;
    assert_eq!(subscriber.events(2).await.len(), 2);
    until(|| async { page().await.contains("Events delivered today: 2") }).await;
    let shown = page().await;
    for part in ["1 open", "Subscribe", "<code>/event/Done__e</code>", "data-label=\"Wanted\">5</td>"] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
    drop(subscriber);
    until(|| async { page().await.contains("No stream is open") }).await;
}

#[tokio::test]
async fn changes_arrive_as_change_events() {
    let org = TestOrg::start().await;
    let (schema_id, schema) = org.schema_of(CHANGES).await;
    let mut subscriber = org.subscribe_latest(CHANGES, 10).await;
    org.create("Opportunity", json!({"Name": "Deal", "StageName": "Prospecting", "CloseDate": "2030-06-27"})).await;
    let events = subscriber.events(1).await;
    assert_eq!(text(&schema, &events[0], "Name"), "Deal");
    let event = events[0].event.as_ref().expect("an event");
    assert_eq!((event.schema_id.as_str(), event.id.len()), (schema_id.as_str(), 36));
}

#[tokio::test]
async fn a_stream_begins_where_its_first_request_says() {
    let org = TestOrg::start().await;
    let (_, schema) = org.schema_of(DONE).await;
    org.publish_done(&["a", "b", "c"]).await;
    let mut all = org.subscribe(fetch(DONE, ReplayPreset::Earliest, 10)).await;
    let events = all.events(3).await;
    for bytes in [10, 8] {
        let replay_id = events[0].replay_id[..bytes].to_vec();
        let first = FetchRequest { replay_id, ..fetch(DONE, ReplayPreset::Custom, 10) };
        let rest = org.subscribe(first).await.events(2).await;
        assert_eq!(rest.iter().map(|event| text(&schema, event, "Status__c")).collect::<Vec<_>>(), ["b", "c"]);
    }
    // Later requests may repeat the topic, and their replay options count for nothing.
    let mut subscriber = org.subscribe(fetch(DONE, ReplayPreset::Earliest, 1)).await;
    assert_eq!(text(&schema, &subscriber.next().await.events[0], "Status__c"), "a");
    subscriber.request(fetch(DONE, ReplayPreset::Earliest, 1)).await;
    assert_eq!(text(&schema, &subscriber.next().await.events[0], "Status__c"), "b");
}

#[tokio::test]
async fn wrong_requests_end_the_stream() {
    let org = TestOrg::start().await;
    org.publish_done(&["a"]).await;
    let invalid = |code: &str| (Code::InvalidArgument, code.to_owned());
    let custom =
        |replay_id: &[u8]| FetchRequest { replay_id: replay_id.to_vec(), ..fetch(DONE, ReplayPreset::Custom, 1) };
    for (first, code) in [
        (fetch(DONE, ReplayPreset::Latest, 0), "subscription.fetch.requested.events.invalid"),
        (fetch(DONE, ReplayPreset::Latest, -5), "subscription.fetch.requested.events.invalid"),
        (fetch("", ReplayPreset::Latest, 1), "topic.validation.empty"),
        (custom(&[]), "subscription.fetch.replayid.validation.failed"),
        (custom(&[1, 2, 3]), "subscription.fetch.replayid.corrupted"),
        (custom(&[0; 10]), "subscription.fetch.replayid.corrupted"),
    ] {
        assert_eq!(org.subscribe(first.clone()).await.error().await, invalid(code), "{first:?}");
    }
    let mut subscriber = org.subscribe(fetch(DONE, ReplayPreset::Latest, 1)).await;
    subscriber.request(fetch(CHANGES, ReplayPreset::Latest, 1)).await;
    assert_eq!(subscriber.error().await, invalid("subscription.fetch.topic.mismatch"));
    let mut subscriber = org.subscribe(fetch(DONE, ReplayPreset::Latest, 1)).await;
    subscriber.more(0).await;
    let status = subscriber.try_next().await.expect_err("an error");
    let text = "The requested number of events in a fetch request must be greater than zero rpcId: ";
    assert!(status.message().starts_with(text), "{}", status.message());
}

#[tokio::test]
async fn events_that_are_no_longer_retained_are_out_of_range() {
    let org = TestOrg::start().await;
    org.publish_done(&["a", "b"]).await;
    let mut subscriber = org.subscribe(fetch(DONE, ReplayPreset::Earliest, 1)).await;
    let read = subscriber.next().await.events.remove(0).replay_id;
    assert_eq!(org.control(Method::DELETE, "/local/orgs/my-org/events", Value::Null).await.status, 204);
    let first = FetchRequest { replay_id: read, ..fetch(DONE, ReplayPreset::Custom, 1) };
    let error = org.subscribe(first).await.error().await;
    assert_eq!(error, (Code::InvalidArgument, "subscription.fetch.replayid.corrupted".to_owned()));
    subscriber.more(1).await;
    assert_eq!(subscriber.error().await.1, "subscription.fetch.replayid.corrupted", "an open stream missed an event");
}

#[tokio::test]
async fn a_waiting_subscriber_gets_keepalives_and_an_idle_one_is_disconnected() {
    let org = TestOrg::start().await;
    org.pubsub_settings(json!({"keepaliveMs": 50, "fetchTimeoutMs": 300})).await;
    let mut subscriber = org.subscribe_latest(DONE, 1).await;
    for _ in 0..3 {
        let response = subscriber.next().await;
        assert_eq!((response.events.len(), response.pending_num_requested), (0, 1));
        assert_eq!(response.latest_replay_id.len(), 10);
    }
    org.publish_done(&["a"]).await;
    subscriber.events(1).await;
    assert!(subscriber.try_next().await.expect("no error").is_none(), "closed after a while without a request");
    until(|| async { org.streams().await.is_empty() }).await;
}

#[tokio::test]
async fn a_client_that_sends_no_more_gets_what_it_asked_for() {
    let org = TestOrg::start().await;
    org.publish_done(&["a", "b"]).await;
    let mut subscriber = org.subscribe(fetch(DONE, ReplayPreset::Earliest, 10)).await;
    let (closed, _) = tokio::sync::mpsc::channel(1);
    drop(std::mem::replace(&mut subscriber.requests, closed));
    assert_eq!(subscriber.events(2).await.len(), 2);
    assert!(subscriber.try_next().await.expect("no error").is_none());
}

#[tokio::test]
async fn the_end_of_a_session_does_not_end_its_streams() {
    let org = TestOrg::start().await;
    let mut subscriber = org.subscribe_latest(DONE, 1).await;
    let old = org.token.clone();
    assert_eq!(org.control(Method::POST, "/local/orgs/my-org/sessions/expire", Value::Null).await.status, 204);
    let token = org.current_token("my-org").await;
    let request = org.http.post(format!("{}/services/data/v62.0/sobjects/Done__e", org.base)).bearer_auth(token);
    assert_eq!(request.json(&json!({"Status__c": "a"})).send().await.expect("an answer").status(), 201);
    assert_eq!(subscriber.events(1).await.len(), 1);
    let request = super::with_token(pubsub_proto::TopicRequest { topic_name: DONE.to_owned() }, &old);
    let status = org.client().await.get_topic(request).await.expect_err("the session is over");
    assert_eq!(status.code(), Code::Unauthenticated, "a new call needs a live one");
}

#[tokio::test]
async fn deliveries_have_a_daily_limit() {
    let org = TestOrg::start().await;
    org.pubsub_settings(json!({"dailyDeliveries": 2})).await;
    org.publish_done(&["a", "b", "c"]).await;
    let mut subscriber = org.subscribe(fetch(DONE, ReplayPreset::Earliest, 10)).await;
    assert_eq!(subscriber.events(2).await.len(), 2);
    let status = subscriber.try_next().await.expect_err("the limit");
    assert_eq!(status.code(), Code::ResourceExhausted);
    assert_eq!(super::error_code(&status, "Subscribe"), "subscription.limit.exceeded");
    assert!(status.message().starts_with("You have exceeded the event delivery limit for your org. rpcId: "));
    let mut subscriber = org.subscribe(fetch(DONE, ReplayPreset::Earliest, 10)).await;
    assert_eq!(subscriber.error().await.1, "subscription.limit.exceeded");
    org.pubsub_settings(json!({})).await;
    assert_eq!(org.subscribe(fetch(DONE, ReplayPreset::Earliest, 10)).await.events(3).await.len(), 3);
}
