use shared::jobs::{Task, WorkerId};

use crate::support::{Bed, KIND};

#[tokio::test]
async fn an_org_stays_within_its_limit_over_all_workers_and_jobs() {
    let bed = Bed::with(|config| config.org_limit = 3).await;
    bed.planned(&[1; 10]).await;
    bed.create().await;
    let workers = [WorkerId::new("worker.1"), WorkerId::new("worker.2")];
    let first = bed.claim_as(&workers[0], 2).await;
    let second = bed.claim_as(&workers[1], 10).await;
    assert_eq!((first.len(), second.len()), (2, 1));
    let other = bed.create_for("other").await;
    let others: Vec<_> = bed.claim_as(&workers[1], 10).await.iter().map(|task| task.lease.job()).collect();
    assert_eq!(others, [other]);
    bed.tasks.release(std::slice::from_ref(&first[0].lease), None).await.unwrap();
    assert_eq!(bed.claim_as(&workers[1], 10).await.len(), 1);
}

#[tokio::test]
async fn jobs_take_turns() {
    let bed = Bed::with(|config| config.org_limit = 100).await;
    let large = bed.planned(&[1; 20]).await;
    let small = bed.create().await;
    let plan = bed.claim(2).await;
    let lease = plan.iter().find(|task| task.lease.task() == Task::Plan).unwrap().lease.clone();
    bed.push(&lease, &[1; 5], true).await;
    let jobs: Vec<_> = bed.claim(8).await.iter().map(|task| task.lease.job()).collect();
    let of = |id| jobs.iter().filter(|job| **job == id).count();
    assert_eq!((of(large), of(small)), (4, 4));
}

#[tokio::test]
async fn a_worker_gets_tasks_of_kinds_it_knows_only() {
    let bed = Bed::new().await;
    bed.create().await;
    assert!(bed.tasks.claim(&bed.worker, 10, &["newer"]).await.unwrap().tasks.is_empty());
    assert!(bed.tasks.claim(&bed.worker, 10, &[]).await.unwrap().tasks.is_empty());
    assert_eq!(bed.tasks.claim(&bed.worker, 10, &["newer", KIND]).await.unwrap().tasks.len(), 1);
}

#[tokio::test]
async fn a_claim_looks_at_a_bounded_number_of_jobs_and_says_so() {
    let bed = Bed::with(|config| config.org_limit = 1).await;
    for _ in 0..300 {
        bed.create().await;
    }
    let free = bed.create_for("other").await;
    let first = bed.tasks.claim(&bed.worker, 10, &[KIND]).await.unwrap();
    assert_eq!((first.tasks.len(), first.more), (1, true));
    let second = bed.tasks.claim(&bed.worker, 10, &[KIND]).await.unwrap();
    assert_eq!(second.tasks.iter().map(|task| task.lease.job()).collect::<Vec<_>>(), [free]);
}

#[tokio::test]
async fn stats_count_everything_once() {
    let bed = Bed::new().await;
    bed.planned(&[1; 4]).await;
    let chunks = bed.claim(2).await;
    bed.tasks.fail(&chunks[0].lease, Some(std::time::Duration::from_secs(60)), "busy").await.unwrap();
    bed.create().await;
    let stats = bed.tasks.stats().await.unwrap();
    assert_eq!((stats.open_jobs, stats.ready, stats.leased, stats.delayed), (2, 3, 1, 1));
}
