use redis::AsyncCommands as _;
use secrecy::SecretString;
use shared::jobs::{EventKind, JobState, Task};

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
