use std::time::Duration;

use jobs::{JobState, Task};
use redis::AsyncCommands as _;
use secrecy::{ExposeSecret as _, SecretString};

use crate::support::{Bed, ORG};

#[tokio::test]
async fn a_held_job_stands_still_until_it_is_resumed_with_a_session() {
    let bed = Bed::new().await;
    let id = bed.planned(&[1, 1]).await;
    let chunks = bed.claim(2).await;
    bed.tasks.hold(&chunks[0].lease, "INVALID_SESSION_ID").await.unwrap();
    bed.tasks.hold(&chunks[1].lease, "INVALID_SESSION_ID").await.unwrap();
    let view = bed.view(&id).await;
    assert_eq!((view.state, view.reason.as_deref()), (JobState::NeedsAuthorization, Some("INVALID_SESSION_ID")));
    assert!(bed.claim(10).await.is_empty());

    let session = SecretString::from("fresh");
    let view = bed.jobs.resume(ORG, &id, Some(session)).await.unwrap().unwrap();
    assert_eq!((view.state, view.reason), (JobState::Running, None));
    let (chunk, job) = bed.claim_with_job().await;
    assert_eq!((chunk.attempts, chunk.delivery), (0, 2));
    assert_eq!(job.session.unwrap().expose_secret(), "fresh");
}

#[tokio::test]
async fn resume_changes_nothing_else() {
    let bed = Bed::new().await;
    let id = bed.create().await;
    let session = || Some(SecretString::from("not needed"));
    assert_eq!(bed.jobs.resume(ORG, &id, session()).await.unwrap().unwrap().state, JobState::Queued);
    assert!(bed.claim_with_job().await.1.session.is_none());
}

#[tokio::test]
async fn a_stale_worker_cannot_hold_a_job() {
    let bed = Bed::new().await;
    let id = bed.planned(&[1]).await;
    let stale = bed.claim(1).await.remove(0);
    bed.expire(&stale.lease).await;
    bed.tasks.hold(&stale.lease, "INVALID_SESSION_ID").await.unwrap();
    assert_eq!(bed.view(&id).await.state, JobState::Running);
    assert_eq!(bed.claim(1).await.len(), 1);
}

#[tokio::test]
async fn a_task_that_had_the_session_before_the_new_one_does_not_hold_the_job_again() {
    let bed = Bed::new().await;
    let id = bed.planned(&[1, 1]).await;
    let chunks = bed.claim(2).await;
    bed.tasks.hold(&chunks[0].lease, "INVALID_SESSION_ID").await.unwrap();
    bed.jobs.resume(ORG, &id, Some(SecretString::from("fresh"))).await.unwrap().unwrap();
    bed.tasks.hold(&chunks[1].lease, "INVALID_SESSION_ID").await.unwrap();
    assert_eq!(bed.view(&id).await.state, JobState::Running);
    let again = bed.claim(2).await;
    assert_eq!(again.len(), 2, "both run again, with the new session");
    bed.tasks.hold(&again[0].lease, "INVALID_SESSION_ID").await.unwrap();
    assert_eq!(bed.view(&id).await.state, JobState::NeedsAuthorization, "the new one may expire, too");
}

#[tokio::test]
async fn a_job_held_in_its_last_step_goes_on_there() {
    let bed = Bed::new().await;
    let id = bed.planned(&[]).await;
    let finish = bed.claim_task(Task::Finish).await;
    bed.tasks.hold(&finish, "INVALID_SESSION_ID").await.unwrap();
    assert_eq!(bed.jobs.resume(ORG, &id, None).await.unwrap().unwrap().state, JobState::Finishing);
    bed.finish().await;
    assert_eq!(bed.view(&id).await.state, JobState::Completed);
}

#[tokio::test]
async fn a_job_nobody_authorizes_is_cancelled_in_the_end() {
    let bed = Bed::new().await;
    let id = bed.planned(&[1]).await;
    let chunk = bed.claim(1).await.remove(0);
    bed.tasks.hold(&chunk.lease, "INVALID_SESSION_ID").await.unwrap();
    let mut redis = bed.redis.clone();
    let _: () = redis.zadd(format!("{}holds", bed.prefix), id.to_string(), 1).await.unwrap();
    bed.reclaim().await;
    bed.finish().await;
    let view = bed.view(&id).await;
    assert_eq!((view.state, view.reason.as_deref()), (JobState::Cancelled, Some("nobody authorized it in time")));
}

#[tokio::test]
async fn a_paused_org_rests_and_others_go_on() {
    let bed = Bed::new().await;
    let id = bed.planned(&[1]).await;
    let chunk = bed.claim(1).await.remove(0);
    bed.tasks.pause_org(&chunk.lease, Duration::from_secs(600), "REQUEST_LIMIT_EXCEEDED").await.unwrap();
    // A shorter pause does not shorten it.
    bed.tasks.pause_org(&chunk.lease, Duration::from_secs(1), "REQUEST_LIMIT_EXCEEDED").await.unwrap();
    let view = bed.view(&id).await;
    assert_eq!((view.state, view.reason.as_deref()), (JobState::Running, Some("REQUEST_LIMIT_EXCEEDED")));
    let left = view.paused_until.unwrap() - chrono::Utc::now();
    assert!(left.num_seconds() > 500, "{left}");
    let other = bed.create_for("other").await;
    let claimed = bed.claim(10).await;
    assert_eq!(claimed.iter().map(|task| task.lease.job()).collect::<Vec<_>>(), [other]);
    bed.pass_pause(ORG).await;
    let again = bed.claim(10).await.remove(0);
    assert_eq!((again.lease.job(), again.attempts), (id, 0));
    assert_eq!(bed.view(&id).await.paused_until, None);
}
