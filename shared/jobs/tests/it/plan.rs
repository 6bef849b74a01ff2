use jobs::{EventKind, JobState, Pushed, Task};

use crate::support::{Bed, ORG, page};

#[tokio::test]
async fn chunks_run_while_planning_goes_on() {
    let bed = Bed::new().await;
    let id = bed.create().await;
    let (plan, job) = bed.claim_with_job().await;
    assert_eq!((plan.lease.task(), plan.delivery, job.cursor), (Task::Plan, 1, None));
    bed.push(&plan.lease, &[5, 7], false).await;
    let chunks = bed.claim(2).await;
    assert_eq!(chunks.iter().map(|chunk| chunk.lease.task()).collect::<Vec<_>>(), [Task::Chunk(0), Task::Chunk(1)]);
    assert_eq!((chunks[1].payload.as_str(), chunks[1].records), ("7 records\nof a chunk", 7));
    let (plan, job) = bed.claim_with_job().await;
    assert_eq!((plan.lease.task(), plan.delivery, job.cursor.as_deref()), (Task::Plan, 1, Some("006")));
    let view = bed.view(&id).await;
    assert_eq!((view.state, view.total_chunks, view.planned_records), (JobState::Running, 2, 12));
    assert_eq!((view.running_chunks, view.planned), (2, false));
}

#[tokio::test]
async fn a_planner_that_lost_its_lease_stores_nothing() {
    let bed = Bed::new().await;
    let id = bed.create().await;
    let stale = bed.claim_task(Task::Plan).await;
    bed.expire(&stale).await;
    let (plan, _) = bed.claim_with_job().await;
    assert_eq!(plan.delivery, 2);
    assert_eq!(bed.tasks.plan_push(&stale, &page(&[1, 1], true)).await.unwrap(), Pushed::Lost);
    bed.push(&plan.lease, &[1], false).await;
    assert_eq!(bed.tasks.plan_push(&stale, &page(&[1, 1], true)).await.unwrap(), Pushed::Lost);
    assert_eq!(bed.tasks.plan_push(&plan.lease, &page(&[1, 1], true)).await.unwrap(), Pushed::Lost);
    assert_eq!(bed.view(&id).await.total_chunks, 1);
}

#[tokio::test]
async fn planning_rests_at_the_high_water_mark_and_goes_on_below_half_of_it() {
    let bed = Bed::with(|config| config.max_outstanding_chunks = 4).await;
    let id = bed.create().await;
    let plan = bed.claim_task(Task::Plan).await;
    bed.push(&plan, &[1, 1, 1, 1], false).await;
    let chunks = bed.claim(10).await;
    assert_eq!(chunks.len(), 4, "no planning task");
    bed.ack(&chunks[0]).await;
    bed.ack(&chunks[1]).await;
    assert!(bed.claim(10).await.is_empty(), "two chunks are left, half of the mark");
    bed.ack(&chunks[2]).await;
    let plan = bed.claim_task(Task::Plan).await;
    bed.push(&plan, &[], true).await;
    bed.ack(&chunks[3]).await;
    bed.finish().await;
    assert_eq!(bed.view(&id).await.state, JobState::Completed);
}

#[tokio::test]
async fn a_job_without_chunks_completes() {
    let bed = Bed::new().await;
    let id = bed.planned(&[]).await;
    assert_eq!(bed.view(&id).await.state, JobState::Finishing);
    bed.finish().await;
    let view = bed.view(&id).await;
    assert_eq!((view.state, view.planned, view.total_chunks), (JobState::Completed, true, 0));
    assert!(view.finished_at.is_some());
}

#[tokio::test]
async fn a_plan_that_fails_for_good_fails_the_job_after_its_chunks() {
    let bed = Bed::new().await;
    let id = bed.create().await;
    let plan = bed.claim_task(Task::Plan).await;
    bed.push(&plan, &[3], false).await;
    let tasks = bed.claim(2).await;
    bed.tasks.fail(&tasks[1].lease, None, "MALFORMED_QUERY").await.unwrap();
    let view = bed.view(&id).await;
    assert_eq!((view.state, view.reason.as_deref()), (JobState::Running, Some("MALFORMED_QUERY")));
    bed.ack(&tasks[0]).await;
    bed.finish().await;
    let view = bed.view(&id).await;
    assert_eq!((view.state, view.succeeded, view.planned), (JobState::Failed, 3, false));
    assert_eq!(bed.event_kinds(&id).await.last(), Some(&EventKind::Failed));
    let letters = bed.jobs.dead_letters(ORG, &id).await.unwrap().unwrap();
    assert_eq!((letters.len(), letters[0].chunk, letters[0].reason.as_str()), (1, None, "MALFORMED_QUERY"));
}
