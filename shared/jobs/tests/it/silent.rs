//! Orgs that do not answer: they rest, longer each time, and one task tries them for all.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use jobs::{Claimed, Failed, JobId, JobState, Silence, Task, TaskError, WorkerId, WorkerSettings};
use redis::AsyncCommands as _;

use crate::support::{Bed, KIND, ORG, new_job, until};
use crate::workers::{TestKind, settings, start};

const SILENCE: Silence =
    Silence { first: Duration::from_secs(10), most: Duration::from_secs(60), patience: Duration::from_secs(3_600) };

/// Ends a run without an answer; costs no attempt.
async fn silent(bed: &Bed, task: &Claimed) -> Failed {
    bed.tasks.silent(&task.lease, &SILENCE, None, "no answer").await.unwrap()
}

/// Ms for which the org still rests; 0 when it does not.
async fn rest(bed: &Bed) -> i64 {
    bed.redis.clone().pttl::<_, i64>(bed.key("pause", ORG)).await.unwrap().max(0)
}

/// Lets the rest pass and claims, as two workers, all there is.
async fn after_the_rest(bed: &Bed) -> Vec<Claimed> {
    bed.pass_pause(ORG).await;
    let mut claimed = bed.claim_as(&WorkerId::new("worker.2"), 10).await;
    claimed.extend(bed.claim(10).await);
    claimed
}

#[tokio::test]
async fn an_org_that_does_not_answer_rests_longer_each_time_and_one_task_tries_it() {
    let bed = Bed::new().await;
    let id = bed.planned(&[1; 5]).await;
    let under_way = bed.claim(3).await;
    assert!(under_way.iter().all(|task| !task.probe));
    for task in &under_way {
        assert_eq!(silent(&bed, task).await, Failed::Retried);
    }
    let mut longest = 10_000;
    let first = rest(&bed).await;
    assert!((4_000..=longest).contains(&first), "{first}: three at once are one silence");
    let view = bed.view(&id).await;
    assert_eq!((view.reason.as_deref(), view.paused_until.is_some()), (Some("no answer"), true));
    assert!(bed.claim(10).await.is_empty(), "all wait");
    for _ in 0..4 {
        let probes = after_the_rest(&bed).await;
        assert_eq!(probes.len(), 1, "one tries it, over all workers");
        assert!(probes[0].probe);
        silent(&bed, &probes[0]).await;
        longest = (longest * 2).min(60_000);
        let rest = rest(&bed).await;
        assert!((longest / 2 - 1_000..=longest).contains(&rest), "{rest} of {longest}");
    }
    let probe = after_the_rest(&bed).await.remove(0);
    assert_eq!((probe.attempts, bed.view(&id).await.dead_chunks), (0, 0), "no attempt was burned");
    assert!(bed.tasks.answered(&probe.lease).await.unwrap());
    assert!(!bed.tasks.answered(&probe.lease).await.unwrap(), "twice is once");
    let others = bed.claim(10).await;
    assert_eq!(others.len(), 4, "the others go on beside it");
    assert!(others.iter().all(|task| !task.probe));
    for task in others.iter().chain([&probe]) {
        bed.ack(task).await;
    }
    bed.finish().await;
    assert_eq!((bed.view(&id).await.state, bed.view(&id).await.processed), (JobState::Completed, 5));
    // A new silence begins anew.
    bed.create().await;
    silent(&bed, &bed.claim(1).await[0]).await;
    assert!(rest(&bed).await <= 10_000);
}

#[tokio::test]
async fn other_orgs_do_not_rest() {
    let bed = Bed::new().await;
    bed.create().await;
    silent(&bed, &bed.claim(1).await[0]).await;
    let other = bed.create_for("other").await;
    let claimed = bed.claim(10).await;
    assert_eq!(claimed.iter().map(|task| task.lease.job()).collect::<Vec<_>>(), [other]);
}

#[tokio::test]
async fn tasks_that_were_under_way_say_nothing_new() {
    let bed = Bed::new().await;
    bed.planned(&[1; 3]).await;
    let under_way = bed.claim(2).await;
    silent(&bed, &under_way[0]).await;
    assert!(!bed.tasks.answered(&under_way[1].lease).await.unwrap(), "it is no probe");
    let probe = after_the_rest(&bed).await.remove(0);
    silent(&bed, &under_way[1]).await;
    assert_eq!(rest(&bed).await, 0, "the probe goes on");
    assert!(bed.claim(10).await.is_empty());
    assert!(bed.tasks.answered(&probe.lease).await.unwrap());
    assert_eq!(bed.claim(10).await.len(), 2);
}

#[tokio::test]
async fn a_worker_that_dies_while_it_tries_the_org_leaves_that_to_another() {
    let bed = Bed::new().await;
    bed.planned(&[1; 3]).await;
    silent(&bed, &bed.claim(1).await[0]).await;
    let lost = after_the_rest(&bed).await.remove(0);
    assert!(bed.claim(10).await.is_empty());
    bed.expire(&lost.lease).await;
    let probes = bed.claim(10).await;
    assert_eq!((probes.len(), probes[0].probe), (1, true));
    assert_ne!(probes[0].lease, lost.lease);
    assert_eq!(silent(&bed, &lost).await, Failed::Lost, "what the dead one says does not count");
    assert!(bed.tasks.answered(&probes[0].lease).await.unwrap());
}

#[tokio::test]
async fn a_probe_that_ends_without_asking_the_org_leaves_that_to_the_next() {
    let bed = Bed::new().await;
    bed.planned(&[1; 3]).await;
    silent(&bed, &bed.claim(1).await[0]).await;
    let probe = after_the_rest(&bed).await.remove(0);
    bed.ack(&probe).await;
    let probes = bed.claim(10).await;
    assert_eq!((probes.len(), probes[0].probe), (1, true));
}

#[tokio::test]
async fn a_run_that_had_an_answer_before_costs_an_attempt_and_goes_on_not_for_ever() {
    let bed = Bed::with(|config| config.max_attempts = 2).await;
    let id = bed.planned(&[1]).await;
    for (attempts, ending) in [(0, Failed::Retried), (1, Failed::Dead)] {
        let task = after_the_rest(&bed).await.remove(0);
        assert_eq!(task.attempts, attempts);
        let failed = bed.tasks.silent(&task.lease, &SILENCE, Some(Duration::ZERO), "no answer").await.unwrap();
        assert_eq!(failed, ending);
        // The shortest delay is one millisecond.
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(bed.view(&id).await.dead_chunks, 1);
}

#[tokio::test]
async fn an_org_that_was_silent_for_too_long_gets_no_further_tries_of_a_task() {
    let bed = Bed::new().await;
    let id = bed.planned(&[1, 1]).await;
    silent(&bed, &bed.claim(1).await[0]).await;
    let mut redis = bed.redis.clone();
    let _: () = redis.hset(bed.key("silent", ORG), "since", 1).await.unwrap();
    let probe = after_the_rest(&bed).await.remove(0);
    assert_eq!(silent(&bed, &probe).await, Failed::Dead);
    let letters = bed.jobs.dead_letters(ORG, &id).await.unwrap().unwrap();
    assert_eq!(letters.len(), 1);
    assert!(letters[0].reason.starts_with("no answer (for "), "{}", letters[0].reason);
}

#[tokio::test]
async fn a_job_that_is_cancelled_ends_though_its_org_does_not_answer() {
    let bed = Bed::with(|config| config.max_attempts = 2).await;
    let id = bed.planned(&[1, 1]).await;
    let running = bed.claim(1).await.remove(0);
    bed.jobs.cancel(ORG, &id).await.unwrap();
    assert_eq!(silent(&bed, &running).await, Failed::Dropped);
    for ending in [Failed::Retried, Failed::Dead] {
        let last = after_the_rest(&bed).await.remove(0);
        assert_eq!(last.lease.task(), Task::Finish);
        assert_eq!(silent(&bed, &last).await, ending);
    }
    assert_eq!(bed.view(&id).await.state, JobState::Cancelled);
}

#[tokio::test]
async fn workers_bring_the_jobs_of_a_silent_org_to_their_end_when_it_answers() {
    let bed = Bed::new().await;
    let jobs = [bed.create().await, bed.create().await];
    let (answers, asked) = (Arc::<AtomicBool>::default(), Arc::<AtomicUsize>::default());
    let (org, calls) = (Arc::clone(&answers), Arc::clone(&asked));
    let kind = TestKind::with(vec![vec![1; 4]], move |run| {
        let (org, calls) = (Arc::clone(&org), Arc::clone(&calls));
        Box::pin(async move {
            calls.fetch_add(1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(20)).await;
            if !org.load(Ordering::SeqCst) {
                return Err(TaskError::Silent { reason: "no answer".to_owned() });
            }
            run.heard.set();
            run.all_well()
        })
    });
    let silence = Silence { first: Duration::from_millis(50), most: Duration::from_millis(200), ..Silence::default() };
    let quick = |name| WorkerSettings { silence, concurrency: 4, poll: Duration::from_millis(20), ..settings(name) };
    let workers = [start(&bed, quick("worker.1"), &kind).await, start(&bed, quick("worker.2"), &kind).await];
    until("the org was tried several times", async || asked.load(Ordering::SeqCst) >= 12).await;
    answers.store(true, Ordering::SeqCst);
    for id in &jobs {
        until("the job has ended", async || bed.view(id).await.state == JobState::Completed).await;
        let view = bed.view(id).await;
        assert_eq!((view.processed, view.done_chunks, view.dead_chunks), (4, 4, 0));
    }
    for worker in workers {
        worker.stop().await;
    }
}

#[tokio::test]
async fn an_org_with_slow_tasks_does_not_have_a_worker_to_itself() {
    let bed = Bed::new().await;
    let slow = bed.planned(&[1; 6]).await;
    let kind = TestKind::with(vec![], |run| {
        Box::pin(async move {
            if run.org == ORG {
                std::future::pending::<()>().await;
            }
            run.all_well()
        })
    });
    let worker = start(&bed, WorkerSettings { concurrency: 2, ..settings("worker.1") }, &kind).await;
    until("all slots are taken", async || bed.view(&slow).await.running_chunks == 2).await;
    let mut others = Vec::new();
    for org in ["other", "another"] {
        others.push((org, bed.jobs.create(new_job(org)).await.unwrap().id));
    }
    for (org, id) in others {
        until("another org's job has ended", async || {
            bed.jobs.get(org, &id).await.unwrap().unwrap().state == JobState::Completed
        })
        .await;
    }
    assert_eq!(bed.view(&slow).await.running_chunks, 2, "one more slot is for others only");
    worker.abort().await;
}

/// Runs for ever in orgs whose names begin with "slow".
fn slow_kind() -> Arc<TestKind> {
    TestKind::with(vec![], |run| {
        Box::pin(async move {
            if run.org.starts_with("slow") {
                std::future::pending::<()>().await;
            }
            run.all_well()
        })
    })
}

/// A job of one chunk in each of some slow orgs.
async fn slow_jobs(bed: &Bed, count: usize) -> Vec<(String, JobId)> {
    let mut jobs = Vec::new();
    for number in 0..count {
        let org = format!("slow-{number}");
        let id = bed.create_for(&org).await;
        jobs.push((org, id));
    }
    for task in bed.claim(count).await {
        bed.push(&task.lease, &[1], true).await;
    }
    jobs
}

async fn running_of(bed: &Bed, jobs: &[(String, JobId)]) -> u64 {
    let mut running = 0;
    for (org, id) in jobs {
        running += bed.jobs.get(org, id).await.unwrap().unwrap().running_chunks;
    }
    running
}

#[tokio::test]
async fn many_orgs_with_stuck_tasks_leave_slots_to_others() {
    let bed = Bed::new().await;
    let stuck = slow_jobs(&bed, 7).await;
    let short = Duration::from_millis(300);
    let settings = WorkerSettings { concurrency: 2, stuck_after: short, most_stuck: 7, ..settings("worker.1") };
    let worker = start(&bed, settings, &slow_kind()).await;
    until("tasks of all slow orgs run", async || running_of(&bed, &stuck).await == 7).await;
    for org in ["other", "another"] {
        let id = bed.jobs.create(new_job(org)).await.unwrap().id;
        until("another org's job has ended", async || {
            bed.jobs.get(org, &id).await.unwrap().unwrap().state == JobState::Completed
        })
        .await;
    }
    worker.abort().await;
}

#[tokio::test]
async fn no_more_tasks_than_allowed_are_stuck_at_a_worker() {
    let bed = Bed::new().await;
    let stuck = slow_jobs(&bed, 6).await;
    let short = Duration::from_millis(100);
    let settings = WorkerSettings { concurrency: 1, stuck_after: short, most_stuck: 2, ..settings("worker.1") };
    let worker = start(&bed, settings, &slow_kind()).await;
    // One slot, two that were left, and one for an org that has none here.
    until("as many run as may", async || running_of(&bed, &stuck).await == 4).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(running_of(&bed, &stuck).await, 4);
    worker.abort().await;
}

#[tokio::test]
async fn a_claim_can_leave_orgs_out() {
    let bed = Bed::new().await;
    bed.planned(&[1; 3]).await;
    let other = bed.create_for("other").await;
    let claim = bed.tasks.claim_of_others(&bed.worker, 10, &[KIND], &[ORG.to_owned()]).await.unwrap();
    assert_eq!(claim.tasks.iter().map(|task| task.lease.job()).collect::<Vec<_>>(), [other]);
    assert!(!claim.more);
    assert_eq!(bed.claim(10).await.len(), 3, "nothing was forgotten");
}
