//! What goes on beside the tasks of a job: turns, which one caller of all workers gets.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use jobs::{JobState, JobWatch};

use crate::support::{Bed, until};
use crate::workers::{TestKind, settings, start};

const LONG: Duration = Duration::from_secs(600);

/// The watches of two jobs that have ended, two chunks each, run by two workers.
async fn watches(bed: &Bed) -> Vec<JobWatch> {
    let seen: Arc<Mutex<Vec<JobWatch>>> = Arc::default();
    let kept = Arc::clone(&seen);
    let kind = TestKind::with(vec![vec![1, 1]], move |run| {
        kept.lock().unwrap().push(run.watch.clone());
        Box::pin(async move { run.all_well() })
    });
    let workers = [start(bed, settings("worker.1"), &kind).await, start(bed, settings("worker.2"), &kind).await];
    for _ in 0..2 {
        let id = bed.create().await;
        until("the job ends", async || bed.view(&id).await.state == JobState::Completed).await;
    }
    for worker in workers {
        worker.stop().await;
    }
    let seen = seen.lock().unwrap();
    seen.clone()
}

#[tokio::test]
async fn one_of_all_callers_gets_the_turn_of_a_job() {
    let bed = Bed::new().await;
    let watches = watches(&bed).await;
    let mut turns = Vec::new();
    for watch in &watches {
        turns.push(watch.turn("progress", LONG).await.unwrap());
    }
    assert_eq!(turns, [true, false, true, false], "one for each job");
    assert!(watches[0].turn("another", LONG).await.unwrap());
}

#[tokio::test]
async fn turns_end_and_a_rest_keeps_them_from_all() {
    let bed = Bed::new().await;
    let watches = watches(&bed).await;
    let watch = &watches[0];
    assert!(watch.turn("progress", Duration::from_millis(200)).await.unwrap());
    until("the turn has ended", async || watch.turn("progress", LONG).await.unwrap()).await;
    assert!(watch.is_taken("progress").await.unwrap());
    watch.rest("progress", LONG).await.unwrap();
    assert!(!watch.is_taken("progress").await.unwrap(), "resting, nobody has it");
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!watch.turn("progress", LONG).await.unwrap());
}

#[tokio::test]
async fn a_watch_shows_the_job_after_its_task_has_ended() {
    let bed = Bed::new().await;
    let watches = watches(&bed).await;
    let view = watches[0].view().await.unwrap().unwrap();
    assert_eq!((view.id, view.state, view.processed), (watches[0].id(), JobState::Completed, 2));
}
