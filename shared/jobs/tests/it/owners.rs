//! Who made a job, and what was done to it by whom.

use jobs::{JobActKind, NewJob, OPERATOR, Task};
use redis::AsyncCommands as _;
use secrecy::SecretString;

use crate::support::{Bed, ORG, USER, new_job};

const OTHER: &str = "005000000000002AAA";

async fn acts(bed: &Bed, id: &jobs::JobId) -> Vec<(JobActKind, String)> {
    bed.view(id).await.history.into_iter().map(|act| (act.act, act.actor)).collect()
}

#[tokio::test]
async fn what_changes_a_job_is_recorded_with_who_did_it() {
    let bed = Bed::new().await;
    let id = bed.planned(&[1]).await;
    assert_eq!(bed.view(&id).await.created_by.as_deref(), Some(USER));
    // Neither held nor ended, so nothing is done.
    bed.jobs.by(OTHER).resume(ORG, &id, None).await.unwrap().unwrap();
    bed.jobs.by(OTHER).retry(ORG, &id, None).await.unwrap().unwrap();
    assert_eq!(acts(&bed, &id).await, []);
    let chunk = bed.claim(1).await.remove(0);
    bed.tasks.hold(&chunk.lease, "INVALID_SESSION_ID").await.unwrap();
    bed.jobs.by(OTHER).resume(ORG, &id, Some(SecretString::from("fresh"))).await.unwrap().unwrap();
    let chunk = bed.claim(1).await.remove(0);
    bed.tasks.fail(&chunk.lease, None, "no use").await.unwrap();
    bed.finish().await;
    let mut redis = bed.redis.clone();
    let ttl: i64 = redis.pttl(bed.key("acts", id)).await.unwrap();
    assert!(ttl > 0, "it goes with the job");
    bed.jobs.by(USER).retry(ORG, &id, None).await.unwrap().unwrap();
    bed.jobs.cancel(ORG, &id).await.unwrap().unwrap();
    bed.jobs.cancel(ORG, &id).await.unwrap().unwrap();
    let expected = [
        (JobActKind::Resumed, OTHER.to_owned()),
        (JobActKind::Retried, USER.to_owned()),
        (JobActKind::Cancelled, OPERATOR.to_owned()),
    ];
    assert_eq!(acts(&bed, &id).await, expected);
    assert!(bed.jobs.by("a b").cancel(ORG, &id).await.is_err());
}

#[tokio::test]
async fn a_job_that_is_cancelled_while_it_is_held_at_its_end_keeps_its_history_for_a_time() {
    let bed = Bed::new().await;
    let id = bed.planned(&[]).await;
    let finish = bed.claim_task(Task::Finish).await;
    bed.tasks.hold(&finish, "INVALID_SESSION_ID").await.unwrap();
    bed.jobs.by(OTHER).cancel(ORG, &id).await.unwrap().unwrap();
    assert_eq!(acts(&bed, &id).await, [(JobActKind::Cancelled, OTHER.to_owned())]);
    let mut redis = bed.redis.clone();
    let ttl: i64 = redis.pttl(bed.key("acts", id)).await.unwrap();
    assert!(ttl > 0);
}

#[tokio::test]
async fn a_history_is_bounded() {
    let bed = Bed::new().await;
    let id = bed.planned(&[1]).await;
    for _ in 0..110 {
        let chunk = bed.claim(1).await.remove(0);
        bed.tasks.hold(&chunk.lease, "INVALID_SESSION_ID").await.unwrap();
        bed.jobs.by(OTHER).resume(ORG, &id, None).await.unwrap().unwrap();
    }
    assert_eq!(acts(&bed, &id).await.len(), 100);
}

#[tokio::test]
async fn a_users_jobs_are_listed_without_those_of_others() {
    let bed = Bed::new().await;
    let mut own = Vec::new();
    for _ in 0..3 {
        own.push(bed.create().await);
        bed.jobs.create(NewJob { user: OTHER.to_owned(), ..new_job(ORG) }).await.unwrap();
        bed.jobs.create(new_job("00D000000000002AAA")).await.unwrap();
    }
    own.reverse();
    let list = async |before| {
        let jobs = bed.jobs.list_of(ORG, USER, 2, before).await.unwrap();
        jobs.into_iter().map(|job| job.id).collect::<Vec<_>>()
    };
    assert_eq!(list(None).await, own[..2]);
    assert_eq!(list(Some(&own[1])).await, own[2..]);
    assert_eq!(bed.jobs.list_of(ORG, "005000000000003AAA", 10, None).await.unwrap(), []);
    assert!(bed.jobs.list_of(ORG, "", 10, None).await.is_err());
}
