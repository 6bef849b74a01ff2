//! Orgs that do not answer are looked at outside of the slots, before a task of theirs runs again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use jobs::{Claimed, JobState, Looked, Silence, TaskError, WorkerSettings};

use crate::support::{Bed, ORG, until};
use crate::workers::{Run, TestKind, settings, start};

/// Ends a run without an answer; the org rests for a moment.
async fn silent(bed: &Bed, task: &Claimed) {
    bed.tasks.silent(&task.lease, &Silence::default(), None, "no answer").await.unwrap();
    bed.pass_pause(ORG).await;
}

#[tokio::test]
async fn silent_orgs_are_looked_at_outside_of_the_slots_and_their_tasks_run_when_they_answer() {
    let bed = Bed::new().await;
    let silent: Vec<String> = (0..20).map(|number| format!("silent-{number}")).collect();
    let mut jobs = Vec::new();
    for org in &silent {
        jobs.push((org, bed.create_for(org).await));
    }
    let (answers, ran) = (Arc::<AtomicBool>::default(), Arc::<AtomicUsize>::default());
    let looked = Arc::<AtomicUsize>::default();
    let (org, runs) = (Arc::clone(&answers), Arc::clone(&ran));
    let (looks, answering) = (Arc::clone(&looked), Arc::clone(&answers));
    let kind = TestKind::looking(
        vec![vec![1; 2]],
        move |run| {
            let (org, runs) = (Arc::clone(&org), Arc::clone(&runs));
            Box::pin(async move {
                if run.org.starts_with("silent") && !org.load(Ordering::SeqCst) {
                    runs.fetch_add(1, Ordering::SeqCst);
                    return Err(TaskError::Silent { reason: "no answer".to_owned() });
                }
                run.all_well()
            })
        },
        move |_org| {
            let (looks, org) = (Arc::clone(&looks), Arc::clone(&answering));
            Box::pin(async move {
                looks.fetch_add(1, Ordering::SeqCst);
                if org.load(Ordering::SeqCst) {
                    return Looked::Answers;
                }
                // Longer than the test.
                tokio::time::sleep(Duration::from_secs(2)).await;
                Looked::Silent("still no answer".to_owned())
            })
        },
    );
    let silence = Silence { first: Duration::from_millis(20), most: Duration::from_millis(100), ..Silence::default() };
    let slots = WorkerSettings { silence, concurrency: 1, poll: Duration::from_millis(20), ..settings("worker.1") };
    let worker = start(&bed, slots, &kind).await;
    until("all are looked at, with one slot", async || looked.load(Ordering::SeqCst) >= 20).await;
    let before = ran.load(Ordering::SeqCst);
    let other = bed.create_for("other").await;
    until("another org's job has ended", async || {
        bed.jobs.get("other", &other).await.unwrap().unwrap().state == JobState::Completed
    })
    .await;
    until("they are looked at again", async || looked.load(Ordering::SeqCst) >= 40).await;
    assert_eq!(ran.load(Ordering::SeqCst), before, "no task of theirs runs meanwhile");
    answers.store(true, Ordering::SeqCst);
    for (org, id) in jobs {
        until("the job has ended", async || {
            bed.jobs.get(org, &id).await.unwrap().unwrap().state == JobState::Completed
        })
        .await;
        let view = bed.jobs.get(org, &id).await.unwrap().unwrap();
        assert_eq!((view.done_chunks, view.dead_chunks), (2, 0));
    }
    worker.stop().await;
}

#[tokio::test]
async fn an_org_that_cannot_be_asked_is_tried_by_its_task() {
    let bed = Bed::new().await;
    let id = bed.planned(&[1; 2]).await;
    silent(&bed, &bed.claim(1).await[0]).await;
    let handler = |run: Run| -> futures_util::future::BoxFuture<'static, _> {
        Box::pin(async move {
            run.heard.set();
            run.all_well()
        })
    };
    let kind = TestKind::looking(vec![], handler, |_| Box::pin(async { Looked::Unknown }));
    let worker = start(&bed, settings("worker.1"), &kind).await;
    until("the job has ended", async || bed.view(&id).await.state == JobState::Completed).await;
    worker.stop().await;
}

#[tokio::test]
async fn a_look_ends_at_once_with_its_job_and_its_worker() {
    let bed = Bed::new().await;
    let id = bed.planned(&[1; 2]).await;
    silent(&bed, &bed.claim(1).await[0]).await;
    let looked = Arc::<AtomicUsize>::default();
    let looks = Arc::clone(&looked);
    let kind = TestKind::looking(
        vec![],
        |run| Box::pin(async move { run.all_well() }),
        move |_| {
            looks.fetch_add(1, Ordering::SeqCst);
            Box::pin(std::future::pending())
        },
    );
    let worker = start(&bed, settings("worker.1"), &kind).await;
    until("the org is looked at", async || looked.load(Ordering::SeqCst) >= 2).await;
    bed.jobs.cancel(ORG, &id).await.unwrap();
    until("nothing of the job runs but its last step", async || bed.view(&id).await.running_chunks == 0).await;
    assert_eq!(bed.view(&id).await.dropped_chunks, 2);
    worker.stop().await;
    assert_eq!(bed.tasks.stats().await.unwrap().leased, 0, "it gave back what it had");
}
