use pubsub_proto::{CommitReplayRequest, ErrorCode, ManagedFetchRequest, ManagedFetchResponse};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Status, Streaming};

use super::{CHANGES, DONE, PATIENCE, error_code, text, with_token};
use crate::support::{TestOrg, until};

struct Managed {
    requests: mpsc::Sender<ManagedFetchRequest>,
    responses: Streaming<ManagedFetchResponse>,
}

impl Managed {
    async fn open(org: &TestOrg, first: ManagedFetchRequest) -> Self {
        let (requests, receiver) = mpsc::channel(16);
        requests.send(first).await.expect("the channel is open");
        let request = with_token(ReceiverStream::new(receiver), &org.token);
        let responses = org.client().await.managed_subscribe(request).await.expect("a stream").into_inner();
        Self { requests, responses }
    }

    async fn try_next(&mut self) -> Result<Option<ManagedFetchResponse>, Status> {
        timeout(PATIENCE, self.responses.message()).await.expect("a response in time")
    }

    async fn next(&mut self) -> ManagedFetchResponse {
        self.try_next().await.expect("no error").expect("a response")
    }

    async fn error(&mut self) -> (Code, String) {
        let status = self.try_next().await.expect_err("an error");
        (status.code(), error_code(&status, "ManagedSubscribe"))
    }

    /// Commits, and gives what was wrong with it.
    async fn commit(&mut self, replay_id: &[u8]) -> Option<String> {
        let commit = CommitReplayRequest { commit_request_id: "c".to_owned(), replay_id: replay_id.to_vec() };
        let request = ManagedFetchRequest { commit_replay_id_request: Some(commit), ..ManagedFetchRequest::default() };
        self.requests.send(request).await.expect("the stream is open");
        let answer = self.next().await.commit_response.expect("an answer");
        assert_eq!((answer.commit_request_id.as_str(), answer.replay_id.as_slice()), ("c", replay_id));
        assert!(answer.process_time > 1_700_000_000_000);
        answer.error.map(|error| {
            assert_eq!(error.code(), ErrorCode::Commit);
            error.msg
        })
    }
}

fn named(name: &str, requested: i32) -> ManagedFetchRequest {
    ManagedFetchRequest { developer_name: name.to_owned(), num_requested: requested, ..ManagedFetchRequest::default() }
}

async fn create(org: &TestOrg, name: &str) -> String {
    let metadata = json!({"label": "Done", "topicName": DONE, "defaultReplay": "EARLIEST", "state": "RUN",
                          "errorRecoveryReplay": "EARLIEST"});
    let body = json!({"FullName": name, "Metadata": metadata});
    let reply = org.post("/tooling/sobjects/ManagedEventSubscription", body).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    reply.body["id"].as_str().expect("an id").to_owned()
}

#[tokio::test]
async fn a_stream_goes_on_where_its_client_committed() {
    let org = TestOrg::start().await;
    let (_, schema) = org.schema_of(DONE).await;
    let id = create(&org, "Done_Events").await;
    org.publish_done(&["a", "b", "c"]).await;
    let mut first = Managed::open(&org, named("Done_Events", 2)).await;
    let events = first.next().await.events;
    assert_eq!(events.len(), 2);
    // Meanwhile it has no other client.
    let mut other = Managed::open(&org, named("done_events", 1)).await;
    assert_eq!(other.error().await, (Code::AlreadyExists, "managed.subscription.already.active".to_owned()));

    assert_eq!(first.commit(&events[0].replay_id).await, None);
    assert!(first.commit(&[]).await.expect("an error").contains("no replay ID"));
    assert!(first.commit(&[1; 10]).await.expect("an error").contains("retention"));
    let newest = super::Subscriber::events(
        &mut org.subscribe(super::fetch(DONE, pubsub_proto::ReplayPreset::Earliest, 3)).await,
        3,
    )
    .await
    .remove(2);
    assert!(first.commit(&newest.replay_id).await.expect("an error").contains("delivered"));
    assert_eq!(first.commit(&events[1].replay_id).await, None);
    assert!(first.commit(&events[0].replay_id).await.expect("an error").contains("older"));

    drop(first);
    until(|| async { org.streams().await.is_empty() }).await;
    let first = ManagedFetchRequest { subscription_id: id[..15].to_owned(), num_requested: 5, ..Default::default() };
    let mut second = Managed::open(&org, first).await;
    let response = second.next().await;
    assert_eq!((response.events.len(), response.pending_num_requested), (1, 4));
    assert_eq!(text(&schema, &response.events[0], "Status__c"), "c");
}

#[tokio::test]
async fn a_committed_position_that_is_gone_is_recovered_from() {
    let org = TestOrg::start().await;
    create(&org, "Done_Events").await;
    org.publish_done(&["a"]).await;
    let mut first = Managed::open(&org, named("Done_Events", 1)).await;
    let read = first.next().await.events.remove(0);
    assert_eq!(first.commit(&read.replay_id).await, None);
    drop(first);
    until(|| async { org.streams().await.is_empty() }).await;
    assert_eq!(org.control(Method::DELETE, "/local/orgs/my-org/events", Value::Null).await.status, 204);
    org.publish_done(&["b"]).await;
    let mut second = Managed::open(&org, named("Done_Events", 1)).await;
    assert_eq!(second.next().await.events.len(), 1);
}

#[tokio::test]
async fn wrong_requests_end_the_stream() {
    let org = TestOrg::start().await;
    let id = create(&org, "Done_Events").await;
    let commit = Some(CommitReplayRequest::default());
    for (first, code, error_code) in [
        (named("Nothing", 1), Code::NotFound, "managed.subscription.developer.name.not.found"),
        (named("", 1), Code::InvalidArgument, "managed.subscription.id.or.developer.name.empty"),
        (
            ManagedFetchRequest { subscription_id: id.clone(), ..named("Done_Events", 1) },
            Code::InvalidArgument,
            "managed.subscription.id.or.developer.name.empty",
        ),
        (
            ManagedFetchRequest { subscription_id: "short".to_owned(), ..named("", 1) },
            Code::InvalidArgument,
            "managed.subscription.subscription.id.invalid",
        ),
        (named("Done_Events", -1), Code::InvalidArgument, "managed.subscription.fetch.request.events.invalid"),
        (
            ManagedFetchRequest { commit_replay_id_request: commit, ..named("Done_Events", 1) },
            Code::InvalidArgument,
            "managed.subscription.fetch.request.commit.request.restricted",
        ),
    ] {
        let mut stream = Managed::open(&org, first.clone()).await;
        assert_eq!(stream.error().await, (code, error_code.to_owned()), "{first:?}");
    }
    let path = format!("/tooling/sobjects/ManagedEventSubscription/{id}");
    let stop = json!({"Metadata": {"topicName": DONE, "state": "STOP"}});
    assert_eq!(org.patch(&path, stop).await.status, 204);
    let mut stream = Managed::open(&org, named("Done_Events", 1)).await;
    assert_eq!(stream.error().await.1, "managed.subscription.config.stopped");
    assert_eq!(org.delete(&path).await.status, 204);
    assert_eq!(org.get(&path).await.status, 404);
}

#[tokio::test]
async fn the_tooling_api_finds_subscriptions() {
    let org = TestOrg::start().await;
    let id = create(&org, "Done_Events").await;
    create(&org, "Other").await;
    let query = async |soql: &str| {
        let q = url::form_urlencoded::byte_serialize(soql.as_bytes()).collect::<String>();
        org.get(&format!("/tooling/query/?q={q}")).await
    };
    for filter in ["DeveloperName='Done_Events'".to_owned(), format!("Id='{}'", &id[..15])] {
        let soql = format!("SELECT Id, DeveloperName, Metadata FROM ManagedEventSubscription WHERE {filter} LIMIT 1");
        let found = query(&soql).await.body;
        assert_eq!((&found["size"], &found["records"][0]["Id"]), (&json!(1), &json!(id)), "{found}");
        let metadata = &found["records"][0]["Metadata"];
        assert_eq!((&metadata["topicName"], &metadata["state"]), (&json!(DONE), &json!("RUN")));
        assert_eq!(metadata["defaultReplay"], "EARLIEST");
    }
    assert_eq!(query("SELECT Id FROM ManagedEventSubscription WHERE Id = 'x'").await.body["size"], 0);
    assert_eq!(query("SELECT Nothing FROM ManagedEventSubscription").await.code(), "INVALID_FIELD");
    assert_eq!(query("SELECT Id FROM Nothing").await.code(), "INVALID_TYPE");
    let twice = json!({"FullName": "Other", "Metadata": {"topicName": CHANGES}});
    let reply = org.post("/tooling/sobjects/ManagedEventSubscription", twice).await;
    assert_eq!(reply.code(), "DUPLICATE_DEVELOPER_NAME");
    let unknown = json!({"FullName": "Third", "Metadata": {"topicName": "/event/Nothing__e"}});
    let reply = org.post("/tooling/sobjects/ManagedEventSubscription", unknown).await;
    assert_eq!(reply.code(), "FIELD_INTEGRITY_EXCEPTION");
}
