use pubsub_proto::ReplayPreset;

use super::{DONE, batch, done, fetch, with_token};
use crate::support::TestOrg;

/// Events of one request.
const BATCH: usize = 200;
const BATCHES: usize = 50;

#[tokio::test]
async fn a_subscriber_reads_while_events_are_published() {
    let org = TestOrg::start().await;
    let (schema_id, schema) = org.schema_of(DONE).await;
    let mut subscriber = org.subscribe_latest(DONE, 100).await;
    let publish = async {
        let mut client = org.client().await;
        let payloads = vec![("", done(&schema, "a")); BATCH];
        for _ in 0..BATCHES {
            let request = with_token(batch(DONE, &schema_id, &payloads), &org.token);
            let published = client.publish(request).await.expect("published").into_inner();
            assert!(published.results.iter().all(|result| result.error.is_none()));
        }
    };
    let read = async {
        let mut ids = Vec::new();
        while ids.len() < BATCH * BATCHES {
            let response = subscriber.next().await;
            ids.extend(response.events.into_iter().map(|event| event.replay_id));
            if response.pending_num_requested < 50 {
                subscriber.more(50).await;
            }
        }
        ids
    };
    let ((), ids) = tokio::join!(publish, read);
    assert_eq!(ids.len(), BATCH * BATCHES);
    assert!(ids.is_sorted_by(|a, b| a < b), "each once, in order");
}

#[tokio::test]
async fn responses_stay_below_the_size_that_clients_take() {
    let org = TestOrg::start().await;
    let (_, schema) = org.schema_of(super::CHANGES).await;
    let description = "x".repeat(30_000);
    for number in 0..150 {
        let fields = serde_json::json!({
            "Name": format!("Deal {number}"), "StageName": "Prospecting", "CloseDate": "2030-06-27",
            "Description": description,
        });
        org.create("Opportunity", fields).await;
    }
    let mut subscriber = org.subscribe(fetch(super::CHANGES, ReplayPreset::Earliest, 100)).await;
    subscriber.more(100).await;
    let mut seen = Vec::new();
    let mut responses = 0;
    while seen.len() < 150 {
        let response = subscriber.next().await;
        assert!(
            response.events.iter().map(|event| event.event.as_ref().map_or(0, |e| e.payload.len())).sum::<usize>()
                <= 3_000_000
        );
        seen.extend(response.events.iter().map(|event| super::text(&schema, event, "Name")));
        responses += 1;
    }
    assert_eq!(seen, (0..150).map(|number| format!("Deal {number}")).collect::<Vec<_>>());
    assert!(responses > 1);
}
