//! Many jobs at once: they are recorded together, and each is what it would be alone.

use std::collections::{BTreeSet, HashSet};

use futures_util::future::join_all;
use jobs::{Created, JobsError, JobsErrorKind, Limit, NewJob};
use redis::AsyncCommands as _;
use serde_json::json;

use crate::server::RedisServer;
use crate::support::{Bed, ORG, USER, new_job};

async fn at_once(bed: &Bed, jobs: impl IntoIterator<Item = NewJob>) -> Vec<Result<Created, JobsError>> {
    join_all(jobs.into_iter().map(|job| bed.jobs.create(job))).await
}

#[tokio::test]
async fn jobs_that_come_at_once_take_few_calls_and_each_is_as_if_it_came_alone() {
    const MANY: usize = 300;
    // A server of its own, whose calls are counted.
    let server = RedisServer::start(&["--save", ""]);
    let bed = Bed::on(&server, |config| (config.max_open_jobs, config.jobs_per_minute) = (1_000, 1_000)).await;
    bed.jobs.create(new_job("warm")).await.unwrap();
    let mut redis = bed.redis.clone();
    redis::cmd("CONFIG").arg("RESETSTAT").query_async::<()>(&mut redis).await.unwrap();
    let numbered = |number: usize| NewJob {
        user: format!("005{:015}", number % 3),
        params: json!({ "number": number }),
        request_id: format!("request {number}"),
        ..new_job(ORG)
    };
    let created = at_once(&bed, (0..MANY).map(numbered)).await;
    let ids: Vec<_> = created.into_iter().map(|created| created.unwrap().id).collect();
    let stats: String = redis::cmd("INFO").arg("commandstats").query_async(&mut redis).await.unwrap();
    let calls =
        stats.lines().find_map(|line| line.strip_prefix("cmdstat_evalsha:calls=")?.split(',').next()?.parse().ok());
    assert!(calls.is_some_and(|calls: usize| calls < MANY / 10), "{stats}");

    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), MANY);
    for (number, id) in ids.iter().enumerate() {
        let view = bed.view(id).await;
        assert_eq!((&view.params, &view.request_id), (&json!({ "number": number }), &format!("request {number}")));
    }
    let theirs = bed.jobs.list_of(ORG, &numbered(1).user, MANY, None).await.unwrap();
    let expected: BTreeSet<_> = ids.iter().skip(1).step_by(3).copied().collect();
    assert_eq!(theirs.iter().map(|job| job.id).collect::<BTreeSet<_>>(), expected);
    let stats = bed.tasks.stats().await.unwrap();
    assert_eq!((stats.open_jobs, stats.ready), (MANY as u64 + 1, MANY as u64 + 1));
    // In the order in which they came, the other org's in turn with them.
    let planned: Vec<_> = bed.claim(MANY + 1).await.iter().map(|task| task.lease.job()).collect();
    let of_org: Vec<_> = planned.into_iter().filter(|id| ids.contains(id)).collect();
    assert!(!of_org.is_empty());
    assert_eq!(of_org, ids[..of_org.len()]);
}

#[tokio::test]
async fn limits_of_an_org_hold_for_jobs_that_come_at_once() {
    let bed = Bed::with(|config| (config.max_open_jobs, config.jobs_per_minute) = (50, 600)).await;
    let created = at_once(&bed, (0..120).map(|_| new_job(ORG))).await;
    assert_eq!(created.iter().filter(|created| created.is_ok()).count(), 50);
    let refused = |created: &Result<Created, JobsError>| {
        matches!(created, Ok(_) | Err(JobsError::Limited { limit: Limit::Open(50), .. }))
    };
    assert!(created.iter().all(refused), "{created:?}");
    assert_eq!(bed.jobs.list(ORG, 200, None).await.unwrap().len(), 50, "nothing is left of the others");

    let bed = Bed::with(|config| config.jobs_per_minute = 30).await;
    let created = at_once(&bed, (0..120).map(|_| new_job(ORG))).await;
    let taken = created.iter().filter(|created| created.is_ok()).count();
    // One more is due every two seconds.
    assert!((30..=35).contains(&taken), "{taken}");
    let refused = |created: &Result<Created, JobsError>| {
        matches!(created, Ok(_) | Err(JobsError::Limited { limit: Limit::Rate(30), .. }))
    };
    assert!(created.iter().all(refused), "{created:?}");
}

#[tokio::test]
async fn a_key_that_comes_many_times_at_once_makes_one_job() {
    let bed = Bed::new().await;
    let keyed = |params| NewJob { idempotency_key: Some("k".to_owned()), params, ..new_job(ORG) };
    let params = |number: usize| if number % 4 == 3 { json!({"where": "other"}) } else { json!({"where": "first"}) };
    let created = at_once(&bed, (0..40).map(|number| keyed(params(number)))).await;
    let (same, other): (Vec<_>, Vec<_>) = (0..40).zip(created).partition(|(number, _)| number % 4 != 3);
    let same: Vec<_> = same.into_iter().map(|(_, created)| created.unwrap()).collect();
    assert_eq!(same.iter().map(|created| created.id).collect::<HashSet<_>>().len(), 1);
    assert_eq!(same.iter().filter(|created| !created.existing).count(), 1);
    assert!(other.iter().all(|(_, created)| matches!(created, Err(JobsError::KeyReused))), "{other:?}");
    assert_eq!(bed.jobs.list(ORG, 10, None).await.unwrap().len(), 1);
}

/// Somebody who can write to Redis breaks the list of one user's jobs.
#[tokio::test]
async fn what_cannot_be_recorded_keeps_no_job_from_that_which_came_with_it() {
    let bed = Bed::new().await;
    let broken = "005000000000009AAA";
    let _: () = bed.redis.clone().set(bed.key("mine", format_args!("{ORG}:{broken}")), "x").await.unwrap();
    let user = |number: usize| if number % 5 == 2 { broken } else { USER };
    let jobs = (0..30).map(|number| NewJob { user: user(number).to_owned(), ..new_job(ORG) });
    let created = at_once(&bed, jobs).await;
    for (number, created) in created.iter().enumerate() {
        match created {
            Ok(created) => {
                assert_eq!((user(number), created.existing), (USER, false));
                assert_eq!(bed.view(&created.id).await.created_by.as_deref(), Some(USER));
            }
            Err(error) => assert_eq!((user(number), error.kind()), (broken, JobsErrorKind::Bug), "{error}"),
        }
    }
    let mut claimed = HashSet::new();
    while let Some(task) = bed.claim(1).await.pop() {
        claimed.insert(task.lease.job());
    }
    let made: HashSet<_> = created.iter().flatten().map(|created| created.id).collect();
    assert_eq!((made.len(), claimed.len()), (24, bed.config.org_limit as usize));
    assert!(claimed.is_subset(&made), "{made:?} {claimed:?}");
}
