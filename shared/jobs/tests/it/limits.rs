use jobs::{JobsError, JobsErrorKind, Limit, NewJob, Task, WorkerId};
use redis::AsyncCommands as _;

use crate::server::RedisServer;
use crate::support::{Bed, KIND, ORG, new_job, until};

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
    for org in 0..300 {
        bed.create_for(&format!("paused-{org}")).await;
    }
    let mut redis = bed.redis.clone();
    for org in 0..300 {
        let _: () = redis.pset_ex(bed.key("pause", format!("paused-{org}")), "busy", 600_000).await.unwrap();
    }
    let free = bed.create_for("other").await;
    let first = bed.tasks.claim(&bed.worker, 10, &[KIND]).await.unwrap();
    assert_eq!((first.tasks.len(), first.more), (0, true));
    let second = bed.tasks.claim(&bed.worker, 10, &[KIND]).await.unwrap();
    assert_eq!(second.tasks.iter().map(|task| task.lease.job()).collect::<Vec<_>>(), [free]);
    assert!(!second.more);
}

/// Commands that Redis carries out for one claim, those of its script among them.
async fn commands_of_a_claim(bed: &Bed) -> u64 {
    let mut redis = bed.redis.clone();
    let count = async |redis: &mut redis::aio::MultiplexedConnection| -> u64 {
        let stats: String = redis::cmd("INFO").arg("commandstats").query_async(redis).await.unwrap();
        let calls = |line: &str| line.split_once("calls=")?.1.split(',').next()?.parse::<u64>().ok();
        stats.lines().filter(|line| !line.starts_with("cmdstat_info")).filter_map(calls).sum()
    };
    let before = count(&mut redis).await;
    let claimed = bed.claim(1).await;
    let commands = count(&mut redis).await - before;
    bed.tasks.release(&claimed.iter().map(|task| task.lease.clone()).collect::<Vec<_>>(), None).await.unwrap();
    commands
}

#[tokio::test]
async fn a_claim_costs_the_same_however_many_jobs_wait() {
    // A server of its own: the statistics are the server's.
    let server = RedisServer::start(&["--save", "", "--appendonly", "no"]);
    let bed = Bed::on(&server, |config| {
        (config.max_open_jobs, config.max_held_jobs, config.jobs_per_minute) = (10_000, 10_000, 1_000_000);
        config.org_limit = 2;
    })
    .await;
    let mut redis = bed.redis.clone();
    for round in [10, 1_000] {
        // Of an org that is paused, of one at its limit, held ones, and plain ones.
        for _ in 0..round {
            bed.create_for("paused").await;
            bed.create_for("full").await;
            bed.create_for("free").await;
        }
        let _: () = redis.pset_ex(bed.key("pause", "paused"), "busy", 600_000).await.unwrap();
        for _ in 0..round {
            let held = bed.create_for("held").await;
            let task = bed.claim(10).await.into_iter().find(|task| task.lease.job() == held).unwrap();
            bed.tasks.hold(&task.lease, "expired").await.unwrap();
            bed.tasks.release_unknown(&bed.worker, &[]).await.unwrap();
        }
        bed.claim_as(&WorkerId::new("other"), 100).await;
        let lone = bed.create_for("lone").await;
        let mut costs = Vec::new();
        for _ in 0..20 {
            costs.push(commands_of_a_claim(&bed).await);
        }
        // Some thirty commands; those that meet an org at its limit put it to rest for a second.
        assert!(costs.iter().all(|cost| *cost < 60), "with {round} jobs each: {costs:?}");
        bed.jobs.cancel("lone", &lone).await.unwrap();
    }
}

#[tokio::test]
async fn a_job_is_not_held_up_by_very_many_of_an_org_that_is_paused() {
    let bed = Bed::with(|config| (config.max_open_jobs, config.jobs_per_minute) = (5_000, 1_000_000)).await;
    for _ in 0..2_000 {
        bed.create_for("paused").await;
    }
    let first = bed.claim(1).await.remove(0);
    bed.tasks.pause_org(&first.lease, std::time::Duration::from_secs(600), "busy").await.unwrap();
    let id = bed.create().await;
    assert_eq!(bed.claim(1).await[0].lease.job(), id, "the first claim finds it");
}

#[tokio::test]
async fn an_org_at_its_limit_goes_on_as_soon_as_one_of_its_tasks_has_ended() {
    let bed = Bed::with(|config| config.org_limit = 1).await;
    let jobs = [bed.create().await, bed.create().await];
    let running = bed.claim(10).await.remove(0);
    assert!(bed.claim(10).await.is_empty());
    bed.push(&running.lease, &[], true).await;
    let next = bed.claim(1).await.remove(0);
    assert!(jobs.contains(&next.lease.job()));
}

#[tokio::test]
async fn an_org_starts_no_more_jobs_than_it_may() {
    let bed = Bed::with(|config| (config.max_open_jobs, config.jobs_per_minute) = (2, 600)).await;
    let keyed = NewJob { idempotency_key: Some("k".to_owned()), ..new_job(ORG) };
    let first = bed.jobs.create(keyed.clone()).await.unwrap();
    bed.create().await;
    let error = bed.jobs.create(new_job(ORG)).await.unwrap_err();
    assert_eq!(error.kind(), JobsErrorKind::Limited);
    assert!(matches!(error, JobsError::Limited { limit: Limit::Open(2), .. }), "{error:?}");
    assert_eq!(bed.jobs.list(ORG, 10, None).await.unwrap().len(), 2, "nothing is left of it");
    assert_eq!(bed.jobs.create(keyed).await.unwrap().id, first.id, "a repeated request is none more");
    bed.create_for("other").await;
    bed.jobs.cancel(ORG, &first.id).await.unwrap();
    bed.finish_of(&first.id).await;
    bed.create().await;
}

#[tokio::test]
async fn an_org_whose_jobs_all_wait_for_it_starts_no_further_one() {
    let bed = Bed::with(|config| config.max_held_jobs = 2).await;
    let mut held = Vec::new();
    for _ in 0..2 {
        held.push(bed.create().await);
        let task = bed.claim(1).await.remove(0);
        bed.tasks.hold(&task.lease, "expired").await.unwrap();
    }
    let error = bed.jobs.create(new_job(ORG)).await.unwrap_err();
    assert!(matches!(error, JobsError::Limited { limit: Limit::Held(2), .. }), "{error:?}");
    bed.jobs.resume(ORG, &held[0], None).await.unwrap();
    bed.create().await;
}

#[tokio::test]
async fn jobs_that_come_too_fast_are_refused_until_there_is_room_again() {
    let bed = Bed::with(|config| config.jobs_per_minute = 30).await;
    for _ in 0..30 {
        bed.create().await;
    }
    // This many at once; on a slow machine one more may have become due.
    let mut refused = None;
    for _ in 0..3 {
        refused = refused.or(bed.jobs.create(new_job(ORG)).await.err());
    }
    let Some(JobsError::Limited { limit: Limit::Rate(30), retry_after }) = refused else { panic!("{refused:?}") };
    assert!(retry_after <= std::time::Duration::from_secs(2), "{retry_after:?}");
    bed.create_for("other").await;
    until("there is room", async || bed.jobs.create(new_job(ORG)).await.is_ok()).await;
}

#[tokio::test]
async fn of_very_many_ended_jobs_the_newest_are_kept_and_those_with_dead_letters_on_their_own() {
    let bed = Bed::with(|config| config.max_ended_jobs = 2).await;
    let keyed = |key: &str| NewJob { idempotency_key: Some(key.to_owned()), ..new_job(ORG) };
    let poisoned = bed.planned(&[1]).await;
    bed.tasks.fail(&bed.claim(1).await[0].lease, None, "poison").await.unwrap();
    bed.finish().await;
    let mut ids = Vec::new();
    for number in 0..4 {
        ids.push(bed.jobs.create(keyed(&number.to_string())).await.unwrap().id);
        let plan = bed.claim_task(Task::Plan).await;
        bed.push(&plan, &[], true).await;
        bed.finish().await;
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
    let listed: Vec<_> = bed.jobs.list(ORG, 10, None).await.unwrap().iter().map(|job| job.id).collect();
    assert_eq!(listed, [ids[3], ids[2], poisoned]);
    assert!(bed.jobs.get(ORG, &ids[0]).await.unwrap().is_none());
    let left: Vec<_> = bed.keys().await.into_iter().filter(|key| key.contains(&ids[0].to_string())).collect();
    assert_eq!(left, [""; 0]);
    let again = bed.jobs.create(keyed("0")).await.unwrap();
    assert_eq!((again.id, again.existing), (ids[0], true), "its request is not carried out twice");
    // One that runs again is not an ended one.
    bed.jobs.retry(ORG, &poisoned, None).await.unwrap();
    let mut redis = bed.redis.clone();
    assert_eq!(redis.zcard::<_, u64>(bed.key("kept_dead", ORG)).await.unwrap(), 0);
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
