//! Random operations against Redis and against a model in plain Rust; both must agree after each.
//!
//! The model decides what every operation answers and what it leaves behind. Redis's own are: the order in which a claim
//! hands out tasks, of which the model checks that each was allowed, that none was left that could have been had, and that
//! orgs and their jobs took turns; which of many dead letters a retry puts back first; and which of the oldest jobs go.
//! Time is moved by the test, see [`Bed::expire`] and [`Bed::pass_delays`]; also back, see [`Bed::restore`].

mod check;
mod state;

use std::time::Duration;

use jobs::{JobsError, Lease, Limit, Silence, Trip, WorkerId};
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, TestRunner};

use crate::support::{Bed, KIND, Snapshot, all_well, new_job, page};
use state::{LIMITS, Model};

#[derive(Clone, Debug)]
enum Step {
    Create {
        org: bool,
    },
    Claim {
        worker: bool,
        max: usize,
    },
    Plan {
        lease: Index,
        chunks: usize,
        done: bool,
    },
    /// The same, and on with the first chunk.
    GoOn {
        lease: Index,
        chunks: usize,
    },
    Beside {
        lease: Index,
        most: u32,
    },
    Ack {
        lease: Index,
    },
    Fail {
        lease: Index,
        retry: bool,
    },
    Release {
        lease: Index,
        delayed: bool,
    },
    Hold {
        lease: Index,
    },
    Pause {
        lease: Index,
    },
    PassPause {
        org: bool,
    },
    Silent {
        lease: Index,
        counts: bool,
    },
    Answered {
        lease: Index,
    },
    /// Remembers all that Redis has.
    Snapshot,
    /// Brings it back: what was since never happened, but workers know leases of it.
    Restore,
    Finish {
        lease: Index,
    },
    Extend {
        lease: Index,
    },
    Expire {
        lease: Index,
    },
    PassDelays {
        job: Index,
    },
    ReleaseUnknown {
        worker: bool,
        known: Index,
    },
    Cancel {
        job: Index,
    },
    Resume {
        job: Index,
    },
    Retry {
        job: Index,
    },
    /// The rightful next step of some task, so that jobs get somewhere.
    Proceed {
        lease: Index,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let lease = any::<Index>;
    prop_oneof![
        2 => any::<bool>().prop_map(|org| Step::Create { org }),
        8 => (any::<bool>(), 1..5_usize).prop_map(|(worker, max)| Step::Claim { worker, max }),
        3 => (lease(), 0..5_usize, any::<bool>()).prop_map(|(lease, chunks, done)| Step::Plan { lease, chunks, done }),
        2 => (lease(), 0..4_usize).prop_map(|(lease, chunks)| Step::GoOn { lease, chunks }),
        4 => (lease(), 0..4_u32).prop_map(|(lease, most)| Step::Beside { lease, most }),
        3 => lease().prop_map(|lease| Step::Ack { lease }),
        3 => (lease(), any::<bool>()).prop_map(|(lease, retry)| Step::Fail { lease, retry }),
        3 => (lease(), any::<bool>()).prop_map(|(lease, delayed)| Step::Release { lease, delayed }),
        1 => lease().prop_map(|lease| Step::Hold { lease }),
        1 => lease().prop_map(|lease| Step::Pause { lease }),
        1 => any::<bool>().prop_map(|org| Step::PassPause { org }),
        1 => (lease(), any::<bool>()).prop_map(|(lease, counts)| Step::Silent { lease, counts }),
        2 => lease().prop_map(|lease| Step::Answered { lease }),
        1 => Just(Step::Snapshot),
        1 => Just(Step::Restore),
        1 => lease().prop_map(|lease| Step::Finish { lease }),
        1 => lease().prop_map(|lease| Step::Extend { lease }),
        2 => lease().prop_map(|lease| Step::Expire { lease }),
        2 => any::<Index>().prop_map(|job| Step::PassDelays { job }),
        1 => (any::<bool>(), lease()).prop_map(|(worker, known)| Step::ReleaseUnknown { worker, known }),
        2 => any::<Index>().prop_map(|job| Step::Cancel { job }),
        2 => any::<Index>().prop_map(|job| Step::Resume { job }),
        2 => any::<Index>().prop_map(|job| Step::Retry { job }),
        10 => lease().prop_map(|lease| Step::Proceed { lease }),
    ]
}

#[test]
fn redis_and_the_model_agree() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let config = Config { cases: 200, failure_persistence: None, ..Config::default() };
    let steps = proptest::collection::vec(step(), 1..80);
    TestRunner::new(config)
        .run(&steps, |steps| {
            runtime.block_on(agree(steps));
            Ok(())
        })
        .unwrap();
}

/// Runs the steps on both sides; panics where they differ.
async fn agree(steps: Vec<Step>) {
    let bed = Bed::with(|config| {
        config.org_limit = LIMITS.org;
        config.max_outstanding_chunks = LIMITS.outstanding;
        config.max_attempts = LIMITS.attempts;
        config.max_crashes = LIMITS.crashes;
        config.max_open_jobs = LIMITS.open;
        config.max_held_jobs = LIMITS.held;
        config.max_ended_jobs = LIMITS.ended;
        // Time decides about it, which the model does not know.
        config.jobs_per_minute = 1_000_000;
    })
    .await;
    let workers = [WorkerId::new("one"), WorkerId::new("two")];
    let mut run = Walk { bed, workers, model: Model::default(), leases: Vec::new(), snapshot: None };
    for step in steps {
        run.apply(step).await;
        check::settle(&run.bed, &mut run.model).await;
        check::agree(&run.bed, &run.model).await;
    }
}

struct Walk {
    bed: Bed,
    workers: [WorkerId; 2],
    model: Model,
    /// All leases ever given: those of the past must be of no use.
    leases: Vec<Lease>,
    snapshot: Option<(Snapshot, Model)>,
}

const ORGS: [&str; 2] = ["one", "two"];

/// Rests that the test alone ends.
const SILENCE: Silence =
    Silence { first: Duration::from_secs(600), most: Duration::from_secs(600), patience: Duration::from_secs(86_400) };

impl Walk {
    fn lease(&self, index: Index) -> Option<Lease> {
        (!self.leases.is_empty()).then(|| index.get(&self.leases).clone())
    }

    async fn apply(&mut self, step: Step) {
        let bed = &self.bed;
        match step {
            Step::Create { org } => {
                let org = ORGS[usize::from(org)];
                let answer = bed.jobs.create(new_job(org)).await;
                match (answer, self.model.refusal(org)) {
                    (Ok(created), None) => self.model.create(created.id, org),
                    (Err(JobsError::Limited { limit, .. }), Some(expected)) => assert_eq!(limit, expected),
                    (answer, expected) => panic!("{answer:?}, but {expected:?} was expected"),
                }
            }
            Step::Claim { worker, max } => {
                let claim = bed.tasks.claim(&self.workers[usize::from(worker)], max, &[KIND]).await.unwrap();
                assert_eq!(claim.tasks.len(), max.min(self.model.claimable()), "as many as there can be");
                check::turns(&self.model, &claim);
                for task in &claim.tasks {
                    self.model.claim(task);
                    assert!(!self.leases.contains(&task.lease), "a lease is new, whatever Redis has forgotten");
                    self.leases.push(task.lease.clone());
                }
            }
            Step::PassPause { org } => {
                let org = ORGS[usize::from(org)];
                bed.pass_pause(org).await;
                self.model.paused.remove(org);
            }
            Step::Snapshot => self.snapshot = Some((bed.snapshot().await, self.model.clone())),
            Step::Restore => {
                let Some((snapshot, model)) = &self.snapshot else { return };
                bed.restore(snapshot).await;
                self.model = model.clone();
            }
            Step::Cancel { job } => {
                let Some(job) = self.model.pick(job) else { return };
                bed.jobs.cancel(job.org, &job.id).await.unwrap().unwrap();
                job.cancel();
            }
            Step::Resume { job } => {
                let Some(job) = self.model.pick(job) else { return };
                bed.jobs.resume(job.org, &job.id, None).await.unwrap().unwrap();
                job.resume();
            }
            Step::Retry { job } => {
                let full = self.model.full_orgs();
                let Some(job) = self.model.pick(job) else { return };
                let answer = bed.jobs.retry(job.org, &job.id, None).await;
                if job.can_be_retried() && full.contains(job.org) {
                    let limit = Limit::Open(LIMITS.open);
                    assert!(
                        matches!(answer, Err(JobsError::Limited { limit: told, .. }) if told == limit),
                        "{answer:?}"
                    );
                } else {
                    answer.unwrap().unwrap();
                    job.retry();
                }
            }
            Step::PassDelays { job } => {
                let Some(job) = self.model.pick(job) else { return };
                bed.pass_delays(&job.id).await;
                // Claims put due tasks back; one that takes nothing does as well.
                bed.tasks.claim(&self.workers[0], 0, &[]).await.unwrap();
                job.pass_delays();
            }
            Step::ReleaseUnknown { worker, known } => {
                let Some(known) = self.lease(known) else { return };
                let worker = &self.workers[usize::from(worker)];
                let count = bed.tasks.release_unknown(worker, std::slice::from_ref(&known)).await.unwrap();
                assert_eq!(count, self.model.release_unknown(worker, &known));
            }
            Step::Plan { lease, .. }
            | Step::GoOn { lease, .. }
            | Step::Beside { lease, .. }
            | Step::Ack { lease }
            | Step::Fail { lease, .. }
            | Step::Release { lease, .. }
            | Step::Hold { lease }
            | Step::Pause { lease }
            | Step::Silent { lease, .. }
            | Step::Answered { lease }
            | Step::Finish { lease }
            | Step::Extend { lease }
            | Step::Expire { lease }
            | Step::Proceed { lease } => {
                let Some(lease) = self.lease(lease) else { return };
                // Of a job that is gone, or never was since Redis came back.
                if !self.model.jobs.iter().any(|job| job.id == lease.job()) {
                    let trips = bed.tasks.extend(std::slice::from_ref(&lease)).await.unwrap();
                    assert_eq!(trips, [(lease, Trip::Lost)]);
                    return;
                }
                self.apply_to_lease(step, &lease).await;
            }
        }
    }

    /// Steps of a worker that holds, or once held, a lease. Those a worker would never do with this task are left out.
    async fn apply_to_lease(&mut self, step: Step, lease: &Lease) {
        use jobs::Task::{Chunk, Finish, Plan};
        if let Step::Pause { .. } = step {
            self.bed.tasks.pause_org(lease, Duration::from_secs(600), "busy").await.unwrap();
            return self.model.pause(lease);
        }
        if let Step::Silent { counts, .. } = step {
            let delay = counts.then_some(Duration::from_secs(600));
            let answer = self.bed.tasks.silent(lease, &SILENCE, delay, "no answer").await.unwrap();
            return assert_eq!(answer, self.model.silence(lease, counts));
        }
        if let Step::Answered { .. } = step {
            return assert_eq!(self.bed.tasks.answered(lease).await.unwrap(), self.model.answered(lease));
        }
        if let Step::Beside { most, .. } = step {
            let answer = self.bed.tasks.calls_beside(lease, most).await.unwrap();
            return assert_eq!(answer, self.model.set_beside(lease, most));
        }
        if let (Step::GoOn { chunks, .. }, Plan) = (&step, lease.task()) {
            let records: Vec<u64> = (1..).take(*chunks).collect();
            let answer = self.bed.tasks.plan_push_and_go_on(lease, &page(&records, true)).await.unwrap();
            let next = answer.1.map(|chunk| chunk.lease);
            assert_eq!((answer.0, next.is_some()), self.model.plan_and_go_on(lease, &records, next.as_ref()));
            self.leases.extend(next.filter(|next| !self.leases.contains(next)));
            return;
        }
        let (bed, job) = (&self.bed, self.model.job(lease));
        let one = std::slice::from_ref(lease);
        match (step, lease.task()) {
            (Step::Plan { chunks, done, .. }, Plan) => {
                let records: Vec<u64> = (1..).take(chunks).collect();
                let answer = bed.tasks.plan_push(lease, &page(&records, done)).await.unwrap();
                assert_eq!(answer, job.plan(lease, &records, done));
            }
            (Step::Proceed { .. }, Plan) => {
                let answer = bed.tasks.plan_push(lease, &page(&[3], true)).await.unwrap();
                assert_eq!(answer, job.plan(lease, &[3], true));
            }
            (Step::Ack { .. } | Step::Proceed { .. }, Chunk(number)) => {
                let report = all_well(job.records(number));
                assert_eq!(bed.tasks.ack(lease, &report).await.unwrap(), job.ack(lease, number));
            }
            (Step::Finish { .. } | Step::Proceed { .. }, Finish) => {
                assert_eq!(bed.tasks.finish(lease).await.unwrap(), job.finish(lease));
            }
            (Step::Fail { retry, .. }, _) => {
                let delay = retry.then_some(Duration::from_secs(600));
                assert_eq!(bed.tasks.fail(lease, delay, "failed").await.unwrap(), job.fail(lease, retry));
            }
            (Step::Release { delayed, .. }, _) => {
                let delay = delayed.then_some(Duration::from_secs(600));
                assert_eq!(bed.tasks.release(one, delay).await.unwrap(), u64::from(job.release(lease, delayed)));
            }
            (Step::Hold { .. }, _) => {
                bed.tasks.hold(lease, "expired").await.unwrap();
                job.hold(lease);
            }
            (Step::Extend { .. }, _) => {
                let trip = bed.tasks.extend(one).await.unwrap().pop().map(|(_, trip)| trip);
                let expected = match (job.holds(lease), job.cancelled && lease.task() != Finish) {
                    (false, _) => Some(Trip::Lost),
                    (true, true) => Some(Trip::Cancelled),
                    (true, false) => None,
                };
                assert_eq!(trip, expected);
            }
            (Step::Expire { .. }, _) => {
                bed.expire(lease).await;
                job.expire(lease);
            }
            _ => {}
        }
    }
}
