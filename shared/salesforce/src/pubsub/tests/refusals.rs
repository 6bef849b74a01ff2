//! What the service refuses, and events that cannot be read.

use tonic::Code;

use super::fake::{SCHEMA_ID, Script, status};
use super::*;
use crate::ErrorKind;

#[tokio::test]
async fn a_token_that_is_not_accepted_is_renewed() {
    let fake = Fake::start().await;
    fake.add(2);
    fake.book().token = Some("token-1".to_owned());
    let (place, tokens) = (Arc::default(), Arc::default());
    let mut subscription = subscribe(&pubsub_of(config(&fake.url()), &tokens), from_start(), &place);
    assert_eq!(take(&mut subscription, &fake, &place, 2).await, [1, 2]);
    assert_eq!(tokens.renewals(), 1);
    // The token expires while the stream lives; nobody minds until there is another stream.
    fake.book().token = Some("token-2".to_owned());
    fake.add(1);
    assert_eq!(take(&mut subscription, &fake, &place, 1).await, [3]);
    assert_eq!(tokens.renewals(), 1);
    fake.cut();
    fake.add(1);
    assert_eq!(take(&mut subscription, &fake, &place, 1).await, [4]);
    assert_eq!(tokens.renewals(), 2);
    assert_eq!(fake.openings().last().unwrap().token, "token-2");
}

#[tokio::test]
async fn tokens_that_are_never_accepted_end_it() {
    let fake = Fake::start().await;
    fake.book().token = Some("another".to_owned());
    let (place, tokens) = (Arc::default(), Arc::default());
    let mut subscription = subscribe(&pubsub_of(config(&fake.url()), &tokens), from_start(), &place);
    let error = next(&mut subscription).await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::SessionExpired);
    assert_eq!(tokens.renewals(), 3);
    assert!(next(&mut subscription).await.is_none());
}

#[tokio::test]
async fn an_unknown_topic_or_a_missing_permission_ends_it() {
    let fake = Fake::start().await;
    let stop = CancellationToken::new();
    struct Nowhere;
    impl ReplayStore for Nowhere {
        fn load<'a>(&'a self, _topic: &'a str) -> BoxFuture<'a, Result<Option<ReplayId>, StoreError>> {
            Box::pin(async { Ok(None) })
        }
    }
    let mut subscription = pubsub(&fake).subscribe("/data/Nothing", from_start(), Arc::new(Nowhere), &stop);
    let error = next(&mut subscription).await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().starts_with("subscribe failed with NotFound"), "{error}");
    fake.script(Script::Refuse(status(Code::PermissionDenied, "topic.permission")));
    let place = Arc::default();
    let mut subscription = subscribe(&pubsub(&fake), from_start(), &place);
    assert_eq!(next(&mut subscription).await.unwrap().unwrap_err().kind(), ErrorKind::Forbidden);
    assert!(next(&mut subscription).await.is_none());
}

#[tokio::test]
async fn a_used_up_allocation_is_waited_out() {
    let fake = Fake::start().await;
    fake.add(1);
    for (code, error_code) in [
        (Code::ResourceExhausted, "subscription.limit.exceeded"),
        (Code::AlreadyExists, "managed.subscription.already.active"),
    ] {
        fake.script(Script::Refuse(status(code, error_code)));
    }
    let place = Arc::default();
    let mut subscription = subscribe(&pubsub(&fake), from_start(), &place);
    assert_eq!(take(&mut subscription, &fake, &place, 1).await, [1]);
    assert_eq!(fake.openings().len(), 3);
}

/// Who has something better to do than to wait for so long is told why.
#[tokio::test]
async fn a_wait_that_is_too_long_ends_it_with_the_reason() {
    let fake = Fake::start().await;
    fake.add(1);
    fake.script(Script::Refuse(status(Code::ResourceExhausted, "subscription.limit.exceeded")));
    let place = Arc::default();
    let mut busy = config(&fake.url());
    busy.backoff.busy = Duration::from_secs(60);
    let settings = SubscribeSettings { longest_wait: Duration::from_secs(10), ..from_start() };
    let mut subscription = subscribe(&pubsub_of(busy, &Arc::default()), settings.clone(), &place);
    assert_eq!(next(&mut subscription).await.unwrap().unwrap_err().kind(), ErrorKind::LimitExceeded);
    assert!(next(&mut subscription).await.is_none());
    // Failures that pass sooner are waited out as ever.
    fake.script(Script::Refuse(status(Code::Unavailable, "service.unavailable")));
    let mut subscription = subscribe(&pubsub(&fake), settings, &place);
    assert_eq!(take(&mut subscription, &fake, &place, 1).await, [1]);
}

#[tokio::test]
async fn an_event_that_cannot_be_read_is_told_and_passed() {
    let fake = Fake::start().await;
    fake.book().schemas.insert("broken".to_owned(), "{\"type\":".to_owned());
    fake.add(1);
    fake.add_payload(SCHEMA_ID, vec![0xff; 40]);
    fake.add_payload(SCHEMA_ID, Vec::new());
    fake.add_payload("broken", vec![0]);
    fake.add_payload("unknown", vec![0]);
    fake.add(1);
    let place = Arc::default();
    let mut subscription = subscribe(&pubsub(&fake), from_start(), &place);
    assert_eq!(take(&mut subscription, &fake, &place, 1).await, [1]);
    for expected in ["payload", "payload", "schema cannot be used", "not to be had"] {
        let received = event(&mut subscription).await;
        let error = received.event.content.as_ref().unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
        received.finish();
    }
    assert_eq!(take(&mut subscription, &fake, &place, 1).await, [6]);
    assert_eq!(fake.openings().len(), 1);
}

#[tokio::test]
async fn a_schema_that_cannot_be_had_now_loses_no_event() {
    let fake = Fake::start().await;
    fake.add(4);
    fake.book().failures.extend((0..6).map(|_| status(Code::Unavailable, "service.unavailable")));
    let place = Arc::default();
    let mut subscription = subscribe(&pubsub(&fake), from_start(), &place);
    assert_eq!(take(&mut subscription, &fake, &place, 4).await, [1, 2, 3, 4]);
    assert_eq!(fake.openings().len(), 2, "four tries, then another stream");
}
