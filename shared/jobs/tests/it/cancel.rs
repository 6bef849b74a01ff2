use std::time::Duration;

use jobs::{EventKind, Failed, JobState, Pushed, Task, Trip};
use redis::AsyncCommands as _;

use crate::support::{Bed, ORG, page};

#[tokio::test]
async fn a_queued_job_is_cancelled_at_once() {
    let bed = Bed::new().await;
    let id = bed.create().await;
    let view = bed.jobs.cancel(ORG, &id).await.unwrap().unwrap();
    assert_eq!(view.state, JobState::Finishing);
    bed.finish().await;
    assert_eq!(bed.view(&id).await.state, JobState::Cancelled);
    assert_eq!(bed.event_kinds(&id).await.last(), Some(&EventKind::Cancelled));
}

#[tokio::test]
async fn what_has_not_started_is_dropped_and_what_runs_is_told() {
    let bed = Bed::new().await;
    let id = bed.planned(&[1; 6]).await;
    let tasks = bed.claim(4).await;
    bed.tasks.fail(&tasks[0].lease, Some(Duration::from_secs(60)), "busy").await.unwrap();
    let view = bed.jobs.cancel(ORG, &id).await.unwrap().unwrap();
    assert_eq!((view.state, view.dropped_chunks, view.running_chunks), (JobState::Cancelling, 3, 3));
    assert!(bed.claim(10).await.is_empty());

    let leases: Vec<_> = tasks[1..].iter().map(|task| task.lease.clone()).collect();
    let trips = bed.tasks.extend(&leases).await.unwrap();
    assert_eq!(trips.iter().map(|(_, trip)| *trip).collect::<Vec<_>>(), [Trip::Cancelled; 3]);
    // One comes to its end, one is given back, one fails: none runs again.
    bed.ack(&tasks[1]).await;
    bed.tasks.release(&leases[1..2], None).await.unwrap();
    let failed = bed.tasks.fail(&leases[2], Some(Duration::from_secs(60)), "stopped").await.unwrap();
    assert_eq!(failed, Failed::Dropped);
    bed.finish().await;
    let view = bed.view(&id).await;
    assert_eq!(view.state, JobState::Cancelled);
    assert_eq!((view.total_chunks, view.done_chunks, view.dropped_chunks, view.processed), (6, 1, 5, 1));
    assert_eq!(bed.final_events(&id).await, 1);
}

#[tokio::test]
async fn a_lost_task_of_a_cancelled_job_is_dropped() {
    let bed = Bed::new().await;
    let id = bed.planned(&[1]).await;
    let chunk = bed.claim(1).await.remove(0);
    bed.jobs.cancel(ORG, &id).await.unwrap();
    bed.expire(&chunk.lease).await;
    bed.finish().await;
    assert_eq!(bed.view(&id).await.dropped_chunks, 1);
}

#[tokio::test]
async fn a_planner_of_a_cancelled_job_stores_nothing() {
    let bed = Bed::new().await;
    let id = bed.create().await;
    let plan = bed.claim_task(Task::Plan).await;
    bed.jobs.cancel(ORG, &id).await.unwrap();
    assert_eq!(bed.view(&id).await.state, JobState::Cancelling);
    assert_eq!(bed.tasks.plan_push(&plan, &page(&[1], false)).await.unwrap(), Pushed::Dropped);
    bed.finish().await;
    let view = bed.view(&id).await;
    assert_eq!((view.state, view.total_chunks), (JobState::Cancelled, 0));
}

#[tokio::test]
async fn a_job_with_parked_planning_is_cancelled() {
    let bed = Bed::with(|config| config.max_outstanding_chunks = 1).await;
    let id = bed.create().await;
    let plan = bed.claim_task(Task::Plan).await;
    bed.push(&plan, &[1], false).await;
    bed.jobs.cancel(ORG, &id).await.unwrap();
    bed.finish().await;
    assert_eq!(bed.view(&id).await.dropped_chunks, 1);
}

#[tokio::test]
async fn a_job_that_finishes_or_has_ended_stays_as_it_is() {
    let bed = Bed::new().await;
    let id = bed.planned(&[]).await;
    let finish = bed.claim_task(Task::Finish).await;
    assert_eq!(bed.jobs.cancel(ORG, &id).await.unwrap().unwrap().state, JobState::Finishing);
    assert!(bed.tasks.extend(std::slice::from_ref(&finish)).await.unwrap().is_empty());
    assert!(bed.tasks.finish(&finish).await.unwrap());
    assert_eq!(bed.jobs.cancel(ORG, &id).await.unwrap().unwrap().state, JobState::Completed);
    assert_eq!(bed.final_events(&id).await, 1);
}

#[tokio::test]
async fn a_held_job_is_cancelled() {
    let bed = Bed::new().await;
    let id = bed.planned(&[1, 1]).await;
    let chunk = bed.claim(1).await.remove(0);
    bed.tasks.hold(&chunk.lease, "session expired").await.unwrap();
    assert_eq!(bed.jobs.cancel(ORG, &id).await.unwrap().unwrap().state, JobState::Finishing);
    bed.finish().await;
    assert_eq!(bed.view(&id).await.dropped_chunks, 2);
}

#[tokio::test]
async fn a_job_held_in_its_last_step_ends_without_it() {
    let bed = Bed::new().await;
    let id = bed.planned(&[]).await;
    let finish = bed.claim_task(Task::Finish).await;
    bed.tasks.hold(&finish, "session expired").await.unwrap();
    assert_eq!(bed.view(&id).await.state, JobState::NeedsAuthorization);
    assert_eq!(bed.jobs.cancel(ORG, &id).await.unwrap().unwrap().state, JobState::Cancelled);
    assert!(bed.claim(1).await.is_empty());
    assert_eq!(bed.final_events(&id).await, 1);
}

#[tokio::test]
async fn a_cancel_that_drops_nothing_is_told_as_one() {
    let bed = Bed::new().await;
    let id = bed.planned(&[1, 1]).await;
    let chunks = bed.claim(2).await;
    bed.jobs.cancel(ORG, &id).await.unwrap();
    for chunk in &chunks {
        bed.ack(chunk).await;
    }
    let view = bed.view(&id).await;
    assert_eq!((view.state, view.dropped_chunks), (JobState::Finishing, 0));
    assert_eq!(view.outcome, Some(JobState::Cancelled), "what the last step has to tell");
    bed.finish().await;
    assert_eq!(bed.view(&id).await.state, JobState::Cancelled);
}

#[tokio::test]
async fn the_last_step_is_told_how_the_job_ends() {
    let bed = Bed::new().await;
    let completed = bed.planned(&[]).await;
    assert_eq!(bed.view(&completed).await.outcome, Some(JobState::Completed));
    bed.finish().await;
    let failed = bed.create().await;
    assert_eq!(bed.view(&failed).await.outcome, None);
    bed.tasks.fail(&bed.claim_task(Task::Plan).await, None, "MALFORMED_QUERY").await.unwrap();
    assert_eq!(bed.view(&failed).await.outcome, Some(JobState::Failed));
    bed.finish().await;
    // A job that nobody authorizes in time has a reason, as one that failed.
    let held = bed.create().await;
    let plan = bed.claim_task(Task::Plan).await;
    bed.tasks.hold(&plan, "INVALID_SESSION_ID").await.unwrap();
    let mut redis = bed.redis.clone();
    let _: () = redis.zadd(format!("{}holds", bed.prefix), held.to_string(), 1).await.unwrap();
    bed.reclaim().await;
    let view = bed.view(&held).await;
    assert_eq!(view.outcome, Some(JobState::Cancelled));
    assert_eq!(view.reason.as_deref(), Some("nobody authorized it in time"));
}
