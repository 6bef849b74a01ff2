use std::time::Duration;

use jobs::{Acked, ChunkReport, Failed, JobState, RecordError, Task, WorkerId};

use crate::support::{Bed, ORG, all_well};

#[tokio::test]
async fn a_report_is_counted_once() {
    let bed = Bed::new().await;
    let id = bed.planned(&[10, 1]).await;
    let chunk = &bed.claim(1).await[0];
    let report = ChunkReport { processed: 10, succeeded: 6, skipped: 3, failed: 1, ..all_well(10) };
    assert_eq!(bed.tasks.ack(&chunk.lease, &report).await.unwrap(), Acked::Counted);
    assert_eq!(bed.tasks.ack(&chunk.lease, &report).await.unwrap(), Acked::Duplicate);
    assert_eq!(bed.tasks.fail(&chunk.lease, None, "late").await.unwrap(), Failed::Lost);
    assert_eq!(bed.tasks.release(std::slice::from_ref(&chunk.lease), None).await.unwrap(), 0);
    let view = bed.view(&id).await;
    assert_eq!((view.processed, view.succeeded, view.skipped, view.failed), (10, 6, 3, 1));
    assert_eq!((view.done_chunks, view.counters["quotes"], view.per_worker["worker.1"]), (1, 10, 10));
}

#[tokio::test]
async fn a_late_ack_is_refused_and_the_successor_counts() {
    let bed = Bed::new().await;
    let id = bed.planned(&[10]).await;
    let late = bed.claim(1).await.remove(0);
    bed.expire(&late.lease).await;
    let successor = bed.claim_as(&WorkerId::new("worker.2"), 1).await.remove(0);
    assert_eq!((late.delivery, successor.delivery, successor.attempts), (1, 2, 0));
    assert_eq!(bed.tasks.ack(&late.lease, &all_well(10)).await.unwrap(), Acked::Lost);
    assert_eq!(bed.view(&id).await.processed, 0);
    bed.ack(&successor).await;
    assert_eq!(bed.tasks.ack(&late.lease, &all_well(10)).await.unwrap(), Acked::Duplicate);
    bed.finish().await;
    let view = bed.view(&id).await;
    assert_eq!((view.processed, view.per_worker.get("worker.2")), (10, Some(&10)));
    assert_eq!(bed.final_events(&id).await, 1);
}

#[tokio::test]
async fn a_failed_chunk_waits_then_runs_again_and_is_given_up_in_the_end() {
    let bed = Bed::with(|config| config.max_attempts = 2).await;
    let id = bed.planned(&[10]).await;
    let chunk = bed.claim(1).await.remove(0);
    let delay = Some(Duration::from_secs(60));
    assert_eq!(bed.tasks.fail(&chunk.lease, delay, "busy").await.unwrap(), Failed::Retried);
    assert!(bed.claim(1).await.is_empty(), "not before its time");
    bed.pass_delays(&id).await;
    let chunk = bed.claim(1).await.remove(0);
    assert_eq!((chunk.attempts, chunk.delivery, chunk.records), (1, 2, 10));
    assert_eq!(bed.tasks.fail(&chunk.lease, delay, "busy again").await.unwrap(), Failed::Dead);
    let view = bed.view(&id).await;
    assert_eq!((view.dead_chunks, view.processed, view.failed), (1, 10, 10));
    let letter = bed.jobs.dead_letters(ORG, &id).await.unwrap().unwrap().remove(0);
    assert_eq!((letter.chunk, letter.attempts, letter.records), (Some(0), 2, 10));
    assert_eq!((letter.reason.as_str(), letter.payload.as_str()), ("busy again", "10 records\nof a chunk"));
    bed.finish().await;
    assert_eq!(bed.view(&id).await.state, JobState::Completed);
}

#[tokio::test]
async fn a_chunk_that_kills_its_workers_becomes_a_dead_letter() {
    let bed = Bed::with(|config| config.max_crashes = 2).await;
    let id = bed.planned(&[10]).await;
    for delivery in 1..=3 {
        let chunk = bed.claim(1).await.remove(0);
        assert_eq!((chunk.delivery, chunk.attempts), (delivery, 0));
        bed.expire(&chunk.lease).await;
    }
    let letter = bed.jobs.dead_letters(ORG, &id).await.unwrap().unwrap().remove(0);
    assert!(letter.reason.starts_with("crash loop"), "{}", letter.reason);
    assert_eq!(bed.view(&id).await.dead_chunks, 1);
}

#[tokio::test]
async fn a_released_task_burns_no_attempt() {
    let bed = Bed::with(|config| (config.max_attempts, config.max_crashes) = (1, 0)).await;
    bed.planned(&[10]).await;
    for _ in 0..5 {
        let chunk = bed.claim(1).await.remove(0);
        assert_eq!(chunk.attempts, 0);
        assert_eq!(bed.tasks.release(std::slice::from_ref(&chunk.lease), None).await.unwrap(), 1);
    }
    let chunk = bed.claim(1).await.remove(0);
    bed.ack(&chunk).await;
    bed.finish().await;
}

#[tokio::test]
async fn a_renewed_lease_does_not_run_out_and_a_lost_one_is_told() {
    let bed = Bed::with(|config| config.lease = Duration::from_secs(30)).await;
    bed.planned(&[1, 1]).await;
    let chunks = bed.claim(2).await;
    let leases: Vec<_> = chunks.iter().map(|chunk| chunk.lease.clone()).collect();
    assert!(bed.tasks.extend(&leases).await.unwrap().is_empty());
    bed.expire(&leases[0]).await;
    let trips = bed.tasks.extend(&leases).await.unwrap();
    assert_eq!(trips, [(leases[0].clone(), jobs::Trip::Lost)]);
}

#[tokio::test]
async fn nothing_is_reclaimed_right_after_an_outage() {
    let bed = Bed::with(|config| config.lease = Duration::from_millis(1)).await;
    bed.planned(&[1]).await;
    bed.claim(1).await;
    assert_eq!(bed.tasks.reclaim().await.unwrap(), None, "no worker was heard of before");
}

#[tokio::test]
async fn tasks_of_a_lost_claim_are_given_back_and_others_kept() {
    let bed = Bed::new().await;
    bed.planned(&[1, 1, 1]).await;
    let known = bed.claim(1).await.remove(0).lease;
    let unknown = bed.claim(1).await.remove(0).lease;
    let others = bed.claim_as(&WorkerId::new("worker.1"), 1).await.remove(0).lease;
    assert_eq!(bed.tasks.release_unknown(&bed.worker, std::slice::from_ref(&known)).await.unwrap(), 1);
    let trips = bed.tasks.extend(&[known, unknown.clone(), others]).await.unwrap();
    assert_eq!(trips, [(unknown.clone(), jobs::Trip::Lost)]);
    let again = bed.claim(1).await.remove(0);
    assert_eq!((again.lease.task(), again.attempts), (unknown.task(), 0));
}

#[tokio::test]
async fn record_errors_are_kept_up_to_the_cap_and_counted_beyond_it() {
    let bed = Bed::with(|config| config.max_errors = 5).await;
    let id = bed.planned(&[4, 4]).await;
    for (index, chunk) in bed.claim(2).await.iter().enumerate() {
        let error = |record| RecordError {
            record_id: format!("006-{index}-{record}"),
            code: "FIELD_CUSTOM_VALIDATION_EXCEPTION".to_owned(),
            message: "needs a \"name\"".to_owned(),
        };
        let errors = (0..4).map(error).collect();
        let report = ChunkReport { processed: 4, failed: 4, errors, ..ChunkReport::default() };
        bed.tasks.ack(&chunk.lease, &report).await.unwrap();
    }
    let page = bed.jobs.errors(ORG, &id, 3, 10).await.unwrap().unwrap();
    assert_eq!((page.total, page.stored), (8, 5));
    let records: Vec<_> = page.errors.iter().map(|error| error.record_id.as_str()).collect();
    assert_eq!(records, ["006-0-3", "006-1-0"]);
    assert_eq!(page.errors[0].message, "needs a \"name\"");
    assert!(bed.jobs.errors(ORG, &id, 0, 0).await.unwrap().unwrap().errors.is_empty());
    assert_eq!(bed.view(&id).await.failed, 8);
}

#[tokio::test]
async fn the_last_step_is_repeated_until_it_succeeds_or_is_given_up() {
    let bed = Bed::with(|config| config.max_attempts = 2).await;
    let id = bed.planned(&[]).await;
    let lost = bed.claim_task(Task::Finish).await;
    bed.expire(&lost).await;
    let failing = bed.claim_task(Task::Finish).await;
    assert!(!bed.tasks.finish(&lost).await.unwrap());
    bed.tasks.fail(&failing, Some(Duration::from_millis(1)), "callback refused").await.unwrap();
    bed.pass_delays(&id).await;
    let last = bed.claim_task(Task::Finish).await;
    assert_eq!(bed.tasks.fail(&last, Some(Duration::from_millis(1)), "callback refused").await.unwrap(), Failed::Dead);
    let view = bed.view(&id).await;
    assert_eq!((view.state, view.reason.as_deref()), (JobState::Completed, Some("callback refused")));
    assert_eq!(bed.final_events(&id).await, 1);
}
