//! What operators see, over all orgs.

use std::collections::BTreeSet;
use std::time::Duration;

use jobs::operator::{Actor, JobFilter, Totals, WhichJobs};
use jobs::{ChunkReport, Failed, JobId, JobState, NewJob, OPERATOR, Silence, Task};
use redis::AsyncCommands as _;

use crate::support::{Bed, ORG, all_well, new_job, until};
use crate::workers::{Running, TestKind, settings};

pub(crate) const OTHER: &str = "00D000000000002AAA";

pub(crate) fn ada() -> Actor {
    "ada".parse().unwrap()
}

/// A job that no user made, so that operators may let it go on.
pub(crate) fn free_job(org: &str) -> NewJob {
    NewJob { user: OPERATOR.to_owned(), ..new_job(org) }
}

impl Bed {
    pub(crate) async fn free(&self) -> JobId {
        self.jobs.create(free_job(ORG)).await.unwrap().id
    }

    /// An ended job of these chunks, all of which are dead letters.
    pub(crate) async fn buried(&self, chunks: usize) -> JobId {
        let id = self.free().await;
        let lease = self.claim_task(Task::Plan).await;
        self.push(&lease, &vec![2; chunks], true).await;
        for _ in 0..chunks {
            let claimed = self.claim(1).await.pop().unwrap();
            assert_eq!(self.tasks.fail(&claimed.lease, None, "too bad").await.unwrap(), Failed::Dead);
        }
        self.finish().await;
        id
    }
}

#[tokio::test]
async fn the_overview_counts_what_there_is_over_all_orgs() {
    let bed = Bed::new().await;
    let operator = bed.jobs.operator();
    let empty = operator.overview().await.unwrap();
    assert_eq!((empty.open_jobs, empty.kept_jobs, empty.history.len()), (0, 0, 60));
    assert_eq!((empty.oldest, empty.workers.len(), empty.advice), (None, 0, None));

    let first = bed.planned(&[3, 4, 5]).await;
    let chunk = bed.claim(1).await.pop().unwrap();
    bed.tasks.fail(&chunk.lease, Some(Duration::from_secs(600)), "busy").await.unwrap();
    let chunk = bed.claim(1).await.pop().unwrap();
    bed.create_for(OTHER).await;
    let seen = operator.overview().await.unwrap();
    assert_eq!((seen.open_jobs, seen.looked_at, seen.kept_jobs), (2, 2, 2));
    assert_eq!((seen.states["running"], seen.states["queued"]), (1, 1));
    assert_eq!((seen.tasks.ready, seen.tasks.delayed, seen.tasks.leased), (2, 1, 1));
    let oldest = seen.oldest.unwrap();
    assert_eq!((oldest.job, oldest.org.as_str()), (first, ORG), "it had its last turn before the other was made");
    assert_eq!(seen.orgs.iter().map(|org| org.org.as_str()).collect::<BTreeSet<_>>(), BTreeSet::from([ORG, OTHER]));

    // Its turn now: from here on the other one waits for longer.
    bed.ack(&chunk).await;
    tokio::time::sleep(Duration::from_millis(5)).await;
    bed.claim(2).await;
    assert_eq!(operator.overview().await.unwrap().oldest, None, "everything that was ready has a worker");
    let sum = |count: fn(&jobs::operator::Minute) -> u64| {
        let operator = operator.clone();
        async move { operator.overview().await.unwrap().history.iter().map(count).sum::<u64>() }
    };
    assert_eq!(sum(|minute| minute.processed).await, chunk.records);
    assert_eq!((sum(|minute| minute.chunks).await, sum(|minute| minute.retried).await), (1, 1));
    assert_eq!(sum(|minute| minute.jobs_created).await, 2);
    let totals = operator.overview().await.unwrap().totals;
    let expected = Totals { processed: chunk.records, chunks: 1, retried: 1, jobs_created: 2, ..Totals::default() };
    assert_eq!(totals, expected, "the same since ever");
}

#[tokio::test]
async fn what_is_kept_for_operators_has_an_end() {
    let bed = Bed::new().await;
    bed.buried(1).await;
    bed.jobs.operator().pause_org(ORG, Duration::from_secs(60), "", None, &ada()).await.unwrap();
    let mut redis = bed.redis.clone();
    let keys = bed.keys().await;
    let minutes: Vec<_> = keys.iter().filter(|key| key.contains("}:minute:")).collect();
    assert!(!minutes.is_empty(), "{keys:?}");
    for key in minutes {
        let seconds: i64 = redis.ttl(key).await.unwrap();
        assert!((1..=65 * 60).contains(&seconds), "{key} {seconds}");
    }
    let since: Vec<_> = keys.iter().filter(|key| key.contains("}:paused_since:")).collect();
    assert_eq!(since.len(), 1, "{keys:?}");
    assert!(redis.ttl::<_, i64>(since[0]).await.unwrap() > 0);
    for name in ["all", "operations"] {
        let seconds: i64 = redis.ttl(format!("{}{name}", bed.prefix)).await.unwrap();
        assert!(seconds > 0, "{name} {seconds}");
    }
}

#[tokio::test]
async fn a_task_that_is_tried_again_says_why_until_it_succeeds() {
    let bed = Bed::new().await;
    let id = bed.planned(&[1, 1]).await;
    let before = bed.view(&id).await;
    assert_eq!((before.last_error, before.attempts, before.next_try_at), (None, None, None));
    for attempt in 1..=2 {
        let lease = bed.claim_task(Task::Chunk(0)).await;
        bed.tasks.fail(&lease, Some(Duration::from_secs(90)), "the org said <b>no</b>").await.unwrap();
        let view = bed.view(&id).await;
        assert_eq!(view.last_error.as_deref(), Some("the org said <b>no</b>"));
        assert_eq!(view.attempts, Some(attempt));
        let wait = view.next_try_at.unwrap() - chrono::Utc::now();
        assert!((60..=120).contains(&wait.num_seconds()), "{wait}");
        assert_eq!((view.state, view.reason), (JobState::Running, None));
        bed.pass_delays(&id).await;
        // Due again, it comes in front.
    }
    let chunk = bed.claim(1).await.pop().unwrap();
    assert_eq!(chunk.lease.task(), Task::Chunk(0));
    bed.ack(&chunk).await;
    let view = bed.view(&id).await;
    assert_eq!((view.last_error, view.attempts, view.next_try_at), (None, None, None));
}

#[tokio::test]
async fn the_end_of_a_task_or_its_job_ends_its_trouble() {
    let bed = Bed::with(|config| config.max_attempts = 2).await;
    let id = bed.planned(&[1, 1]).await;
    for failed in [Failed::Retried, Failed::Dead] {
        let lease = bed.claim_task(Task::Chunk(0)).await;
        assert_eq!(bed.tasks.fail(&lease, Some(Duration::from_millis(1)), "no").await.unwrap(), failed);
        bed.pass_delays(&id).await;
    }
    assert_eq!(bed.view(&id).await.last_error, None, "a dead letter tells it now");
    let lease = bed.claim_task(Task::Chunk(1)).await;
    bed.tasks.later(&lease, Duration::from_secs(60), "the load is not done").await.unwrap();
    let view = bed.view(&id).await;
    assert_eq!((view.last_error.as_deref(), view.attempts), (Some("the load is not done"), Some(0)));
    bed.jobs.cancel(ORG, &id).await.unwrap();
    bed.finish().await;
    assert!(!bed.keys().await.iter().any(|key| key.contains("troubles")), "nothing of it is left");
}

#[tokio::test]
async fn a_lost_worker_and_a_silent_org_are_told_too() {
    let bed = Bed::new().await;
    let id = bed.planned(&[1, 1]).await;
    let lease = bed.claim_task(Task::Chunk(0)).await;
    bed.expire(&lease).await;
    let view = bed.view(&id).await;
    assert_eq!((view.last_error.as_deref(), view.attempts), (Some("its worker was lost"), Some(1)));

    let other = bed.create().await;
    let claimed = bed.claim(1).await.pop().unwrap();
    let silence = Silence::default();
    bed.tasks.silent(&claimed.lease, &silence, None, "no answer of the org").await.unwrap();
    for id in [id, other] {
        let view = bed.view(&id).await;
        assert_eq!(view.last_error.as_deref(), Some("no answer of the org"), "all jobs of the org wait for it");
        assert_eq!((view.attempts, view.next_try_at), (Some(1), view.paused_until));
        assert!(view.next_try_at.is_some());
        assert!(view.silent_since.is_some() && view.silent_since == view.paused_since, "{view:?}");
    }
    let orgs = bed.jobs.operator().overview().await.unwrap().orgs;
    assert_eq!(orgs[0].silent.as_ref().unwrap().times, 1);
    assert_eq!(orgs[0].silent.as_ref().unwrap().reason, "no answer of the org");
    assert_eq!(orgs[0].paused.as_ref().unwrap().since, bed.view(&id).await.paused_since);
    assert_eq!(orgs[0].paused.as_ref().unwrap().reason, "no answer of the org");
}

#[tokio::test]
async fn jobs_of_all_orgs_are_found_page_by_page() {
    let bed = Bed::new().await;
    let operator = bed.jobs.operator();
    let ended = bed.buried(1).await;
    let mut all = vec![ended];
    for number in 0..5 {
        all.push(bed.create_for(if number % 2 == 0 { ORG } else { OTHER }).await);
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let mut seen = Vec::new();
    let mut after = None;
    for _ in 0..4 {
        let page = operator.jobs(&JobFilter::default(), 2, after).await.unwrap();
        seen.extend(page.jobs.iter().map(|job| job.id));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    all.reverse();
    assert_eq!(seen, all, "all, newest first, each once");

    let find = async |filter: JobFilter| -> Vec<JobId> {
        operator.jobs(&filter, 100, None).await.unwrap().jobs.iter().map(|job| job.id).collect()
    };
    let which = |which| JobFilter { which, ..JobFilter::default() };
    assert_eq!(find(which(WhichJobs::Open)).await, all[..5]);
    assert_eq!(find(which(WhichJobs::Ended)).await, [ended]);
    assert_eq!(find(which(WhichJobs::WithDeadLetters)).await, [ended]);
    assert_eq!(find(which(WhichJobs::In(JobState::Queued))).await, all[..5]);
    assert_eq!(find(which(WhichJobs::In(JobState::Failed))).await, []);
    let of_org = |org: &str| JobFilter { org: Some(org.to_owned()), ..which(WhichJobs::Open) };
    assert_eq!(find(of_org(OTHER)).await, [all[1], all[3]]);
    assert_eq!(find(JobFilter { kind: Some("other".to_owned()), ..JobFilter::default() }).await, []);
    let time = operator.job(&all[2]).await.unwrap().unwrap().created_at;
    assert_eq!(find(JobFilter { from: Some(time), ..JobFilter::default() }).await, all[..3]);
    assert_eq!(find(JobFilter { to: Some(time), ..JobFilter::default() }).await, all[3..]);
    let bad = JobFilter { org: Some("a b".to_owned()), ..JobFilter::default() };
    assert!(operator.jobs(&bad, 1, None).await.unwrap_err().to_string().contains("org"));
}

#[tokio::test]
async fn a_worker_tells_what_it_does_and_is_gone_when_it_ends() {
    let bed = Bed::with(|config| config.lease = Duration::from_secs(2)).await;
    let operator = bed.jobs.operator();
    let kind = TestKind::with(vec![vec![7, 7]], |run| {
        Box::pin(async move {
            if run.number == 1 {
                run.cancelled.cancelled().await;
                return Ok(ChunkReport::default());
            }
            Ok(all_well(run.records))
        })
    });
    let figures = || Some("jobs_tasks_reclaimed_total 7\n".to_owned());
    let of_worker = |name: &str| jobs::WorkerSettings { memory: || Some(12_345), figures, ..settings(name) };
    let first = Running::start(&bed, of_worker("worker.1"), kind.clone()).await;
    let id = bed.create().await;
    until("the worker is seen with its task", async || {
        let workers = operator.overview().await.unwrap().workers;
        workers.iter().any(|worker| worker.records_done == 7 && worker.tasks.iter().any(|task| task.task == "1"))
    })
    .await;
    let seen = operator.overview().await.unwrap();
    let worker = &seen.workers[0];
    assert_eq!((worker.name.as_str(), worker.concurrency, worker.running), ("worker.1", 4, 1));
    assert_eq!((worker.memory_bytes, worker.pid), (Some(12_345), std::process::id()));
    assert_eq!((worker.tasks[0].job, worker.tasks[0].org.as_str()), (id, ORG));
    assert_eq!(seen.advice.unwrap().busy_workers, 1);
    let left = operator.left_figures(&seen.workers).await.unwrap();
    assert_eq!(left, [Some("jobs_tasks_reclaimed_total 7\n".to_owned())]);
    assert_eq!(operator.left_figures(&[]).await.unwrap(), []);
    assert!(seen.has_worker(bed.config.lease));

    let second = Running::start(&bed, of_worker("worker.2"), kind).await;
    until("both are seen", async || operator.overview().await.unwrap().workers.len() == 2).await;
    // As SIGKILL: it says nothing any more.
    first.abort().await;
    until("the one that was killed is gone", async || {
        let workers = operator.overview().await.unwrap().workers;
        workers.len() == 1 && workers[0].name == "worker.2"
    })
    .await;
    bed.jobs.cancel(ORG, &id).await.unwrap();
    second.stop().await;
    assert_eq!(operator.overview().await.unwrap().workers, [], "one that ends says so");
    until("nothing of them is left", async || {
        let keys = bed.keys().await;
        // What the one that was killed has left of its figures goes by itself in half a minute.
        !keys.iter().any(|key| key.contains("}:beat") || key.contains("}:figures:worker.2"))
    })
    .await;
}

#[tokio::test]
async fn another_services_jobs_are_seen_over_the_same_connection() {
    let bed = Bed::new().await;
    bed.create().await;
    let beside = bed.jobs.beside("{another}:").unwrap();
    assert_eq!(beside.operator().overview().await.unwrap().open_jobs, 0);
    assert_eq!(beside.beside(&bed.prefix).unwrap().operator().overview().await.unwrap().open_jobs, 1);
    assert!(bed.jobs.beside("no-tag:").is_err());
}
