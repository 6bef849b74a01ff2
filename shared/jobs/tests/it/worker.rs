//! The worker runtime. Workers run in this process, each with a connection of its own.

use std::sync::Arc;
use std::time::Duration;

use jobs::{JobState, JobsError, Task, TaskError, WorkerSettings, Workers};
use redis::AsyncCommands as _;
use secrecy::SecretString;
use tokio_util::sync::CancellationToken;

use crate::server::RedisServer;
use crate::support::{Bed, ORG, until};
use crate::workers::{Running, TestKind, settings, start};

/// A bed whose leases run out soon.
async fn bed(lease: Duration) -> Bed {
    Bed::with(|config| config.lease = lease).await
}

async fn reaches(bed: &Bed, id: &jobs::JobId, state: JobState) {
    until(&format!("the job is {state:?}"), async || bed.view(id).await.state == state).await;
}

#[tokio::test]
async fn a_job_posted_while_no_worker_runs_waits_for_one() {
    let bed = bed(Duration::from_secs(20)).await;
    let id = bed.create().await;
    let kind = TestKind::new(vec![vec![3, 4], vec![], vec![5]]);
    let worker = start(&bed, settings("worker.7"), &kind).await;
    reaches(&bed, &id, JobState::Completed).await;
    let view = bed.view(&id).await;
    assert_eq!((view.total_chunks, view.done_chunks, view.planned_records, view.processed), (3, 3, 12, 12));
    assert_eq!((view.counters["quotes"], view.per_worker["worker.7"]), (12, 12));
    assert_eq!((kind.runs().len(), kind.finishes()), (3, 1));
    assert_eq!(bed.final_events(&id).await, 1);
    worker.stop().await;
}

#[tokio::test]
async fn it_is_known_whether_a_worker_runs() {
    let bed = bed(Duration::from_secs(2)).await;
    assert_eq!(bed.jobs.workers().await.unwrap(), Workers::Unknown);
    let worker = start(&bed, settings("worker.1"), &TestKind::new(vec![])).await;
    until("the worker is heard of", async || bed.jobs.workers().await.unwrap().are_alive()).await;
    worker.stop().await;
    let missed = |workers| matches!(workers, Workers::Silent(silence) if silence > Duration::from_secs(1));
    until("it is missed", async || missed(bed.jobs.workers().await.unwrap())).await;
}

#[tokio::test]
async fn a_waiting_worker_is_woken() {
    let bed = bed(Duration::from_secs(20)).await;
    let kind = TestKind::new(vec![vec![1]]);
    // So long a poll that only a wake-up explains the end.
    let slow_poll = WorkerSettings { poll: Duration::from_secs(3600), ..settings("worker.1") };
    let worker = start(&bed, slow_poll, &kind).await;
    until("the worker listens", async || {
        let mut redis = bed.redis.clone();
        let channel = format!("{}wake", bed.prefix);
        let (_, count): (String, u64) =
            redis::cmd("PUBSUB").arg("NUMSUB").arg(channel).query_async(&mut redis).await.unwrap();
        count == 1
    })
    .await;
    let id = bed.create().await;
    reaches(&bed, &id, JobState::Completed).await;
    worker.stop().await;
}

#[tokio::test]
async fn tasks_of_a_lost_worker_are_taken_over() {
    let bed = bed(Duration::from_secs(1)).await;
    let id = bed.planned(&[5]).await;
    let stuck = TestKind::with(vec![], |_| Box::pin(std::future::pending()));
    let lost = start(&bed, settings("worker.1"), &stuck).await;
    until("the chunk runs", async || bed.view(&id).await.running_chunks == 1).await;
    lost.abort().await;
    let kind = TestKind::new(vec![]);
    let worker = start(&bed, settings("worker.2"), &kind).await;
    reaches(&bed, &id, JobState::Completed).await;
    assert_eq!(kind.runs(), [(0, 2)], "the second delivery of chunk 0");
    assert_eq!(bed.view(&id).await.per_worker["worker.2"], 5);
    worker.stop().await;
}

#[tokio::test]
async fn a_slow_living_worker_keeps_its_chunk() {
    let bed = bed(Duration::from_secs(2)).await;
    let id = bed.planned(&[5]).await;
    let slow = TestKind::with(vec![], |run| {
        Box::pin(async move {
            tokio::time::sleep(Duration::from_secs(5)).await;
            run.all_well()
        })
    });
    let busy = start(&bed, settings("worker.1"), &slow).await;
    until("the chunk runs", async || bed.view(&id).await.running_chunks == 1).await;
    let kind = TestKind::new(vec![]);
    let idle = start(&bed, settings("worker.2"), &kind).await;
    reaches(&bed, &id, JobState::Completed).await;
    assert_eq!((slow.runs(), kind.runs()), (vec![(0, 1)], vec![]));
    busy.stop().await;
    idle.stop().await;
}

#[tokio::test]
async fn a_task_whose_lease_is_lost_is_stopped_and_not_counted() {
    let bed = bed(Duration::from_secs(2)).await;
    let id = bed.planned(&[5]).await;
    let kind = TestKind::with(vec![], |run| {
        Box::pin(async move {
            if run.delivery == 1 {
                run.cancelled.cancelled().await;
            }
            run.all_well()
        })
    });
    let worker = start(&bed, settings("worker.1"), &kind).await;
    until("the chunk runs", async || bed.view(&id).await.running_chunks == 1).await;
    let mut redis = bed.redis.clone();
    let lease: Vec<String> = redis.zrange(bed.key("leases", id), 0, -1).await.unwrap();
    let _: () = redis.zrem(bed.key("leases", id), &lease).await.unwrap();
    let _: () = redis.rpush(bed.key("ready", id), 0).await.unwrap();
    let _: () = redis.rpush(format!("{}active", bed.prefix), id.to_string()).await.unwrap();
    reaches(&bed, &id, JobState::Completed).await;
    assert_eq!(kind.runs(), [(0, 1), (0, 2)]);
    assert_eq!(bed.view(&id).await.processed, 5);
    worker.stop().await;
}

/// It waits for something outside, more often than a task may fail.
#[tokio::test]
async fn a_task_that_asks_to_run_later_costs_no_attempt() {
    let bed = Bed::with(|config| config.max_attempts = 1).await;
    let id = bed.planned(&[5]).await;
    let kind = TestKind::with(vec![], |run| {
        Box::pin(async move {
            match run.delivery {
                1..=4 => Err(TaskError::Later { reason: "not yet".to_owned(), wait: Duration::from_millis(20) }),
                _ => run.all_well(),
            }
        })
    });
    let worker = start(&bed, settings("worker.1"), &kind).await;
    reaches(&bed, &id, JobState::Completed).await;
    assert_eq!((bed.view(&id).await.dead_chunks, bed.view(&id).await.processed), (0, 5));
    assert_eq!(kind.runs(), [(0, 1), (0, 2), (0, 3), (0, 4), (0, 5)]);
    worker.stop().await;
}

#[tokio::test]
async fn a_panic_is_a_failed_attempt() {
    let bed = bed(Duration::from_secs(20)).await;
    let id = bed.planned(&[5, 5]).await;
    let kind = TestKind::with(vec![], |run| {
        Box::pin(async move {
            assert!(run.number == 1 || run.delivery > 1, "a defect");
            run.all_well()
        })
    });
    let worker = start(&bed, settings("worker.1"), &kind).await;
    reaches(&bed, &id, JobState::Completed).await;
    assert_eq!(bed.view(&id).await.processed, 10);
    assert_eq!(kind.runs().len(), 3);
    worker.stop().await;
}

#[tokio::test]
async fn a_task_that_hangs_is_a_failed_attempt() {
    let bed = Bed::with(|config| config.max_attempts = 1).await;
    let id = bed.planned(&[5]).await;
    let kind = TestKind::with(vec![], |_| Box::pin(std::future::pending()));
    let settings = WorkerSettings { task_timeout: Duration::from_millis(50), ..settings("worker.1") };
    let worker = start(&bed, settings, &kind).await;
    reaches(&bed, &id, JobState::Completed).await;
    let letter = bed.jobs.dead_letters(ORG, &id).await.unwrap().unwrap().remove(0);
    assert_eq!((letter.reason.as_str(), letter.attempts), ("the task took too long", 1));
    worker.stop().await;
}

#[tokio::test]
async fn errors_of_a_task_decide_what_becomes_of_it() {
    let bed = Bed::with(|config| config.max_attempts = 2).await;
    let id = bed.planned(&[1, 1, 1]).await;
    let kind = TestKind::with(vec![], |run| {
        Box::pin(async move {
            match (run.number, run.delivery) {
                (0, _) => Err(TaskError::Fail { reason: "no use".to_owned() }),
                (1, _) => Err(TaskError::Retry { reason: "busy".to_owned(), after: Some(Duration::from_millis(1)) }),
                (_, 1) => Err(TaskError::PauseOrg { reason: "limit".to_owned(), wait: Duration::from_millis(200) }),
                (_, 2) => Err(TaskError::NeedsAuthorization { reason: "expired".to_owned() }),
                _ => run.all_well(),
            }
        })
    });
    let worker = start(&bed, settings("worker.1"), &kind).await;
    reaches(&bed, &id, JobState::NeedsAuthorization).await;
    bed.jobs.resume(ORG, &id, Some(SecretString::from("fresh"))).await.unwrap();
    reaches(&bed, &id, JobState::Completed).await;
    let letters = bed.jobs.dead_letters(ORG, &id).await.unwrap().unwrap();
    let told: Vec<_> = letters.iter().map(|letter| (letter.reason.as_str(), letter.attempts)).collect();
    assert_eq!(told, [("no use", 1), ("busy", 2)]);
    assert_eq!(bed.view(&id).await.succeeded, 1);
    worker.stop().await;
}

#[tokio::test]
async fn cancelling_stops_running_tasks_at_once() {
    let bed = bed(Duration::from_secs(600)).await;
    let id = bed.planned(&[1; 20]).await;
    let kind = TestKind::with(vec![], |run| {
        Box::pin(async move {
            run.cancelled.cancelled().await;
            Err(TaskError::Retry { reason: "stopped".to_owned(), after: None })
        })
    });
    let worker = start(&bed, settings("worker.1"), &kind).await;
    until("chunks run", async || bed.view(&id).await.running_chunks == 4).await;
    bed.jobs.cancel(ORG, &id).await.unwrap();
    reaches(&bed, &id, JobState::Cancelled).await;
    let view = bed.view(&id).await;
    assert_eq!((view.dropped_chunks, view.processed, kind.finishes()), (20, 0, 1));
    worker.stop().await;
}

#[tokio::test]
async fn a_stopping_worker_lets_tasks_end() {
    let bed = bed(Duration::from_secs(20)).await;
    let id = bed.planned(&[1; 8]).await;
    let release = CancellationToken::new();
    let gate = release.clone();
    let kind = TestKind::with(vec![], move |run| {
        let gate = gate.clone();
        Box::pin(async move {
            gate.cancelled().await;
            run.all_well()
        })
    });
    let worker = start(&bed, settings("worker.1"), &kind).await;
    until("chunks run", async || bed.view(&id).await.running_chunks == 4).await;
    worker.shutdown.cancel();
    release.cancel();
    worker.stop().await;
    let view = bed.view(&id).await;
    assert_eq!((view.done_chunks, view.running_chunks), (4, 0));
}

#[tokio::test]
async fn a_stopping_worker_gives_back_what_does_not_end() {
    let bed = Bed::with(|config| (config.max_attempts, config.max_crashes) = (1, 0)).await;
    let id = bed.planned(&[1, 1]).await;
    // One task heeds the token, the other does not.
    let kind = TestKind::with(vec![], |run| {
        Box::pin(async move {
            if run.number == 0 {
                std::future::pending::<()>().await;
            }
            run.cancelled.cancelled().await;
            Err(TaskError::Retry { reason: "stopped".to_owned(), after: None })
        })
    });
    let settings = WorkerSettings { drain: Duration::from_millis(600), ..settings("worker.1") };
    let worker = start(&bed, settings, &kind).await;
    until("the chunks run", async || bed.view(&id).await.running_chunks == 2).await;
    let started = tokio::time::Instant::now();
    worker.stop().await;
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
    let again = bed.claim(10).await;
    assert_eq!(again.len(), 2);
    for task in &again {
        assert_eq!((task.attempts, task.delivery), (0, 2));
        bed.ack(task).await;
    }
    bed.claim_task(Task::Finish).await;
}

#[tokio::test]
async fn a_server_that_evicts_is_refused() {
    let server = RedisServer::start(&["--save", "", "--maxmemory-policy", "allkeys-lru"]);
    let bed = Bed::on(&server, |_| {}).await;
    let worker = jobs::Worker::new(bed.jobs.clone(), settings("worker.1"), vec![]);
    let error = worker.run(CancellationToken::new()).await.unwrap_err();
    assert!(matches!(&error, JobsError::UnsuitableServer(reason) if reason.contains("allkeys-lru")), "{error}");
}

#[tokio::test]
async fn a_server_that_evicts_is_given_no_job_by_a_process_that_has_not_checked_it() {
    let server = RedisServer::start(&["--save", "", "--maxmemory-policy", "allkeys-lru"]);
    let bed = Bed::on(&server, |_| {}).await;
    for _ in 0..2 {
        let error = bed.jobs.create(crate::support::new_job(ORG)).await.unwrap_err();
        assert!(matches!(error, JobsError::UnsuitableServer(_)), "{error:?}");
    }
    assert_eq!(bed.keys().await, [""; 0]);
    assert!(matches!(bed.jobs.ready().await, Err(JobsError::UnsuitableServer(_))));
    assert!(matches!(bed.jobs.unsuitable().await, JobsError::UnsuitableServer(_)));
}

#[tokio::test]
async fn facts_are_remembered_for_later_runs() {
    let bed = bed(Duration::from_secs(20)).await;
    let id = bed.planned(&[1]).await;
    let kind = Arc::new(crate::workers::FlagKind::default());
    let worker = Running::start(&bed, settings("worker.1"), kind.clone()).await;
    reaches(&bed, &id, JobState::Completed).await;
    assert_eq!(*kind.seen.lock().unwrap(), [false, true]);
    worker.stop().await;
}
