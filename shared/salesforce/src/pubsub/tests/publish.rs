//! Publishing.

use serde_json::{Map, Value, json};
use tonic::Code;

use super::fake::{SCHEMA, SCHEMA_ID, id, status};
use super::*;
use crate::ErrorKind;
use crate::test_server::USER;

fn notes(numbers: impl IntoIterator<Item = u64>) -> Vec<Map<String, Value>> {
    numbers.into_iter().map(|number| json!({ "Number__c": number }).as_object().unwrap().clone()).collect()
}

#[tokio::test]
async fn events_are_filled_and_their_results_told_in_order() {
    let fake = Fake::start().await;
    fake.book().refused = vec![1];
    let pubsub = pubsub(&fake);
    let results = pubsub.publish(TOPIC, &notes([7, 8, 9])).await.unwrap();
    // The server answers in reverse.
    assert_eq!(results[0].as_ref().unwrap().replay_id, Some(id(100)));
    assert_eq!(results[1].as_ref().unwrap_err().message, "no room for 1");
    assert_eq!(results[2].as_ref().unwrap().replay_id, Some(id(102)));
    let published = fake.book().published.remove(0);
    assert_eq!(published.topic_name, TOPIC);
    let schema = EventSchema::parse(SCHEMA_ID, SCHEMA).unwrap();
    for (event, number) in published.events.iter().zip(7..) {
        let fields = schema.decode(&event.payload).unwrap();
        assert_eq!((&fields["Number__c"], &fields["CreatedById"]), (&json!(number), &json!(USER)));
        let age = chrono::Utc::now().timestamp_millis() - fields["CreatedDate"].as_i64().unwrap();
        assert!((0..600_000).contains(&age), "{age}");
        assert_eq!(event.schema_id, SCHEMA_ID);
    }
    assert_eq!(results[0].as_ref().unwrap().id, published.events[0].id);
    // Topic and schema are known now.
    pubsub.publish(TOPIC, &notes([1])).await.unwrap();
    assert_eq!(fake.book().topic_calls, 1);
    assert_eq!(fake.book().schema_calls.len(), 1);
    assert!(pubsub.publish(TOPIC, &[]).await.unwrap().is_empty());
}

#[tokio::test]
async fn an_event_that_does_not_fit_is_named() {
    let fake = Fake::start().await;
    let pubsub = pubsub(&fake);
    let mut events = notes([1, 2]);
    events[1].insert("Numbr__c".to_owned(), json!(3));
    match pubsub.publish(TOPIC, &events).await.unwrap_err() {
        PubSubError::Event { index: 1, source } => assert_eq!(source.field, "Numbr__c"),
        other => panic!("{other}"),
    }
    assert!(matches!(pubsub.publish(TOPIC, &notes(0..201)).await, Err(PubSubError::TooMuch(_))));
    fake.book().can_publish = false;
    let error = super::pubsub(&fake).publish(TOPIC, &notes([1])).await.unwrap_err();
    assert!(matches!(error, PubSubError::NotPublishable(_)) && error.kind() == ErrorKind::Forbidden);
    assert!(fake.book().published.is_empty());
}

#[tokio::test]
async fn a_token_is_renewed_but_an_unknown_outcome_is_the_callers() {
    let fake = Fake::start().await;
    fake.book().token = Some("token-1".to_owned());
    let tokens = Arc::default();
    let pubsub = pubsub_of(config(&fake.url()), &tokens);
    pubsub.publish(TOPIC, &notes([1])).await.unwrap();
    fake.book().token = None;
    fake.book().failures.push_back(status(Code::Unavailable, "service.unavailable"));
    let error = pubsub.publish(TOPIC, &notes([2])).await.unwrap_err();
    assert!(error.may_have_published() && error.kind() == ErrorKind::Transient, "{error}");
    assert_eq!(fake.book().published.len(), 1);
    // Refused for certain, so nothing was published; what was known of the topic is asked for again.
    let before = fake.book().topic_calls;
    fake.book().failures.push_back(status(Code::InvalidArgument, "publish.schema.invalid"));
    let error = pubsub.publish(TOPIC, &notes([3])).await.unwrap_err();
    assert!(!error.may_have_published(), "{error}");
    pubsub.publish(TOPIC, &notes([3])).await.unwrap();
    assert_eq!(fake.book().topic_calls, before + 1);
}

#[tokio::test]
async fn a_server_that_is_not_there_has_published_nothing() {
    let address = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let publish = pubsub_proto::PublishRequest::default();
    let gone = pubsub_of(config(&format!("http://{address}")), &Arc::default());
    let call = gone.call(Call::Publish, &publish, async |mut client, request| client.publish(request).await);
    match soon("the answer", call).await.unwrap_err() {
        error @ PubSubError::Refused(_) => assert!(!error.may_have_published(), "{error:?}"),
        other => panic!("{other}"),
    }
}
