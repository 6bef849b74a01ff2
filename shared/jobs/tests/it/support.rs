//! What the tests share: jobs under a prefix of their own, and short ways to say what a worker does.

use std::collections::BTreeMap;
use std::time::Duration;

use jobs::{
    ChunkReport, Claimed, ClaimedJob, EventKind, JobId, JobView, Jobs, JobsConfig, Lease, NewChunk, NewJob, PlanStep,
    Pushed, SealKey, Task, Tasks, WorkerId,
};
use redis::AsyncCommands as _;
use redis::aio::MultiplexedConnection;
use secrecy::SecretString;
use serde_json::json;
use tokio::time::Instant;

use crate::server::{RedisServer, SHARED};

pub(crate) const KIND: &str = "test";
/// Who makes the jobs of tests.
pub(crate) const USER: &str = "005000000000001AAA";
/// A kind that no job of a test has.
pub(crate) const KIND2: &str = "another";
pub(crate) const ORG: &str = "00D000000000001AAA";

/// Jobs under a prefix of their own.
pub(crate) struct Bed {
    pub(crate) jobs: Jobs,
    pub(crate) tasks: Tasks,
    pub(crate) redis: MultiplexedConnection,
    pub(crate) prefix: String,
    pub(crate) config: JobsConfig,
    pub(crate) worker: WorkerId,
}

impl Bed {
    /// On the shared server, with leases that do not run out by themselves.
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// With other settings.
    pub(crate) async fn with(change: impl FnOnce(&mut JobsConfig)) -> Self {
        Self::on(&SHARED, change).await
    }

    /// On another server.
    pub(crate) async fn on(server: &RedisServer, change: impl FnOnce(&mut JobsConfig)) -> Self {
        let key = SealKey::parse(&"5e".repeat(32)).unwrap();
        let mut config = JobsConfig::new(SecretString::from(server.url()), key);
        config.prefix = format!("{{test-{:016x}}}:", rand::random::<u64>());
        config.lease = Duration::from_secs(600);
        change(&mut config);
        let jobs = Jobs::connect(config.clone()).await.unwrap();
        let client = redis::Client::open(server.url()).unwrap();
        let redis = client.get_multiplexed_async_connection().await.unwrap();
        let prefix = config.prefix.clone();
        Self { tasks: jobs.tasks(), jobs, redis, prefix, config, worker: WorkerId::new("worker.1") }
    }

    pub(crate) fn key(&self, name: &str, id: impl std::fmt::Display) -> String {
        format!("{}{name}:{id}", self.prefix)
    }

    pub(crate) async fn create(&self) -> JobId {
        self.create_for(ORG).await
    }

    pub(crate) async fn create_for(&self, org: &str) -> JobId {
        self.jobs.create(new_job(org)).await.unwrap().id
    }

    /// A job with its whole plan: chunks of these many records.
    pub(crate) async fn planned(&self, records: &[u64]) -> JobId {
        let id = self.create().await;
        let lease = self.claim_task(Task::Plan).await;
        self.push(&lease, records, true).await;
        id
    }

    /// Claims as the bed's worker.
    pub(crate) async fn claim(&self, max: usize) -> Vec<Claimed> {
        self.claim_as(&self.worker, max).await
    }

    pub(crate) async fn claim_as(&self, worker: &WorkerId, max: usize) -> Vec<Claimed> {
        self.tasks.claim(worker, max, &[KIND]).await.unwrap().tasks
    }

    /// Claims one task, and what the worker is told of its job.
    pub(crate) async fn claim_with_job(&self) -> (Claimed, ClaimedJob) {
        let mut claim = self.tasks.claim(&self.worker, 1, &[KIND]).await.unwrap();
        let task = claim.tasks.pop().expect("something to claim");
        let job = claim.jobs.remove(&task.lease.job()).expect("the job of the task");
        (task, job)
    }

    /// Claims the one task that is due, which must be this one.
    pub(crate) async fn claim_task(&self, task: Task) -> Lease {
        let claimed = self.claim(1).await.pop().expect("something to claim");
        assert_eq!(claimed.lease.task(), task);
        claimed.lease
    }

    pub(crate) async fn push(&self, lease: &Lease, records: &[u64], done: bool) {
        assert_eq!(self.tasks.plan_push(lease, &page(records, done)).await.unwrap(), Pushed::Stored);
    }

    /// Acks a chunk in which all records went well.
    pub(crate) async fn ack(&self, claimed: &Claimed) {
        self.tasks.ack(&claimed.lease, &all_well(claimed.records)).await.unwrap();
    }

    /// Runs the last step.
    pub(crate) async fn finish(&self) {
        let lease = self.claim_task(Task::Finish).await;
        assert!(self.tasks.finish(&lease).await.unwrap());
    }

    /// Runs the last step of this job, whatever else there is to claim.
    pub(crate) async fn finish_of(&self, id: &JobId) {
        let claimed = self.claim(100).await;
        for task in &claimed {
            if task.lease.job() == *id && task.lease.task() == Task::Finish {
                assert!(self.tasks.finish(&task.lease).await.unwrap());
            } else {
                self.tasks.release(std::slice::from_ref(&task.lease), None).await.unwrap();
            }
        }
        assert!(claimed.iter().any(|task| task.lease.job() == *id), "the last step is due");
    }

    pub(crate) async fn view(&self, id: &JobId) -> JobView {
        self.jobs.get(ORG, id).await.unwrap().expect("the job")
    }

    pub(crate) async fn event_kinds(&self, id: &JobId) -> Vec<EventKind> {
        let events = self.jobs.events(ORG, id, "0", 10_000).await.unwrap().unwrap();
        events.iter().map(|event| event.kind).collect()
    }

    /// How many events say that the job has ended.
    pub(crate) async fn final_events(&self, id: &JobId) -> usize {
        let last = [EventKind::Completed, EventKind::Cancelled, EventKind::Failed];
        self.event_kinds(id).await.iter().filter(|kind| last.contains(kind)).count()
    }

    /// Lets time pass until this lease has run out, and reclaims as a worker that was there all the while.
    pub(crate) async fn expire(&self, lease: &Lease) {
        let mut redis = self.redis.clone();
        let job = lease.job().to_string();
        let _: () = redis.zadd_options(self.key("leases", &job), lease.as_str(), 1, &only_existing()).await.unwrap();
        let _: () = redis.zadd(format!("{}expiries", self.prefix), &job, 1).await.unwrap();
        self.reclaim().await;
    }

    pub(crate) async fn reclaim(&self) {
        let mut redis = self.redis.clone();
        let (seconds, _): (u64, u64) = redis::cmd("TIME").query_async(&mut redis).await.unwrap();
        let pulse = format!("{}pulse", self.prefix);
        let _: () = redis.del(&pulse).await.unwrap();
        let _: () = redis.hset(&pulse, "seen", seconds * 1000).await.unwrap();
        self.tasks.reclaim().await.unwrap().expect("no rest after an outage");
    }

    /// Lets time pass until the pause of an org is over.
    pub(crate) async fn pass_pause(&self, org: &str) {
        let mut redis = self.redis.clone();
        let _: () = redis.del(self.key("pause", org)).await.unwrap();
        let _: () = redis.zadd_options(format!("{}rests", self.prefix), org, 1, &only_existing()).await.unwrap();
    }

    /// All that Redis has now, to be brought back by [`restore`](Self::restore).
    pub(crate) async fn snapshot(&self) -> Snapshot {
        let mut redis = self.redis.clone();
        let mut entries = Vec::new();
        for key in self.keys().await {
            let ttl: i64 = redis.pttl(&key).await.unwrap();
            let dump: Option<Vec<u8>> = redis::cmd("DUMP").arg(&key).query_async(&mut redis).await.unwrap();
            // Some have a TTL that ends just now.
            entries.extend(dump.map(|dump| (key, ttl.max(0), dump)));
        }
        Snapshot(entries)
    }

    /// Redis as it was then: what a failover or a start from an older file leaves.
    pub(crate) async fn restore(&self, snapshot: &Snapshot) {
        let mut redis = self.redis.clone();
        for key in self.keys().await {
            let _: () = redis.del(key).await.unwrap();
        }
        for (key, ttl, dump) in &snapshot.0 {
            let _: () = redis::cmd("RESTORE").arg(key).arg(ttl).arg(dump).query_async(&mut redis).await.unwrap();
        }
    }

    pub(crate) async fn keys(&self) -> Vec<String> {
        self.redis.clone().keys(format!("{}*", self.prefix.replace(['{', '}'], "?"))).await.unwrap()
    }

    /// Lets time pass until the delayed tasks of a job are due.
    pub(crate) async fn pass_delays(&self, id: &JobId) {
        let mut redis = self.redis.clone();
        let key = self.key("delayed", id);
        let tasks: Vec<String> = redis.zrange(&key, 0, -1).await.unwrap();
        for task in &tasks {
            let _: () = redis.zadd(&key, task, 1).await.unwrap();
        }
        let _: () =
            redis.zadd_options(format!("{}delays", self.prefix), id.to_string(), 1, &only_existing()).await.unwrap();
    }
}

/// See [`Bed::snapshot`]: keys with their TTL in ms (0: none) and content.
#[derive(Clone)]
pub(crate) struct Snapshot(Vec<(String, i64, Vec<u8>)>);

fn only_existing() -> redis::SortedSetAddOptions {
    redis::SortedSetAddOptions::update_only(None)
}

pub(crate) fn new_job(org: &str) -> NewJob {
    NewJob {
        kind: KIND,
        version: 1,
        org: org.to_owned(),
        user: USER.to_owned(),
        params: json!({"where": "Amount > 0"}),
        session: None,
        idempotency_key: None,
        request_id: "request-1".to_owned(),
    }
}

pub(crate) fn page(records: &[u64], done: bool) -> PlanStep {
    let chunks = records.iter().map(|&records| NewChunk { payload: format!("{records} records\nof a chunk"), records });
    PlanStep { chunks: chunks.collect(), cursor: "006".to_owned(), done }
}

pub(crate) fn all_well(records: u64) -> ChunkReport {
    ChunkReport {
        processed: records,
        succeeded: records,
        counters: BTreeMap::from([("quotes".to_owned(), records)]),
        ..ChunkReport::default()
    }
}

/// Polls until the condition holds.
pub(crate) async fn until(what: &str, mut condition: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(40);
    while !condition().await {
        assert!(Instant::now() < deadline, "waited too long until {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
