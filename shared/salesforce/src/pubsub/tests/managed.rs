//! Managed subscriptions.

use super::fake::{id, replay_id};
use super::*;
use crate::ErrorKind;

fn managed(fake: &Fake, max_outstanding: u32) -> (Subscription, Committer) {
    let name = ManagedName::DeveloperName("Notes".to_owned());
    pubsub(fake).subscribe_managed(name, max_outstanding, &CancellationToken::new())
}

#[tokio::test]
async fn events_come_and_commits_are_kept() {
    let fake = Fake::start().await;
    fake.add(250);
    let (mut subscription, committer) = managed(&fake, 100);
    for expected in 1..=250 {
        let received = event(&mut subscription).await;
        assert_eq!(number(&received.event), expected);
        if expected % 50 == 0 {
            soon("a commit", committer.commit(received.event.replay_id.clone())).await.unwrap();
        }
        fake.finishing(1);
        received.finish();
    }
    assert_eq!(fake.book().committed.last(), Some(&replay_id(250)));
    assert!(fake.book().highest <= 100);
    // Another subscriber goes on where this one was.
    drop(subscription);
    fake.add(1);
    let (mut subscription, _committer) = managed(&fake, 100);
    assert_eq!(number(&event(&mut subscription).await.event), 251);
}

#[tokio::test]
async fn one_answer_may_stand_for_several_commits() {
    let fake = Fake::start().await;
    fake.add(3);
    fake.book().coalesce = 3;
    let (mut subscription, committer) = managed(&fake, 100);
    event(&mut subscription).await.finish();
    let commits = futures_util::future::join_all((1..=3).map(|number| committer.commit(id(number))));
    assert!(soon("three commits", commits).await.into_iter().all(|commit| commit.is_ok()));
}

#[tokio::test]
async fn a_refused_commit_is_told() {
    let fake = Fake::start().await;
    fake.add(1);
    let (mut subscription, committer) = managed(&fake, 100);
    event(&mut subscription).await.finish();
    let error = soon("a commit", committer.commit(ReplayId::from_bytes([0]).unwrap())).await.unwrap_err();
    assert!(matches!(&error, PubSubError::Commit(message) if message == "no such event"), "{error}");
}

#[tokio::test]
async fn a_commit_survives_a_lost_connection() {
    let fake = Fake::start().await;
    fake.add(4);
    // The answer to the first does not come before the connection is lost.
    fake.book().coalesce = 2;
    let (mut subscription, committer) = managed(&fake, 100);
    event(&mut subscription).await.finish();
    let waiting = tokio::spawn({
        let committer = committer.clone();
        async move { committer.commit(id(1)).await }
    });
    eventually("the commit to arrive", || fake.book().committed.len() == 1).await;
    fake.book().coalesce = 1;
    fake.cut();
    soon("the commit", waiting).await.unwrap().unwrap();
    assert_eq!(fake.book().committed, [replay_id(1), replay_id(1)]);
}

#[tokio::test]
async fn a_commit_does_not_wait_for_a_stream_that_waits_for_the_caller() {
    let fake = Fake::start().await;
    fake.add(3);
    let (mut subscription, committer) = managed(&fake, 1);
    let received = event(&mut subscription).await;
    fake.end_streams(tonic::Status::cancelled("nothing was asked for"));
    let error = soon("a commit", async {
        loop {
            if let Err(error) = committer.commit(received.event.replay_id.clone()).await {
                return error;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    assert!(matches!(error, PubSubError::Interrupted) && error.kind() == ErrorKind::Transient, "{error}");
    received.finish();
    event(&mut subscription).await.finish();
}

#[tokio::test]
async fn an_unknown_subscription_ends_it() {
    let fake = Fake::start().await;
    let name = ManagedName::Id("18x000000000001".to_owned());
    let (mut subscription, committer) = pubsub(&fake).subscribe_managed(name, 100, &CancellationToken::new());
    let error = next(&mut subscription).await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(next(&mut subscription).await.is_none());
    assert!(matches!(soon("a commit", committer.commit(id(1))).await, Err(PubSubError::Ended)));
}
