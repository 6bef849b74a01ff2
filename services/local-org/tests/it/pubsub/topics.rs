use pubsub_proto::{SchemaRequest, TopicRequest};
use tonic::Code;

use super::{CHANGES, DONE, error_code, fetch, with_token};
use crate::support::TestOrg;

fn topic(name: &str) -> TopicRequest {
    TopicRequest { topic_name: name.to_owned() }
}

#[tokio::test]
async fn a_topic_tells_its_schema_and_what_the_caller_may_do() {
    let org = TestOrg::start().await;
    let mut client = org.client().await;
    let found = client.get_topic(with_token(topic(DONE), &org.token)).await.expect("the topic").into_inner();
    assert_eq!((found.topic_name.as_str(), found.can_publish, found.can_subscribe), (DONE, true, true));
    assert!(found.tenant_guid.starts_with("CORE/prod/00DLO0000000001"), "{}", found.tenant_guid);
    assert_eq!(found.schema_id.len(), 22);
    let found = client.get_topic(with_token(topic(CHANGES), &org.token)).await.expect("the topic").into_inner();
    assert_eq!((found.can_publish, found.can_subscribe), (false, true));

    // Sees the Opportunities that are theirs, so not all changes, and has no permission for the event.
    let user = org.session("sales.user@my-org.local", &[]).await;
    for name in [DONE, CHANGES] {
        let found = client.get_topic(with_token(topic(name), &user.token)).await.expect("the topic").into_inner();
        assert_eq!((found.can_publish, found.can_subscribe), (false, false), "{name}");
        let first = fetch(name, pubsub_proto::ReplayPreset::Latest, 1);
        let error = org.subscribe_as(&user.token, first).await.error().await;
        assert_eq!(error, (Code::PermissionDenied, "subscription.topic.cannot.subscribe".to_owned()));
    }
}

#[tokio::test]
async fn what_does_not_exist_is_not_found() {
    let org = TestOrg::start().await;
    let mut client = org.client().await;
    let unknown = "/data/NothingChangeEvent";
    let status = client.get_topic(with_token(topic(unknown), &org.token)).await.expect_err("no such topic");
    assert_eq!((status.code(), error_code(&status, "GetTopic").as_str()), (Code::NotFound, "topic.not.found"));
    assert!(status.message().contains(&format!("and topic {unknown} not found.")), "{}", status.message());
    let status = client.get_topic(with_token(topic(""), &org.token)).await.expect_err("no name");
    assert_eq!(error_code(&status, "GetTopic"), "topic.validation.empty");
    let request = SchemaRequest { schema_id: "8y1L6AvVNJ-Yx_MkMe8u2Q".to_owned() };
    let status = client.get_schema(with_token(request, &org.token)).await.expect_err("no such schema");
    assert_eq!((status.code(), error_code(&status, "GetSchema").as_str()), (Code::NotFound, "schema.meta.permission"));
    let mut subscriber = org.subscribe(fetch(unknown, pubsub_proto::ReplayPreset::Latest, 1)).await;
    assert_eq!(subscriber.error().await, (Code::NotFound, "topic.not.found".to_owned()));
}

#[tokio::test]
async fn a_call_needs_a_live_session() {
    let org = TestOrg::start().await;
    let mut client = org.client().await;
    for token in ["", "nonsense", "00DLO0000000001!AQwrong"] {
        let status = client.get_topic(with_token(topic(DONE), token)).await.expect_err("no session");
        assert_eq!(
            (status.code(), error_code(&status, "GetTopic").as_str()),
            (Code::Unauthenticated, "service.auth.error")
        );
        let text = "An authentication exception occurred. Provide valid authentication via metadata headers. rpcId: ";
        assert!(status.message().starts_with(text), "{}", status.message());
    }
    let status = client.get_topic(topic(DONE)).await.expect_err("no metadata");
    assert_eq!(status.code(), Code::Unauthenticated);
}
