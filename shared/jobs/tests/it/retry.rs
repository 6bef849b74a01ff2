use jobs::{Claimed, EventKind, JobId, JobState, JobsError, Limit, Task};
use redis::AsyncCommands as _;
use secrecy::SecretString;

use crate::support::{Bed, ORG};

#[tokio::test]
async fn dead_letters_run_again_as_the_next_run() {
    let bed = Bed::new().await;
    let id = bed.planned(&[10, 20]).await;
    let chunks = bed.claim(2).await;
    bed.ack(&chunks[0]).await;
    bed.tasks.fail(&chunks[1].lease, None, "poison").await.unwrap();
    assert_eq!(bed.jobs.retry(ORG, &id, None).await.unwrap().unwrap().state, JobState::Finishing, "not yet");
    bed.finish().await;
    let view = bed.view(&id).await;
    assert_eq!((view.processed, view.failed, view.dead_chunks), (30, 20, 1));

    let session = Some(SecretString::from("fresh"));
    let view = bed.jobs.retry(ORG, &id, session).await.unwrap().unwrap();
    assert_eq!((view.state, view.run, view.finished_at), (JobState::Queued, 2, None));
    assert_eq!((view.processed, view.failed, view.dead_chunks), (10, 0, 0));
    let (chunk, job) = bed.claim_with_job().await;
    assert_eq!((chunk.lease.task(), chunk.records, chunk.delivery, chunk.attempts), (Task::Chunk(1), 20, 2, 0));
    assert_eq!((job.run, job.session.is_some()), (2, true));
    bed.ack(&chunk).await;
    bed.finish().await;
    let view = bed.view(&id).await;
    assert_eq!((view.state, view.processed, view.succeeded), (JobState::Completed, 30, 30));
    assert_eq!(bed.final_events(&id).await, 2, "one per run");
    assert!(bed.event_kinds(&id).await.contains(&EventKind::Retried));
    assert_eq!(bed.jobs.retry(ORG, &id, None).await.unwrap().unwrap().run, 2, "nothing left");
}

#[tokio::test]
async fn a_dead_plan_goes_on_at_its_cursor() {
    let bed = Bed::new().await;
    let id = bed.create().await;
    let plan = bed.claim_task(Task::Plan).await;
    bed.push(&plan, &[], false).await;
    let plan = bed.claim_task(Task::Plan).await;
    bed.tasks.fail(&plan, None, "poison").await.unwrap();
    bed.finish().await;
    assert_eq!(bed.view(&id).await.state, JobState::Failed);
    bed.jobs.retry(ORG, &id, None).await.unwrap();
    let (plan, job) = bed.claim_with_job().await;
    assert_eq!((plan.lease.task(), job.cursor.as_deref()), (Task::Plan, Some("006")));
    bed.push(&plan.lease, &[], true).await;
    bed.finish().await;
    assert_eq!(bed.view(&id).await.state, JobState::Completed);
}

#[tokio::test]
async fn ended_jobs_expire_and_those_with_dead_letters_later() {
    let bed = Bed::new().await;
    let clean = bed.planned(&[1]).await;
    bed.ack(&bed.claim(1).await[0]).await;
    bed.finish().await;
    let poisoned = bed.planned(&[1]).await;
    bed.tasks.fail(&bed.claim(1).await[0].lease, None, "poison").await.unwrap();
    bed.finish().await;
    for (id, keep) in [(clean, bed.config.retention), (poisoned, bed.config.dead_retention)] {
        let mut redis = bed.redis.clone();
        let keys: Vec<String> = redis.keys(format!("{}*:{id}", bed.prefix.replace(['{', '}'], "?"))).await.unwrap();
        assert!(keys.len() >= 3, "{keys:?}");
        for key in keys {
            let ttl: u128 = redis.pttl::<_, i64>(&key).await.unwrap().try_into().unwrap_or(0);
            assert!(ttl > keep.as_millis() - 60_000 && ttl <= keep.as_millis(), "{key}: {ttl} ms");
        }
    }
    let mut redis = bed.redis.clone();
    assert_eq!(redis.exists::<_, u32>(format!("{}open", bed.prefix)).await.unwrap(), 0);
    bed.jobs.retry(ORG, &poisoned, None).await.unwrap();
    for name in ["job", "events", "tries"] {
        assert_eq!(
            redis.pttl::<_, i64>(bed.key(name, poisoned)).await.unwrap(),
            -1,
            "{name} stays while the job is open"
        );
    }
}

/// A job that has ended with a dead letter for each of its chunks.
async fn buried(bed: &Bed, records: &[u64]) -> JobId {
    let id = bed.planned(records).await;
    loop {
        for task in bed.claim(64).await {
            if task.lease.task() == Task::Finish {
                assert!(bed.tasks.finish(&task.lease).await.unwrap());
                return id;
            }
            bed.tasks.fail(&task.lease, None, "poison").await.unwrap();
        }
    }
}

fn is_chunk(task: &Claimed) -> bool {
    matches!(task.lease.task(), Task::Chunk(_))
}

#[tokio::test]
async fn a_dead_letter_without_records_runs_again() {
    let bed = Bed::new().await;
    let id = buried(&bed, &[0, 3, 0]).await;
    let view = bed.jobs.retry(ORG, &id, None).await.unwrap().unwrap();
    assert_eq!((view.state, view.dead_chunks, view.processed, view.failed), (JobState::Queued, 0, 0, 0));
    let chunks = bed.claim(10).await;
    assert_eq!(chunks.len(), 3);
    for chunk in &chunks {
        bed.ack(chunk).await;
    }
    bed.finish().await;
    assert_eq!(bed.view(&id).await.state, JobState::Completed);
}

#[tokio::test]
async fn very_many_dead_letters_are_put_back_as_others_end() {
    let bed = Bed::with(|config| (config.max_outstanding_chunks, config.org_limit) = (10, 1_000)).await;
    let id = buried(&bed, &[2; 95]).await;
    // Nobody but the workers does anything after this one call.
    let view = bed.jobs.retry(ORG, &id, None).await.unwrap().unwrap();
    assert_eq!((view.dead_chunks, view.failed, view.total_chunks), (85, 170, 95));
    assert_eq!(bed.jobs.dead_letters(ORG, &id).await.unwrap().unwrap().len(), 85);
    let (mut runs, mut buried) = (0, 0);
    while bed.view(&id).await.state != JobState::Completed {
        let tasks = bed.claim(4).await;
        assert!(!tasks.is_empty(), "the job has stopped half-way");
        let waiting = bed.tasks.stats().await.unwrap();
        assert!(waiting.ready + waiting.leased <= 10, "{waiting:?}");
        for task in tasks.iter().filter(|task| is_chunk(task)) {
            runs += 1;
            // One of ten is given up again; it waits for the next retry.
            if runs % 10 == 0 {
                bed.tasks.fail(&task.lease, None, "poison again").await.unwrap();
                buried += 1;
            } else {
                bed.ack(task).await;
            }
        }
        for task in tasks.iter().filter(|task| !is_chunk(task)) {
            assert!(bed.tasks.finish(&task.lease).await.unwrap());
        }
    }
    let view = bed.view(&id).await;
    assert_eq!((runs, view.done_chunks, view.dead_chunks, view.processed), (95, 95 - buried, buried, 190));
    let letters = bed.jobs.dead_letters(ORG, &id).await.unwrap().unwrap();
    assert!(letters.iter().all(|letter| letter.reason == "poison again"), "{letters:?}");
    assert_eq!(bed.final_events(&id).await, 2);
    assert_eq!(bed.jobs.retry(ORG, &id, None).await.unwrap().unwrap().run, 3);
}

#[tokio::test]
async fn a_retry_that_is_cancelled_keeps_the_letters_that_were_not_put_back() {
    let bed = Bed::with(|config| config.max_outstanding_chunks = 2).await;
    let id = buried(&bed, &[1; 5]).await;
    bed.jobs.retry(ORG, &id, None).await.unwrap();
    let view = bed.jobs.cancel(ORG, &id).await.unwrap().unwrap();
    assert_eq!((view.dropped_chunks, view.dead_chunks), (2, 3));
    bed.finish().await;
    let view = bed.view(&id).await;
    assert_eq!((view.state, view.dropped_chunks, view.dead_chunks), (JobState::Cancelled, 2, 3));
    assert_eq!(bed.jobs.dead_letters(ORG, &id).await.unwrap().unwrap().len(), 3);
}

#[tokio::test]
async fn a_retry_that_a_worker_of_the_version_before_has_ended_early_can_be_retried() {
    let bed = Bed::with(|config| config.max_outstanding_chunks = 2).await;
    let id = buried(&bed, &[1; 5]).await;
    bed.jobs.retry(ORG, &id, None).await.unwrap();
    // It does not know of letters that still wait.
    let mut redis = bed.redis.clone();
    let _: () = redis.hdel(bed.key("job", id), "again").await.unwrap();
    for chunk in bed.claim(10).await {
        bed.tasks.fail(&chunk.lease, None, "poison").await.unwrap();
    }
    bed.finish().await;
    assert_eq!(bed.view(&id).await.dead_chunks, 5);
    bed.jobs.retry(ORG, &id, None).await.unwrap();
    let mut runs = 0;
    while bed.view(&id).await.state != JobState::Completed {
        for task in bed.claim(10).await {
            if is_chunk(&task) {
                runs += 1;
                bed.ack(&task).await;
            } else {
                bed.tasks.finish(&task.lease).await.unwrap();
            }
        }
    }
    assert_eq!((runs, bed.view(&id).await.done_chunks), (5, 5));
}

#[tokio::test]
async fn a_retry_is_one_more_open_job() {
    let bed = Bed::with(|config| config.max_open_jobs = 1).await;
    let id = buried(&bed, &[1]).await;
    let other = bed.create().await;
    let error = bed.jobs.retry(ORG, &id, None).await.unwrap_err();
    assert!(matches!(error, JobsError::Limited { limit: Limit::Open(1), .. }), "{error:?}");
    assert_eq!(bed.view(&id).await.state, JobState::Completed, "nothing has changed");
    bed.jobs.cancel(ORG, &other).await.unwrap();
    bed.finish_of(&other).await;
    assert_eq!(bed.jobs.retry(ORG, &id, None).await.unwrap().unwrap().state, JobState::Queued);
}
