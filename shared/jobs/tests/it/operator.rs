//! What operators see and do, over all orgs.

use std::collections::BTreeSet;
use std::time::Duration;

use jobs::operator::{Actor, JobFilter, Letters, OperationKind, Refusal, Totals, WhichJobs};
use jobs::{ChunkReport, Failed, JobActKind, JobId, JobState, JobsConfig, NewJob, OPERATOR, SealKey, Silence, Task};
use redis::AsyncCommands as _;
use secrecy::SecretString;

use crate::support::{Bed, ORG, all_well, new_job, until};
use crate::workers::{Running, TestKind, settings};

pub(crate) const OTHER: &str = "00D000000000002AAA";

pub(crate) fn ada() -> Actor {
    "ada".parse().unwrap()
}

/// A job that no user made, so that operators may let it go on.
fn free_job(org: &str) -> NewJob {
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
async fn what_an_operator_does_is_recorded_with_the_name() {
    let bed = Bed::new().await;
    let operator = bed.jobs.operator();
    let running = bed.planned(&[1]).await;
    assert_eq!(operator.cancel(&running, &ada()).await.unwrap().state, JobState::Finishing);
    let history = bed.view(&running).await.history;
    assert_eq!((history[0].act, history[0].actor.as_str()), (JobActKind::Cancelled, "operator.ada"));
    let refused = operator.cancel(&running, &ada()).await.unwrap_err();
    assert!(matches!(&refused, Refusal::NotNow(why) if why.contains("too late")), "{refused}");
    bed.finish().await;
    assert!(operator.cancel(&running, &ada()).await.unwrap_err().to_string().contains("has ended"));
    assert!(operator.retry(&running, Letters::All, &ada()).await.unwrap_err().to_string().contains("cancelled job"));
    assert!(operator.resume(&running, &ada()).await.unwrap_err().to_string().contains("does not wait"));
    assert_eq!(bed.view(&running).await.history.len(), 1, "what is refused leaves no trace");
    let unknown: JobId = "0190a0b0c0d07000800000000000000a".parse().unwrap();
    assert!(matches!(operator.cancel(&unknown, &ada()).await, Err(Refusal::NoSuchJob)));
}

#[tokio::test]
async fn one_dead_letter_is_put_back_and_the_others_stay() {
    let bed = Bed::new().await;
    let operator = bed.jobs.operator();
    let id = bed.buried(3).await;
    assert_eq!(operator.overview().await.unwrap().dead_letters, 3);
    let missing = operator.retry(&id, Letters::Of(Task::Chunk(7)), &ada()).await.unwrap_err();
    assert!(missing.to_string().contains("no such dead letter"), "{missing}");
    let retried = operator.retry(&id, Letters::Of(Task::Chunk(1)), &ada()).await.unwrap();
    assert_eq!((retried.state, retried.dead_chunks, retried.run), (JobState::Queued, 2, 2));
    let chunk = bed.claim(10).await;
    assert_eq!(chunk.iter().map(|chunk| chunk.lease.task()).collect::<Vec<_>>(), [Task::Chunk(1)]);
    bed.ack(&chunk[0]).await;
    bed.finish().await;
    let letters = operator.dead_letters(&id).await.unwrap().unwrap();
    assert_eq!(letters.iter().map(|letter| letter.chunk).collect::<Vec<_>>(), [Some(0), Some(2)]);
    let view = bed.view(&id).await;
    assert_eq!((view.state, view.succeeded, view.failed), (JobState::Completed, 2, 4));
    assert_eq!(view.history[0].act, JobActKind::Retried);

    let seen = operator.overview().await.unwrap();
    assert_eq!((seen.jobs_with_dead_letters, seen.dead_letters), (1, 2));
    operator.retry(&id, Letters::All, &ada()).await.unwrap();
    for chunk in bed.claim(10).await {
        bed.ack(&chunk).await;
    }
    bed.finish().await;
    assert_eq!(bed.view(&id).await.succeeded, 6);
    let seen = operator.overview().await.unwrap();
    assert_eq!((seen.jobs_with_dead_letters, seen.dead_letters), (0, 0));
}

#[tokio::test]
async fn a_plan_that_was_given_up_keeps_its_reason_while_only_a_chunk_is_put_back() {
    let bed = Bed::new().await;
    let id = bed.free().await;
    let plan = bed.claim_task(Task::Plan).await;
    bed.push(&plan, &[1], false).await;
    let chunk = bed.claim_task(Task::Chunk(0)).await;
    bed.tasks.fail(&chunk, None, "bad chunk").await.unwrap();
    let plan = bed.claim_task(Task::Plan).await;
    bed.tasks.fail(&plan, None, "bad query").await.unwrap();
    bed.finish().await;
    assert_eq!(
        (bed.view(&id).await.state, bed.view(&id).await.reason.as_deref()),
        (JobState::Failed, Some("bad query"))
    );
    let operator = bed.jobs.operator();
    operator.retry(&id, Letters::Of(Task::Chunk(0)), &ada()).await.unwrap();
    let chunk = bed.claim(1).await.pop().unwrap();
    bed.ack(&chunk).await;
    bed.finish().await;
    let view = bed.view(&id).await;
    assert_eq!((view.state, view.reason.as_deref(), view.succeeded), (JobState::Failed, Some("bad query"), 1));
    let retried = operator.retry(&id, Letters::Of(Task::Plan), &ada()).await.unwrap();
    assert_eq!((retried.state, retried.reason), (JobState::Queued, None));
    bed.claim_task(Task::Plan).await;
}

#[tokio::test]
async fn a_job_of_a_users_session_is_the_users_to_retry() {
    let bed = Bed::new().await;
    let session = Some(SecretString::from("a session"));
    for job in [NewJob { session, ..free_job(ORG) }, new_job(ORG)] {
        let id = bed.jobs.create(job).await.unwrap().id;
        let plan = bed.claim_task(Task::Plan).await;
        bed.tasks.fail(&plan, None, "bad query").await.unwrap();
        bed.finish().await;
        let refused = bed.jobs.operator().retry(&id, Letters::All, &ada()).await.unwrap_err();
        assert!(matches!(refused, Refusal::NeedsOwner { .. }), "{refused}");
        assert_eq!(bed.view(&id).await.state, JobState::Failed);
    }
}

#[tokio::test]
async fn without_the_key_an_operator_looks_and_cancels_and_lets_nothing_run_again() {
    let bed = Bed::new().await;
    let (buried, open) = (bed.buried(1).await, bed.create().await);
    let config = JobsConfig { secret_key: SealKey::none(), ..bed.config.clone() };
    let operator = jobs::Jobs::connect(config).await.unwrap().operator();
    assert_eq!(operator.overview().await.unwrap().open_jobs, 1);
    let refused = operator.retry(&buried, Letters::All, &ada()).await.unwrap_err();
    assert!(refused.to_string().contains("JOB_SECRET_KEY"), "{refused}");
    operator.cancel(&open, &ada()).await.unwrap();
    // A job that was changed in Redis does not go on, with the key neither.
    let mut redis = bed.redis.clone();
    let _: () = redis.set(bed.key("params", buried), r#"{"where":"all of it"}"#).await.unwrap();
    let refused = bed.jobs.operator().retry(&buried, Letters::All, &ada()).await.unwrap_err();
    assert!(matches!(refused, Refusal::Jobs(jobs::JobsError::Unproven(_))), "{refused}");
}

#[tokio::test]
async fn an_org_rests_until_an_operator_lets_it_go_on() {
    let bed = Bed::new().await;
    let operator = bed.jobs.operator();
    let id = bed.create().await;
    operator.pause_org(ORG, Duration::from_secs(600), " maintenance\n until noon ", None, &ada()).await.unwrap();
    assert_eq!(bed.claim(1).await.len(), 0);
    let view = bed.view(&id).await;
    assert_eq!(view.reason.as_deref(), Some("paused by operator.ada: maintenance until noon"));
    assert!(view.paused_until.is_some() && view.next_try_at == view.paused_until);
    // Seen also when it has no open job.
    operator.pause_org(OTHER, Duration::from_secs(600), "", None, &ada()).await.unwrap();
    let seen = operator.overview().await.unwrap();
    assert!(seen.orgs.iter().all(|org| org.paused.is_some()) && seen.orgs.len() == 2, "{:?}", seen.orgs);
    operator.resume_org(ORG, &ada()).await.unwrap();
    assert_eq!(bed.claim(1).await.len(), 1);
    assert!(operator.resume_org(ORG, &ada()).await.unwrap_err().to_string().contains("not paused"));
    let (done, refused): (Vec<_>, Vec<_>) =
        operator.operations().await.unwrap().into_iter().partition(|act| act.refused.is_none());
    assert_eq!(refused.len(), 1, "{refused:?}");
    let acts: Vec<_> = done.into_iter().map(|act| (act.act, act.org)).collect();
    let (paused, resumed) = (OperationKind::Paused, OperationKind::Resumed);
    assert_eq!(acts, [(resumed, ORG.to_owned()), (paused, OTHER.to_owned()), (paused, ORG.to_owned())]);
    for (org, seconds) in [("a b", 60), (ORG, 0), (ORG, 8 * 24 * 60 * 60)] {
        let refused = operator.pause_org(org, Duration::from_secs(seconds), "", None, &ada()).await;
        assert!(matches!(refused, Err(Refusal::NotNow(_))), "{org} {seconds}");
    }
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
