//! Somebody who can write to Redis puts there what no script writes: that job ends, and others go on.

use std::time::Duration;

use jobs::{Acked, ChunkReport, JobId, JobState, RecordError, Task};
use redis::AsyncCommands as _;

use crate::support::{Bed, KIND, ORG, all_well, page, until};
use crate::workers::{TestKind, settings, start};

/// The field or key of a job, and what is put there.
const FIELDS: [(&str, &str); 8] = [
    ("run", "first"),
    ("run", "-1"),
    ("run", "99999999999999999999"),
    ("epoch", "x"),
    ("epoch", "1e300"),
    ("total", ""),
    ("done", "1.5"),
    ("dead", "-0"),
];
const KEYS: [&str; 9] = ["ready", "leases", "beside", "chunk", "tries", "params", "session", "events", "job"];

async fn set_field(bed: &Bed, id: &JobId, (field, value): (&str, &str)) {
    let _: () = bed.redis.clone().hset(bed.key("job", id), field, value).await.unwrap();
}

/// A key of another type.
async fn set_key(bed: &Bed, id: &JobId, name: &str) {
    let (mut redis, key) = (bed.redis.clone(), bed.key(name, id));
    let _: () = redis.del(&key).await.unwrap();
    let _: () = match name {
        "params" | "session" => redis.rpush(key, "x").await.unwrap(),
        // Everything but a list.
        _ => redis.set(key, "x").await.unwrap(),
    };
}

/// Claims until there is nothing more, and runs all of it. A task whose end Redis does not take is taken back some time.
async fn run_all(bed: &Bed) {
    for _ in 0..50 {
        let claimed = bed.claim(10).await;
        for task in &claimed {
            let taken = match task.lease.task() {
                Task::Plan => bed.tasks.plan_push(&task.lease, &page(&[1], true)).await.is_ok(),
                Task::Chunk(_) => bed.tasks.ack(&task.lease, &all_well(task.records)).await.is_ok(),
                Task::Finish => bed.tasks.finish(&task.lease).await.is_ok(),
            };
            if !taken {
                bed.expire(&task.lease).await;
            }
        }
        if claimed.is_empty() {
            return;
        }
    }
    panic!("there is always more to claim");
}

#[tokio::test]
async fn a_job_with_a_number_that_is_none_ends_as_failed_and_others_go_on() {
    for change in FIELDS {
        let bed = Bed::new().await;
        let (broken, same, other) = (bed.planned(&[1, 1]).await, bed.create().await, bed.create_for("other").await);
        set_field(&bed, &broken, change).await;
        let claim = bed.tasks.claim(&bed.worker, 1, &[KIND]).await.unwrap();
        let aside: Vec<_> = claim.aside.iter().map(|(job, _)| job.clone()).collect();
        assert_eq!(aside, [broken.to_string()], "{change:?}");
        bed.tasks.release_unknown(&bed.worker, &[]).await.unwrap();
        run_all(&bed).await;
        let view = bed.view(&broken).await;
        assert_eq!(view.state, JobState::Failed, "{change:?}");
        let reason = view.reason.unwrap_or_default();
        assert!(reason.contains("cannot be read") && reason.contains(change.0), "{change:?}: {reason}");
        assert_eq!(bed.view(&same).await.state, JobState::Completed, "{change:?}");
        let other = bed.jobs.get("other", &other).await.unwrap().unwrap();
        assert_eq!(other.state, JobState::Completed, "{change:?}");
    }
}

#[tokio::test]
async fn a_job_with_a_key_of_another_type_keeps_no_other_waiting() {
    for name in KEYS {
        let bed = Bed::new().await;
        let (broken, same) = (bed.planned(&[1, 1]).await, bed.create().await);
        set_key(&bed, &broken, name).await;
        run_all(&bed).await;
        assert_eq!(bed.view(&same).await.state, JobState::Completed, "{name}");
        if let Some(view) = bed.jobs.get(ORG, &broken).await.unwrap() {
            assert!(view.state.is_final(), "{name}: {view:?}");
        }
        let stats = bed.tasks.stats().await.unwrap();
        assert_eq!(stats.open_jobs, 0, "{name}");
    }
}

/// What is there to be told costs no job its end.
#[tokio::test]
async fn what_is_only_told_keeps_no_task_from_its_end() {
    for name in ["troubles", "counters", "errors", "workers"] {
        let bed = Bed::new().await;
        let (id, end) = (bed.planned(&[1, 1, 1]).await, "UNABLE_TO_LOCK_ROW");
        let claimed = bed.claim(3).await;
        let report = ChunkReport {
            failed: 1,
            succeeded: 0,
            errors: vec![RecordError { record_id: "1".into(), code: end.into(), message: String::new() }],
            counters: [("quotes".to_owned(), 2)].into(),
            ..all_well(1)
        };
        set_key(&bed, &id, name).await;
        assert_eq!(bed.tasks.ack(&claimed[0].lease, &report).await.unwrap(), Acked::Counted, "{name}");
        set_key(&bed, &id, name).await;
        let failed = bed.tasks.fail(&claimed[1].lease, Some(Duration::ZERO), "no").await;
        assert!(failed.is_ok(), "{name}: {failed:?}");
        set_key(&bed, &id, name).await;
        bed.tasks.release(&[claimed[2].lease.clone()], None).await.unwrap();
        // What failed is due a moment later.
        until("the job has ended", async || {
            run_all(&bed).await;
            bed.view(&id).await.state.is_final()
        })
        .await;
        let view = bed.view(&id).await;
        assert_eq!((view.state, view.processed, view.failed), (JobState::Completed, 3, 1), "{name}: {view:?}");
        assert_eq!(bed.tasks.stats().await.unwrap().open_jobs, 0, "{name}");
    }
}

#[tokio::test]
async fn numbers_that_are_only_told_and_are_none_begin_anew() {
    let bed = Bed::new().await;
    let id = bed.planned(&[1]).await;
    let claimed = bed.claim(1).await;
    let mut redis = bed.redis.clone();
    let _: () = redis.hset(bed.key("counters", id), "quotes", "many").await.unwrap();
    for field in ["processed", "succeeded", "errors"] {
        set_field(&bed, &id, (field, "some")).await;
    }
    let report = ChunkReport { counters: [("quotes".to_owned(), 2)].into(), ..all_well(1) };
    assert_eq!(bed.tasks.ack(&claimed[0].lease, &report).await.unwrap(), Acked::Counted);
    set_field(&bed, &id, ("errors", "0")).await;
    run_all(&bed).await;
    let view = bed.view(&id).await;
    assert_eq!((view.state, view.processed, view.counters["quotes"]), (JobState::Completed, 1, 2));
}

/// A lease has ended by the time that the rest turns out to be unreadable: the task is in no other place.
#[tokio::test]
async fn a_job_whose_tasks_end_cannot_be_recorded_ends_as_failed() {
    for name in ["bits", "dead", "ready", "delayed"] {
        let bed = Bed::new().await;
        let id = bed.planned(&[1, 1]).await;
        let claimed = bed.claim(2).await;
        set_key(&bed, &id, name).await;
        for (place, task) in claimed.iter().enumerate() {
            let ended = if place == 0 {
                bed.tasks.ack(&task.lease, &all_well(1)).await.map(drop)
            } else {
                bed.tasks.fail(&task.lease, (name == "delayed").then_some(Duration::from_secs(1)), "no").await.map(drop)
            };
            assert!(ended.is_ok(), "{name} {place}: {ended:?}");
        }
        run_all(&bed).await;
        assert!(bed.view(&id).await.state.is_final(), "{name}");
        assert_eq!(bed.tasks.stats().await.unwrap().open_jobs, 0, "{name}");
    }
}

#[tokio::test]
async fn calls_beside_that_are_no_number_keep_no_other_job_waiting() {
    for value in ["many", "-1", "1e300", ""] {
        let bed = Bed::new().await;
        let broken = bed.planned(&[1, 1]).await;
        let lease = bed.claim(1).await.remove(0).lease;
        let other = bed.create().await;
        let _: () = bed.redis.clone().hset(bed.key("beside", broken), lease.as_str(), value).await.unwrap();
        let claim = bed.tasks.claim(&bed.worker, 10, &[KIND]).await.unwrap();
        let aside: Vec<_> = claim.aside.iter().map(|(job, _)| job.clone()).collect();
        assert_eq!(aside, [broken.to_string()], "{value}");
        let jobs: Vec<_> = claim.tasks.iter().map(|task| task.lease.job()).collect();
        assert_eq!((jobs, bed.view(&broken).await.state), (vec![other], JobState::Failed), "{value}");
    }
}

#[tokio::test]
async fn a_chunk_that_is_none_is_a_dead_letter() {
    let bed = Bed::new().await;
    let id = bed.planned(&[1, 1]).await;
    let mut redis = bed.redis.clone();
    let _: () = redis.hset(bed.key("chunk", id), "0", b"many \xff\xfe".as_slice()).await.unwrap();
    let _: () = redis.hset(bed.key("chunk", id), "1", "99999999999999999999 x").await.unwrap();
    let claimed = bed.claim(10).await;
    assert_eq!(claimed.len(), 2);
    assert!(claimed.iter().all(|task| task.unproven.is_some()), "{claimed:?}");
}

#[tokio::test]
async fn text_that_is_none_stops_its_own_job_only() {
    for field in ["user", "request_id", "kind", "cursor", "proof"] {
        let bed = Bed::new().await;
        let (broken, same) = (bed.planned(&[1]).await, bed.create().await);
        let mut redis = bed.redis.clone();
        let _: () = redis.hset(bed.key("job", broken), field, b"\xff\xfe".as_slice()).await.unwrap();
        let claim = bed.tasks.claim(&bed.worker, 10, &[KIND]).await.unwrap();
        assert!(claim.jobs.contains_key(&same), "{field}");
    }
}

#[tokio::test]
async fn entries_that_are_no_jobs_are_passed_over() {
    let bed = Bed::new().await;
    let mut redis = bed.redis.clone();
    let _: () = redis.hset(bed.key("job", "x"), "kind", KIND).await.unwrap();
    let _: () = redis.rpush(bed.key("ready", "x"), "P").await.unwrap();
    let _: () = redis.zadd(bed.key("active", ORG), "x", 0).await.unwrap();
    let _: () = redis.zadd(format!("{}orgs", bed.prefix), ORG, 0).await.unwrap();
    let _: () = redis.set(bed.key("active", "strange"), "x").await.unwrap();
    let _: () = redis.zadd(format!("{}orgs", bed.prefix), "strange", 0).await.unwrap();
    let id = bed.create_for("other").await;
    let claimed = bed.claim(10).await;
    assert_eq!(claimed.iter().map(|task| task.lease.job()).collect::<Vec<_>>(), [id]);
}

#[tokio::test]
async fn leases_that_cannot_be_read_are_lost_and_others_are_renewed_and_taken_back() {
    let bed = Bed::new().await;
    let (broken, well) = (bed.create().await, bed.create().await);
    let claimed = bed.claim(10).await;
    let lease = |id: JobId| claimed.iter().find(|task| task.lease.job() == id).unwrap().lease.clone();
    set_key(&bed, &broken, "leases").await;
    let trips = bed.tasks.extend(&[lease(broken), lease(well)]).await.unwrap();
    assert_eq!(trips.iter().map(|(lease, _)| lease.clone()).collect::<Vec<_>>(), [lease(broken)]);
    let mut redis = bed.redis.clone();
    let _: () = redis.zadd(format!("{}expiries", bed.prefix), broken.to_string(), 1).await.unwrap();
    bed.expire(&lease(well)).await;
    assert_eq!(bed.claim(10).await.iter().map(|task| task.lease.job()).collect::<Vec<_>>(), [well]);
    assert_eq!(bed.view(&broken).await.state, JobState::Failed);
}

#[tokio::test]
async fn a_worker_goes_on_beside_a_job_that_cannot_be_read() {
    let bed = Bed::new().await;
    let broken = bed.create().await;
    set_field(&bed, &broken, ("run", "first")).await;
    let well = bed.create().await;
    let worker = start(&bed, settings("worker.1"), &TestKind::new(vec![vec![1; 3]])).await;
    until("the other job has ended", async || bed.view(&well).await.state == JobState::Completed).await;
    assert_eq!(bed.view(&broken).await.state, JobState::Failed);
    worker.stop().await;
}
