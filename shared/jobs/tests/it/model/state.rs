//! The model: what jobs and tasks are, and what each operation does to them.

mod job;

use std::collections::{BTreeMap, BTreeSet};

use jobs::{Claimed, Failed, JobId, JobState, Lease, Limit, Pushed, Task, WorkerId};
use proptest::sample::Index;

/// Small, so that few steps reach them.
pub(crate) struct Limits {
    pub(crate) org: u32,
    pub(crate) outstanding: u32,
    pub(crate) attempts: u32,
    pub(crate) crashes: u32,
    pub(crate) open: u32,
    pub(crate) held: u32,
    pub(crate) ended: u32,
}

pub(crate) const LIMITS: Limits =
    Limits { org: 3, outstanding: 4, attempts: 2, crashes: 1, open: 4, held: 2, ended: 2 };

/// Where a task is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Ready,
    Leased(Lease),
    Delayed,
    /// A plan that waits for chunks to end.
    Parked,
    Done,
    Dead,
    /// A dead letter of a job that is retried, not put back yet.
    Again,
    Dropped,
}

#[derive(Clone, Debug)]
pub(crate) struct TaskModel {
    pub(crate) place: Place,
    records: u64,
    deliveries: u32,
    attempts: u32,
    crashes: u32,
    /// Counted in this run of the job: whoever tells it again is told so.
    counted: bool,
}

impl TaskModel {
    fn new(records: u64) -> Self {
        Self { place: Place::Ready, records, deliveries: 0, attempts: 0, crashes: 0, counted: false }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct JobModel {
    pub(crate) id: JobId,
    pub(crate) org: &'static str,
    pub(crate) tasks: BTreeMap<TaskKey, TaskModel>,
    pub(crate) run: u32,
    pub(crate) cancelled: bool,
    pub(crate) held: bool,
    queued: bool,
    outcome: Option<JobState>,
    ended: bool,
    /// Final events so far.
    pub(crate) ends: usize,
}

/// `Task`, in an order: chunks first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum TaskKey {
    Chunk(u64),
    Plan,
    Finish,
}

impl From<Task> for TaskKey {
    fn from(task: Task) -> Self {
        match task {
            Task::Chunk(number) => Self::Chunk(number),
            Task::Plan => Self::Plan,
            Task::Finish => Self::Finish,
        }
    }
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Model {
    pub(crate) jobs: Vec<JobModel>,
    pub(crate) paused: BTreeSet<&'static str>,
    /// Orgs that did not answer, and who tries them.
    silent: BTreeMap<&'static str, Option<Lease>>,
    /// Calls beside the first one of a task, by its lease; also of leases that have ended.
    beside: BTreeMap<String, u32>,
}

impl Model {
    pub(crate) fn create(&mut self, id: JobId, org: &'static str) {
        self.jobs.push(JobModel {
            id,
            org,
            tasks: BTreeMap::from([(TaskKey::Plan, TaskModel::new(0))]),
            run: 1,
            cancelled: false,
            held: false,
            queued: true,
            outcome: None,
            ended: false,
            ends: 0,
        });
    }

    pub(crate) fn pick(&mut self, index: Index) -> Option<&mut JobModel> {
        (!self.jobs.is_empty()).then(|| {
            let position = index.index(self.jobs.len());
            &mut self.jobs[position]
        })
    }

    pub(crate) fn job(&mut self, lease: &Lease) -> &mut JobModel {
        self.jobs.iter_mut().find(|job| job.id == lease.job()).unwrap()
    }

    /// Leases of an org, and calls beside them.
    pub(crate) fn running(&self, org: &str) -> usize {
        let leases = self.of(org).flat_map(JobModel::leases);
        leases.map(|lease| 1 + self.beside.get(lease.as_str()).copied().unwrap_or_default() as usize).sum()
    }

    pub(crate) fn set_beside(&mut self, lease: &Lease, most: u32) -> u32 {
        if !self.holds(lease) {
            return 0;
        }
        let job = self.job(lease);
        let (org, cancelled) = (job.org, job.cancelled);
        let has = self.beside.get(lease.as_str()).copied().unwrap_or_default();
        let mut granted = most;
        if most > has {
            let room = (LIMITS.org as usize).saturating_sub(self.running(org));
            let waits = self.of(org).any(|job| job.startable() > 0);
            if cancelled || waits || self.is_resting(org) {
                return has;
            }
            granted = most.min(has + u32::try_from(room).unwrap());
        }
        self.beside.insert(lease.as_str().to_owned(), granted);
        granted
    }

    fn is_resting(&self, org: &str) -> bool {
        self.paused.contains(org) || self.silent.contains_key(org)
    }

    /// What a plan that goes on is answered, and whether it has a chunk; `next` is the lease it was given.
    pub(crate) fn plan_and_go_on(&mut self, lease: &Lease, records: &[u64], next: Option<&Lease>) -> (Pushed, bool) {
        let first = |lease: &Lease| lease.as_str().rsplit('|').next().unwrap().to_owned();
        let job = self.job(lease);
        // The call repeated, or another one of the same plan.
        if !job.holds(lease) {
            let random = format!("{}+", first(lease));
            let held = job.leases().into_iter().find(|held| first(held) == random);
            assert!(next.is_none() || next == held.as_ref());
            return (if held.is_some() { Pushed::Stored } else { Pushed::Lost }, held.is_some() && !records.is_empty());
        }
        let (org, number, may) = (job.org, job.total(), !job.held);
        let pushed = job.plan(lease, records, true);
        let goes_on = pushed == Pushed::Stored && may && !records.is_empty() && !self.is_resting(org);
        if let Some(next) = next {
            assert!(goes_on && next.task() == Task::Chunk(number), "{next:?}");
            let job = self.job(lease);
            job.start(next);
            assert!(self.running(org) <= LIMITS.org as usize, "{org} is over its limit");
        }
        (pushed, goes_on)
    }

    fn of<'a>(&'a self, org: &'a str) -> impl Iterator<Item = &'a JobModel> {
        self.jobs.iter().filter(move |job| job.org == org)
    }

    fn open(&self, org: &str) -> usize {
        self.of(org).filter(|job| !job.ended).count()
    }

    /// Orgs with as many open jobs as they may have.
    pub(crate) fn full_orgs(&self) -> BTreeSet<&'static str> {
        let orgs = self.jobs.iter().map(|job| job.org);
        orgs.filter(|org| self.open(org) >= LIMITS.open as usize).collect()
    }

    /// Why an org may not start a job.
    pub(crate) fn refusal(&self, org: &str) -> Option<Limit> {
        if self.open(org) >= LIMITS.open as usize {
            return Some(Limit::Open(LIMITS.open));
        }
        let held = self.of(org).filter(|job| job.held).count();
        (held >= LIMITS.held as usize).then_some(Limit::Held(LIMITS.held))
    }

    /// Tasks of an org that a claim can have.
    pub(crate) fn available(&self, org: &str) -> usize {
        if self.paused.contains(org) {
            return 0;
        }
        let free = (LIMITS.org as usize).saturating_sub(self.running(org));
        let room = match self.silent.get(org) {
            Some(probe) => free.min(usize::from(!probe.as_ref().is_some_and(|probe| self.holds(probe)))),
            None => free,
        };
        room.min(self.of(org).map(JobModel::startable).sum())
    }

    /// Tasks a claim can have.
    pub(crate) fn claimable(&self) -> usize {
        let orgs: BTreeSet<_> = self.jobs.iter().map(|job| job.org).collect();
        orgs.into_iter().map(|org| self.available(org)).sum()
    }

    pub(crate) fn pause(&mut self, lease: &Lease) {
        let job = self.job(lease);
        job.release(lease, false);
        let org = job.org;
        self.paused.insert(org);
    }

    fn holds(&self, lease: &Lease) -> bool {
        self.jobs.iter().any(|job| job.id == lease.job() && job.holds(lease))
    }

    /// A run of a task ends without an answer of its org.
    pub(crate) fn silence(&mut self, lease: &Lease, counts: bool) -> Failed {
        let org = self.job(lease).org;
        let news = match self.silent.get(org) {
            Some(probe) => probe.as_ref() == Some(lease),
            None => true,
        };
        let answer = self.job(lease).silence(lease, counts);
        if answer != Failed::Lost && news {
            self.silent.insert(org, None);
            self.paused.insert(org);
        }
        answer
    }

    /// The org has answered a task. Whether it was silent, and the task tried it.
    pub(crate) fn answered(&mut self, lease: &Lease) -> bool {
        let org = self.job(lease).org;
        let tries = self.silent.get(org).is_some_and(|probe| probe.as_ref() == Some(lease));
        if tries {
            self.silent.remove(org);
        }
        tries
    }

    pub(crate) fn claim(&mut self, claimed: &Claimed) {
        let org = self.job(&claimed.lease).org;
        assert_eq!(claimed.probe, self.silent.contains_key(org), "{claimed:?}");
        if let Some(probe) = self.silent.get_mut(org) {
            *probe = Some(claimed.lease.clone());
        }
        let job = self.job(&claimed.lease);
        assert!(!job.held && !job.ended, "{claimed:?} of {job:?}");
        job.queued = false;
        let task = job.tasks.get_mut(&claimed.lease.task().into()).unwrap();
        assert_eq!(task.place, Place::Ready, "{claimed:?}");
        task.deliveries += 1;
        assert_eq!(
            (claimed.delivery, claimed.attempts, claimed.records),
            (task.deliveries, task.attempts, task.records),
            "{claimed:?}"
        );
        task.place = Place::Leased(claimed.lease.clone());
        let org = job.org;
        assert!(self.running(org) <= LIMITS.org as usize, "{org} is over its limit");
    }

    pub(crate) fn release_unknown(&mut self, worker: &WorkerId, known: &Lease) -> u64 {
        let part = format!("|{worker}|");
        let mut count = 0;
        for job in &mut self.jobs {
            for lease in job.leases() {
                if lease.as_str().contains(&part) && lease != *known && !goes_on(known, &lease) {
                    job.release(&lease, false);
                    count += 1;
                }
            }
        }
        count
    }
}

/// Whether a chunk's lease is the one by which a plan's worker goes on.
fn goes_on(plan: &Lease, chunk: &Lease) -> bool {
    let random = |lease: &Lease| lease.as_str().rsplit('|').next().unwrap().to_owned();
    plan.task() == Task::Plan && plan.job() == chunk.job() && random(chunk) == random(plan) + "+"
}
