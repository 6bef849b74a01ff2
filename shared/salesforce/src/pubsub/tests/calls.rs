//! Calls with one answer.

use std::time::Duration;

use test_support::Lines;
use tonic::Code;
use tracing_subscriber::fmt::format::FmtSpan;

use super::fake::{SCHEMA_ID, status};
use super::*;
use crate::ErrorKind;
use crate::test_server::ORG;

#[tokio::test]
async fn a_call_says_who_calls() {
    let fake = Fake::start().await;
    let topic = pubsub(&fake).topic(TOPIC).await.unwrap();
    let expected =
        Topic { name: TOPIC.to_owned(), schema_id: SCHEMA_ID.to_owned(), can_publish: true, can_subscribe: true };
    assert_eq!(topic, expected);
    let book = fake.book();
    let sent = |name: &str| book.metadata[0].get(name).unwrap().to_str().unwrap().to_owned();
    assert_eq!(sent("accesstoken"), "token-0");
    assert_eq!(sent("instanceurl"), "http://127.0.0.1:8090");
    assert_eq!((sent("tenantid"), sent("tenantid").len()), (ORG.to_owned(), 18));
}

#[tokio::test]
async fn a_schema_is_fetched_once() {
    let fake = Fake::start().await;
    let pubsub = pubsub(&fake);
    let schemas = futures_util::future::join_all((0..20).map(|_| pubsub.schema(SCHEMA_ID))).await;
    assert!(schemas.into_iter().all(|schema| schema.unwrap().field_names().count() == 3));
    pubsub.clone().schema(SCHEMA_ID).await.unwrap();
    assert_eq!(fake.book().schema_calls, [SCHEMA_ID]);
}

#[tokio::test]
async fn reads_are_repeated_and_tokens_renewed() {
    let fake = Fake::start().await;
    fake.book().token = Some("token-1".to_owned());
    fake.book().failures.extend([status(Code::Unavailable, "service.unavailable"), status(Code::Internal, "")]);
    let tokens = Arc::default();
    pubsub_of(config(&fake.url()), &tokens).topic(TOPIC).await.unwrap();
    assert_eq!((tokens.renewals(), fake.book().topic_calls), (1, 1));
}

#[tokio::test]
async fn what_is_refused_is_not_repeated() {
    let fake = Fake::start().await;
    let error = pubsub(&fake).topic("/event/Nothing__e").await.unwrap_err();
    assert_eq!((error.kind(), fake.book().topic_calls), (ErrorKind::NotFound, 1));
    assert_eq!(pubsub(&fake).schema("unknown").await.unwrap_err().kind(), ErrorKind::NotFound);
    fake.book().token = Some("another".to_owned());
    let tokens = Arc::default();
    let error = pubsub_of(config(&fake.url()), &tokens).topic(TOPIC).await.unwrap_err();
    assert_eq!((error.kind(), tokens.renewals()), (ErrorKind::SessionExpired, 1));
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_given_up() {
    let fake = Fake::start().await;
    let pubsub = pubsub_of(
        PubSubConfig {
            call_timeout: Duration::from_millis(50),
            retry: RetryPolicy { max_attempts: 2, base_delay: Duration::from_millis(1), ..RetryPolicy::default() },
            ..config(&fake.url())
        },
        &Arc::default(),
    );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent = format!("http://{}", listener.local_addr().unwrap());
    let deaf =
        pubsub_of(PubSubConfig { endpoint: silent.parse().unwrap(), ..pubsub.inner.config.clone() }, &Arc::default());
    let error = soon("the answer", deaf.topic(TOPIC)).await.unwrap_err();
    assert!(matches!(error, PubSubError::NoAnswer(Call::GetTopic)), "{error}");
}

#[tokio::test]
async fn endpoints_that_are_not_allowed_get_nothing() {
    let hosts = AllowedHosts::salesforce();
    let tokens: Arc<dyn SessionSource> = Arc::new(Tokens::default());
    let error = PubSub::connect(config("http://127.0.0.1:1"), &hosts, Arc::clone(&tokens)).unwrap_err();
    assert!(matches!(error, PubSubError::Endpoint(_)), "{error}");
    assert!(PubSub::connect(config("https://api.pubsub.salesforce.com:7443"), &hosts, tokens).is_ok());
}

#[tokio::test]
async fn no_token_is_logged() {
    let fake = Fake::start().await;
    fake.add(1);
    fake.book().token = Some("token-1".to_owned());
    let lines = Lines::default();
    let subscriber = tracing_subscriber::fmt()
        .with_writer(lines.clone())
        .with_max_level(tracing::Level::TRACE)
        .with_span_events(FmtSpan::FULL)
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let place = Arc::default();
    let pubsub = pubsub(&fake);
    let mut subscription = subscribe(&pubsub, from_start(), &place);
    take(&mut subscription, &fake, &place, 1).await;
    pubsub.topic(TOPIC).await.unwrap();
    let text = format!("{}{pubsub:?}{subscription:?}", lines.text());
    assert!(text.contains("opening a Pub/Sub stream"), "{text}");
    assert!(!text.contains("token-"), "{text}");
}
