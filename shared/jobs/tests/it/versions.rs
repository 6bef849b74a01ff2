//! Two versions of an app at once, as while a new one is deployed: no job is lost, misread or run twice.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use futures_util::future::BoxFuture;
use jobs::operator::JobFilter;
use jobs::{
    Chunk, ChunkReport, Created, JobId, JobKind, JobParams, JobState, JobView, JobsError, Kind, NewJob, PlanStep,
    TaskContext, TaskError,
};
use redis::AsyncCommands as _;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::support::{Bed, ORG, USER, all_well, page, until};
use crate::workers::{Running, settings};

/// The parameters as they were first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct First {
    condition: String,
}

impl JobParams for First {
    const KIND: &'static str = "versioned";
    const VERSION: u32 = 1;
}

/// The same kind's in the next version of the app: a worker of the first would not know several conditions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Second {
    conditions: Vec<String>,
}

impl JobParams for Second {
    const KIND: &'static str = First::KIND;
    const VERSION: u32 = 2;

    fn read(params: Value, version: u32) -> serde_json::Result<Self> {
        match version {
            1 => serde_json::from_value(params).map(|First { condition }| Self { conditions: vec![condition] }),
            _ => serde_json::from_value(params),
        }
    }
}

/// Notes which parameters its chunks ran with. Each is one chunk of one record.
struct Versioned<P> {
    ran: Mutex<Vec<(JobId, P, u32)>>,
}

impl<P: JobParams + Send + Sync> Versioned<P> {
    fn new() -> Arc<Self> {
        Arc::new(Self { ran: Mutex::default() })
    }
}

impl<P: JobParams + Send + Sync> JobKind for Versioned<P> {
    fn kind(&self) -> Kind {
        Kind::of::<P>()
    }

    fn plan<'a>(&'a self, cx: &'a TaskContext, _cursor: Option<String>) -> BoxFuture<'a, Result<PlanStep, TaskError>> {
        Box::pin(async move { cx.params::<P>().map(|_| page(&[1], true)) })
    }

    fn run<'a>(&'a self, cx: &'a TaskContext, chunk: Chunk) -> BoxFuture<'a, Result<ChunkReport, TaskError>> {
        Box::pin(async move {
            let ran = (cx.job_id, cx.params::<P>()?, cx.version);
            self.ran.lock().unwrap().push(ran);
            Ok(all_well(chunk.records))
        })
    }

    fn finish<'a>(&'a self, cx: &'a TaskContext, _job: &'a JobView) -> BoxFuture<'a, Result<(), TaskError>> {
        Box::pin(async move { cx.params::<P>().map(|_| ()) })
    }
}

fn first(condition: &str) -> First {
    First { condition: condition.to_owned() }
}

fn second(conditions: &[&str]) -> Second {
    Second { conditions: conditions.iter().map(|&condition| condition.to_owned()).collect() }
}

async fn create<P: JobParams>(bed: &Bed, params: &P) -> JobId {
    bed.jobs.create(NewJob::of(params, ORG, USER).unwrap()).await.unwrap().id
}

async fn keyed<P: JobParams>(bed: &Bed, params: &P) -> Result<Created, JobsError> {
    let job = NewJob { idempotency_key: Some("k".to_owned()), ..NewJob::of(params, ORG, USER).unwrap() };
    bed.jobs.create(job).await
}

async fn end(bed: &Bed, ids: &[JobId]) {
    for id in ids {
        until("the job completes", async || bed.view(id).await.state == JobState::Completed).await;
    }
}

/// Nobody has touched it: no lease was made, no run counted.
async fn is_untouched(bed: &Bed, id: &JobId) {
    let mut redis = bed.redis.clone();
    assert_eq!(bed.view(id).await.state, JobState::Queued);
    let epoch: u64 = redis.hget(bed.key("job", id), "epoch").await.unwrap();
    let tries: BTreeMap<String, u64> = redis.hgetall(bed.key("tries", id)).await.unwrap();
    assert_eq!((epoch, tries), (0, BTreeMap::new()));
    let leases: u64 = redis.zcard(bed.key("leases", id)).await.unwrap();
    assert_eq!(leases, 0);
}

#[tokio::test]
async fn while_two_versions_run_each_job_waits_for_a_worker_that_can_read_it() {
    let bed = Bed::new().await;
    let before = Versioned::<First>::new();
    let old_worker = Running::start(&bed, settings("worker.old"), before.clone()).await;

    // New ones first, so that the old worker meets them before the old ones.
    let mut new = Vec::new();
    let mut old = Vec::new();
    for number in 0..20 {
        new.push(create(&bed, &second(&["a", &number.to_string()])).await);
        old.push(create(&bed, &first(&number.to_string())).await);
    }
    end(&bed, &old).await;
    for id in &new {
        is_untouched(&bed, id).await;
        let view = bed.view(id).await;
        assert_eq!(view.kind, "versioned", "who looks sees the kind alone");
        assert_eq!(view.params["conditions"][0], "a");
    }

    // The newer worker comes, and both run.
    let after = Versioned::<Second>::new();
    let new_worker = Running::start(&bed, settings("worker.new"), after.clone()).await;
    let mut late = Vec::new();
    for number in 20..40 {
        late.push(create(&bed, &first(&number.to_string())).await);
        new.push(create(&bed, &second(&["b", &number.to_string()])).await);
    }
    end(&bed, &new).await;
    end(&bed, &late).await;
    old.append(&mut late);
    old_worker.stop().await;
    // What is left of the old version is the newer worker's alone.
    let last = create(&bed, &first("last")).await;
    end(&bed, &[last]).await;
    old.push(last);
    new_worker.stop().await;

    let before = before.ran.lock().unwrap().clone();
    let after = after.ran.lock().unwrap().clone();
    let mut ran: BTreeMap<JobId, usize> = BTreeMap::new();
    before
        .iter()
        .map(|(id, ..)| id)
        .chain(after.iter().map(|(id, ..)| id))
        .for_each(|id| *ran.entry(*id).or_default() += 1);
    assert!(ran.values().all(|&times| times == 1), "exactly once: {ran:?}");
    assert_eq!(ran.len(), old.len() + new.len());
    assert!(before.iter().all(|(id, _, version)| old.contains(id) && *version == 1));
    assert!(after.contains(&(last, second(&["last"]), 1)), "the newer worker reads the older form");
    for id in &new {
        assert!(after.iter().any(|(of, params, version)| of == id && params.conditions.len() == 2 && *version == 2));
    }
    for id in old.iter().chain(&new) {
        let view = bed.view(id).await;
        assert_eq!((view.succeeded, view.dead_chunks, view.errors), (1, 0, 0));
        assert_eq!(bed.final_events(id).await, 1);
    }
}

#[tokio::test]
async fn a_claim_names_the_kinds_that_it_passed_over_and_leaves_their_jobs_alone() {
    let bed = Bed::new().await;
    let [newer, other] = [create(&bed, &second(&["a"])).await, bed.create().await];
    let claim = bed.tasks.claim(&bed.worker, 10, &["versioned"]).await.unwrap();
    assert!(claim.tasks.is_empty());
    let mut passed_over = claim.passed_over;
    passed_over.sort();
    assert_eq!(passed_over, ["test", "versioned@2"]);
    is_untouched(&bed, &newer).await;
    is_untouched(&bed, &other).await;

    let claim = bed.tasks.claim(&bed.worker, 10, &["test", "versioned", "versioned@2"]).await.unwrap();
    assert_eq!((claim.tasks.len(), claim.passed_over), (2, Vec::new()));
    let job = &claim.jobs[&newer];
    assert_eq!((job.kind.as_str(), job.version), ("versioned", 2));
    assert!(claim.tasks.iter().all(|task| task.delivery == 1 && task.unproven.is_none()));
}

#[tokio::test]
async fn the_first_version_stands_in_redis_as_jobs_without_versions_do() {
    let bed = Bed::new().await;
    let mut redis = bed.redis.clone();
    let old: String = redis.hget(bed.key("job", create(&bed, &first("a")).await), "kind").await.unwrap();
    let new: String = redis.hget(bed.key("job", create(&bed, &second(&["a"])).await), "kind").await.unwrap();
    assert_eq!((old.as_str(), new.as_str()), ("versioned", "versioned@2"));
}

#[tokio::test]
async fn a_version_that_was_changed_in_redis_is_not_worked_with() {
    let bed = Bed::new().await;
    let id = create(&bed, &second(&["a"])).await;
    let mut redis = bed.redis.clone();
    let _: () = redis.hset(bed.key("job", id), "kind", "versioned").await.unwrap();
    let claim = bed.tasks.claim(&bed.worker, 10, &["versioned"]).await.unwrap();
    assert!(claim.tasks[0].unproven.is_some());
}

#[tokio::test]
async fn a_repeated_request_is_the_same_job_in_whichever_version_it_is_written() {
    for new_first in [false, true] {
        let bed = Bed::new().await;
        let (one, two) = if new_first {
            let two = keyed(&bed, &second(&["a"])).await.unwrap();
            (keyed(&bed, &first("a")).await.unwrap(), two)
        } else {
            let one = keyed(&bed, &first("a")).await.unwrap();
            (one, keyed(&bed, &second(&["a"])).await.unwrap())
        };
        assert_eq!((one.id, one.existing, two.existing), (two.id, new_first, !new_first));
        // Within a version other parameters are refused as ever.
        let (refused, same) = if new_first {
            (keyed(&bed, &second(&["b"])).await, keyed(&bed, &second(&["a"])).await)
        } else {
            (keyed(&bed, &first("b")).await, keyed(&bed, &first("a")).await)
        };
        assert!(matches!(refused, Err(JobsError::KeyReused)), "{refused:?}");
        assert_eq!(same.unwrap().id, one.id);
    }
}

#[tokio::test]
async fn parameters_of_another_kind_or_form_end_the_job_and_those_of_a_later_version_wait() {
    /// Reads the parameters of the first version, and says that it could read those of the second.
    struct Boastful(Versioned<First>);

    impl JobKind for Boastful {
        fn kind(&self) -> Kind {
            Kind { version: 2, ..Kind::of::<First>() }
        }

        fn plan<'a>(
            &'a self,
            cx: &'a TaskContext,
            cursor: Option<String>,
        ) -> BoxFuture<'a, Result<PlanStep, TaskError>> {
            self.0.plan(cx, cursor)
        }

        fn run<'a>(&'a self, cx: &'a TaskContext, chunk: Chunk) -> BoxFuture<'a, Result<ChunkReport, TaskError>> {
            self.0.run(cx, chunk)
        }

        fn finish<'a>(&'a self, _cx: &'a TaskContext, _job: &'a JobView) -> BoxFuture<'a, Result<(), TaskError>> {
            Box::pin(async { Ok(()) })
        }
    }

    let bed = Bed::new().await;
    let later = create(&bed, &second(&["a"])).await;
    let form = NewJob { params: json!({"condition": 7}), ..NewJob::of(&first("a"), ORG, USER).unwrap() };
    let form = bed.jobs.create(form).await.unwrap().id;
    let worker =
        Running::start(&bed, settings("worker.1"), Arc::new(Boastful(Versioned { ran: Mutex::default() }))).await;
    until("the job fails", async || bed.view(&form).await.state == JobState::Failed).await;
    let reason = bed.jobs.dead_letters(ORG, &form).await.unwrap().unwrap().remove(0).reason;
    assert!(reason.starts_with("the parameters of the job cannot be read"), "{reason}");

    let mut redis = bed.redis.clone();
    until("the later one waits", async || {
        let delayed: u64 = redis.zcard(bed.key("delayed", later)).await.unwrap();
        delayed == 1
    })
    .await;
    let attempts: Option<u64> = redis.hget(bed.key("tries", later), "P:a").await.unwrap();
    assert_eq!((bed.view(&later).await.state, attempts), (JobState::Running, None));
    worker.stop().await;
}

#[tokio::test]
async fn operators_find_the_jobs_of_a_kind_in_all_its_versions() {
    let bed = Bed::new().await;
    let [old, new] = [create(&bed, &first("a")).await, create(&bed, &second(&["a"])).await];
    bed.create().await;
    let operator = bed.jobs.operator();
    let found = async |kind: &str| {
        let filter = JobFilter { kind: Some(kind.to_owned()), ..JobFilter::default() };
        let jobs = operator.jobs(&filter, 10, None).await.unwrap().jobs;
        jobs.iter().map(|job| (job.id, job.kind.clone())).collect::<Vec<_>>()
    };
    let [old, new] = [old, new].map(|id| (id, "versioned".to_owned()));
    assert_eq!(found("versioned").await, [new.clone(), old]);
    assert_eq!(found("versioned@2").await, std::slice::from_ref(&new));
    assert_eq!(found("version").await, []);
    let mut redis = bed.redis.clone();
    // It waits for the longest.
    let _: () = redis.hset(bed.key("job", new.0), "waits_since", 1).await.unwrap();
    let oldest = operator.overview().await.unwrap().oldest.unwrap();
    assert_eq!((oldest.job, oldest.kind), new);
}

#[tokio::test]
async fn a_kind_that_could_be_taken_for_another_ones_version_is_refused() {
    let bed = Bed::new().await;
    for (kind, version) in [("", 1), ("a@2", 1), ("a", 0)] {
        let job = NewJob { kind, version, ..NewJob::of(&first("a"), ORG, USER).unwrap() };
        assert!(matches!(bed.jobs.create(job).await, Err(JobsError::Invalid(_))), "{kind} {version}");
    }
}
