//! Calls that a task makes beside its first one, and plans that go on with their first chunk.

use std::sync::{Arc, Mutex};

use futures_util::future::BoxFuture;
use jobs::{
    Chunk, ChunkReport, JobKind, JobState, JobView, Kind, Lease, NewChunk, PlanStep, Pushed, Task, TaskContext,
    TaskError, WorkerId,
};
use redis::AsyncCommands as _;

use crate::support::{Bed, KIND, all_well, page, until};
use crate::workers::{Running, settings};

async fn beside(bed: &Bed, lease: &Lease, most: u32) -> u32 {
    bed.tasks.calls_beside(lease, most).await.unwrap()
}

/// Tasks of the bed's org that any worker may still start.
async fn room(bed: &Bed) -> usize {
    bed.planned(&[1; 20]).await;
    let claimed = bed.claim_as(&WorkerId::new("worker.2"), 30).await;
    claimed.len()
}

#[tokio::test]
async fn calls_beside_count_as_tasks_of_the_org() {
    let bed = Bed::with(|config| config.org_limit = 6).await;
    bed.planned(&[1, 1]).await;
    let tasks = bed.claim(2).await;
    assert_eq!(beside(&bed, &tasks[0].lease, 3).await, 3);
    assert_eq!(beside(&bed, &tasks[1].lease, 3).await, 1, "2 tasks and 3 calls leave room for one");
    assert_eq!(beside(&bed, &tasks[1].lease, 3).await, 1, "no more comes of asking again");
    bed.create().await;
    assert!(bed.claim_as(&WorkerId::new("worker.2"), 10).await.is_empty(), "the org is at its limit");
    assert!(bed.jobs.operator().overview().await.unwrap().orgs[0].at_limit, "and operators see it");
    assert_eq!(beside(&bed, &tasks[0].lease, 1).await, 1);
    assert_eq!(bed.claim_as(&WorkerId::new("worker.2"), 10).await.len(), 1, "the plan of the other job");
    // One call of each task beside, and the plan: one is left.
    assert_eq!(beside(&bed, &tasks[0].lease, 9).await, 2);
}

#[tokio::test]
async fn what_could_start_goes_before_calls_beside() {
    let bed = Bed::with(|config| config.org_limit = 6).await;
    bed.planned(&[1, 1, 1]).await;
    let tasks = bed.claim(2).await;
    assert_eq!(beside(&bed, &tasks[0].lease, 3).await, 0, "a chunk of the same job is ready");
    let last = bed.claim(1).await.remove(0);
    assert_eq!(beside(&bed, &tasks[0].lease, 2).await, 2);
    bed.create().await;
    assert_eq!(beside(&bed, &tasks[0].lease, 3).await, 2, "another job is ready; what is under way stays");
    assert_eq!(beside(&bed, &last.lease, 1).await, 0);
    let plan = bed.claim_task(Task::Plan).await;
    assert_eq!(beside(&bed, &last.lease, 9).await, 0, "4 tasks and 2 calls");
    bed.push(&plan, &[], true).await;
    assert_eq!(beside(&bed, &last.lease, 9).await, 0, "its last step is ready");
    bed.finish().await;
    assert_eq!(beside(&bed, &last.lease, 9).await, 1);
    // Those of another org do not matter.
    bed.create_for("other").await;
    assert_eq!(beside(&bed, &tasks[0].lease, 0).await, 0);
    assert_eq!(beside(&bed, &last.lease, 9).await, 3);
}

#[tokio::test]
async fn calls_beside_end_with_the_lease_however_it_ends() {
    let bed = Bed::with(|config| config.org_limit = 4).await;
    for end in ["ack", "fail", "release", "hold", "pause", "lost"] {
        let id = bed.planned(&[1]).await;
        let task = bed.claim(1).await.remove(0);
        assert_eq!(beside(&bed, &task.lease, 9).await, 3, "{end}");
        let leases = std::slice::from_ref(&task.lease);
        match end {
            "ack" => bed.ack(&task).await,
            "fail" => drop(bed.tasks.fail(&task.lease, None, "no").await.unwrap()),
            "release" => drop(bed.tasks.release(leases, None).await.unwrap()),
            "hold" => bed.tasks.hold(&task.lease, "expired").await.unwrap(),
            "pause" => bed.tasks.pause_org(&task.lease, std::time::Duration::from_secs(60), "limit").await.unwrap(),
            _ => bed.expire(&task.lease).await,
        }
        assert_eq!(beside(&bed, &task.lease, 1).await, 0, "{end}: a lease that is lost has none");
        assert!(!bed.redis.clone().exists::<_, bool>(bed.key("beside", id)).await.unwrap(), "{end}");
        bed.pass_pause(crate::support::ORG).await;
        bed.jobs.cancel(crate::support::ORG, &id).await.unwrap();
        for left in bed.claim(10).await {
            assert!(bed.tasks.finish(&left.lease).await.unwrap(), "{end}");
        }
    }
    assert_eq!(room(&bed).await, 4, "all room is back");
}

#[tokio::test]
async fn an_org_that_rests_and_a_cancelled_job_get_no_calls_beside() {
    let bed = Bed::with(|config| config.org_limit = 6).await;
    let id = bed.planned(&[1, 1, 1]).await;
    let tasks = bed.claim(3).await;
    bed.tasks.pause_org(&tasks[2].lease, std::time::Duration::from_secs(60), "limit").await.unwrap();
    assert_eq!(beside(&bed, &tasks[0].lease, 1).await, 0);
    bed.pass_pause(crate::support::ORG).await;
    let again = bed.claim(1).await.remove(0);
    assert_eq!(beside(&bed, &tasks[0].lease, 1).await, 1);
    let _: () = bed.redis.clone().hset(bed.key("silent", crate::support::ORG), "since", 1).await.unwrap();
    assert_eq!(beside(&bed, &tasks[1].lease, 1).await, 0, "one task tries it for all");
    let _: () = bed.redis.clone().del(bed.key("silent", crate::support::ORG)).await.unwrap();
    bed.jobs.cancel(crate::support::ORG, &id).await.unwrap();
    assert_eq!(beside(&bed, &again.lease, 1).await, 0);
    assert_eq!(beside(&bed, &tasks[0].lease, 5).await, 1, "what is under way stays");
}

#[tokio::test]
async fn a_plan_goes_on_with_its_first_chunk() {
    let bed = Bed::with(|config| config.org_limit = 2).await;
    let id = bed.create().await;
    let plan = bed.claim_task(Task::Plan).await;
    let step = page(&[3, 4], true);
    let (pushed, chunk) = bed.tasks.plan_push_and_go_on(&plan, &step).await.unwrap();
    let chunk = chunk.unwrap();
    assert_eq!((pushed, chunk.lease.task(), chunk.records), (Pushed::Stored, Task::Chunk(0), 3));
    assert_eq!((chunk.payload.as_str(), chunk.delivery, chunk.unproven), ("3 records\nof a chunk", 1, None));
    // The answer may be lost on its way.
    let (pushed, repeated) = bed.tasks.plan_push_and_go_on(&plan, &step).await.unwrap();
    assert_eq!((pushed, repeated.map(|chunk| chunk.lease)), (Pushed::Stored, Some(chunk.lease.clone())));
    assert_eq!(bed.view(&id).await.total_chunks, 2);
    let others = bed.claim(10).await;
    assert_eq!(others.iter().map(|task| task.lease.task()).collect::<Vec<_>>(), [Task::Chunk(1)]);
    bed.ack(&chunk).await;
    bed.ack(&others[0]).await;
    bed.finish().await;
    let view = bed.view(&id).await;
    assert_eq!((view.state, view.processed, view.per_worker["worker.1"]), (JobState::Completed, 7, 7));
    assert_eq!(bed.tasks.plan_push_and_go_on(&plan, &step).await.unwrap(), (Pushed::Lost, None));
}

#[tokio::test]
async fn the_chunk_of_a_plan_that_goes_on_is_taken_over_like_any_other() {
    let bed = Bed::new().await;
    let id = bed.create().await;
    let plan = bed.claim_task(Task::Plan).await;
    let (_, chunk) = bed.tasks.plan_push_and_go_on(&plan, &page(&[5], true)).await.unwrap();
    let lost = chunk.unwrap();
    bed.expire(&lost.lease).await;
    let again = bed.claim(1).await.remove(0);
    assert_eq!((again.lease.task(), again.delivery, again.unproven), (Task::Chunk(0), 2, None));
    assert_eq!(bed.tasks.plan_push_and_go_on(&plan, &page(&[5], true)).await.unwrap(), (Pushed::Lost, None));
    bed.ack(&lost).await;
    assert_eq!(bed.view(&id).await.processed, 0, "a late report is not counted");
    bed.ack(&again).await;
    assert_eq!(bed.view(&id).await.processed, 5);
}

#[tokio::test]
async fn a_plan_that_goes_on_reads_its_next_page_before_further_chunks_start() {
    let bed = Bed::new().await;
    bed.create().await;
    let plan = bed.claim_task(Task::Plan).await;
    let (_, chunk) = bed.tasks.plan_push_and_go_on(&plan, &page(&[1; 3], false)).await.unwrap();
    assert_eq!(chunk.unwrap().lease.task(), Task::Chunk(0));
    let plan = bed.claim_task(Task::Plan).await;
    bed.push(&plan, &[1], false).await;
    let next: Vec<_> = bed.claim(10).await.iter().map(|task| task.lease.task()).collect();
    assert_eq!(next, [Task::Chunk(1), Task::Chunk(2), Task::Chunk(3), Task::Plan], "one that does not goes behind");
}

#[tokio::test]
async fn the_chunk_of_a_plan_that_goes_on_is_not_unknown_while_its_worker_is_told_of_it() {
    let bed = Bed::new().await;
    let id = bed.create().await;
    let plan = bed.claim_task(Task::Plan).await;
    let (_, chunk) = bed.tasks.plan_push_and_go_on(&plan, &page(&[1], true)).await.unwrap();
    let release = async |known: &[Lease]| bed.tasks.release_unknown(&bed.worker, known).await.unwrap();
    assert_eq!(release(std::slice::from_ref(&plan)).await, 0, "a claim of the same worker has failed meanwhile");
    assert_eq!(release(&[]).await, 1, "it was not told");
    bed.ack(&chunk.unwrap()).await;
    assert_eq!(bed.view(&id).await.processed, 0, "it was given back");
}

#[tokio::test]
async fn no_plan_goes_on_where_nothing_may_start() {
    let bed = Bed::new().await;
    for (place, what) in ["cancelled", "paused", "silent", "no chunk"].into_iter().enumerate() {
        let org = format!("org-{place}");
        let id = bed.create_for(&org).await;
        let plan = bed.claim_task(Task::Plan).await;
        let mut redis = bed.redis.clone();
        let (mut expected, mut records) = (Pushed::Stored, vec![1]);
        match what {
            "cancelled" => {
                bed.jobs.cancel(&org, &id).await.unwrap();
                expected = Pushed::Dropped;
            }
            "paused" => redis.pset_ex(bed.key("pause", &org), "busy", 600_000).await.unwrap(),
            "silent" => redis.hset(bed.key("silent", &org), "since", 1).await.unwrap(),
            _ => records = Vec::new(),
        }
        let pushed = bed.tasks.plan_push_and_go_on(&plan, &page(&records, false)).await.unwrap();
        assert_eq!(pushed, (expected, None), "{what}");
        let leases: u64 = redis.zcard(bed.key("leases", id)).await.unwrap();
        assert_eq!(leases, 0, "{what}");
        let _: () = redis.pset_ex(bed.key("pause", &org), "done with", 600_000).await.unwrap();
    }
}

/// Hands its chunks' numbers on, and notes what they get.
#[derive(Default)]
struct HandingKind {
    got: Mutex<Vec<(u64, Option<String>)>>,
}

impl JobKind for HandingKind {
    fn kind(&self) -> Kind {
        Kind { name: KIND, version: 1 }
    }

    fn plan<'a>(&'a self, cx: &'a TaskContext, cursor: Option<String>) -> BoxFuture<'a, Result<PlanStep, TaskError>> {
        Box::pin(async move {
            let page: u64 = cursor.map_or(0, |cursor| cursor.parse().unwrap());
            if page < 2 {
                cx.hand_on(format!("page {page}"));
            }
            let chunk = |number: u64| NewChunk { payload: format!("{page} {number}"), records: 1 };
            Ok(PlanStep { chunks: vec![chunk(0), chunk(1)], cursor: (page + 1).to_string(), done: page == 2 })
        })
    }

    fn run<'a>(&'a self, cx: &'a TaskContext, chunk: Chunk) -> BoxFuture<'a, Result<ChunkReport, TaskError>> {
        Box::pin(async move {
            assert_eq!(cx.handed::<u64>(), None, "something else was handed on");
            let handed = cx.handed::<String>();
            assert_eq!(cx.handed::<String>(), None, "only once");
            self.got.lock().unwrap().push((chunk.number, handed));
            Ok(all_well(chunk.records))
        })
    }

    fn finish<'a>(&'a self, _cx: &'a TaskContext, _job: &'a JobView) -> BoxFuture<'a, Result<(), TaskError>> {
        Box::pin(async { Ok(()) })
    }
}

#[tokio::test]
async fn what_a_plan_hands_on_reaches_its_first_chunk_and_no_other() {
    let bed = Bed::new().await;
    let kind = Arc::new(HandingKind::default());
    let id = bed.create().await;
    let worker = Running::start(&bed, settings("worker.1"), kind.clone()).await;
    until("the job is completed", async || bed.view(&id).await.state == JobState::Completed).await;
    worker.stop().await;
    let mut got = kind.got.lock().unwrap().clone();
    got.sort_unstable();
    let page = |number: u64| Some(format!("page {number}"));
    assert_eq!(got, [(0, page(0)), (1, None), (2, page(1)), (3, None), (4, None), (5, None)]);
    assert_eq!(bed.view(&id).await.processed, 6);
}
