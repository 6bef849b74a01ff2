//! The model: what jobs and tasks are, and what each operation does to them.

use std::collections::BTreeMap;

use proptest::sample::Index;
use shared::jobs::{Acked, Claimed, Failed, JobId, JobState, Lease, Pushed, Task, WorkerId};

/// Small, so that few steps reach them.
pub(crate) struct Limits {
    pub(crate) org: u32,
    pub(crate) outstanding: u32,
    pub(crate) attempts: u32,
    pub(crate) crashes: u32,
}

pub(crate) const LIMITS: Limits = Limits { org: 3, outstanding: 4, attempts: 2, crashes: 1 };

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
    Dropped,
}

#[derive(Clone, Debug)]
pub(crate) struct TaskModel {
    pub(crate) place: Place,
    records: u64,
    deliveries: u32,
    attempts: u32,
    crashes: u32,
}

impl TaskModel {
    fn new(records: u64) -> Self {
        Self { place: Place::Ready, records, deliveries: 0, attempts: 0, crashes: 0 }
    }
}

#[derive(Debug)]
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

#[derive(Debug, Default)]
pub(crate) struct Model {
    pub(crate) jobs: Vec<JobModel>,
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

    /// Leases of an org.
    pub(crate) fn running(&self, org: &str) -> usize {
        self.jobs.iter().filter(|job| job.org == org).map(|job| job.leases().len()).sum()
    }

    /// Tasks the next claim can have.
    pub(crate) fn claimable(&self) -> usize {
        let ready = |job: &&JobModel| !job.held && job.count(&Place::Ready) > 0;
        self.jobs.iter().filter(ready).filter(|job| self.running(job.org) < LIMITS.org as usize).count()
    }

    pub(crate) fn claim(&mut self, claimed: &Claimed) {
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
        let suffix = format!("|{worker}");
        let mut count = 0;
        for job in &mut self.jobs {
            for lease in job.leases() {
                if lease.as_str().ends_with(&suffix) && lease != *known {
                    job.release(&lease, false);
                    count += 1;
                }
            }
        }
        count
    }
}

impl JobModel {
    pub(crate) fn state(&self) -> JobState {
        match self.outcome {
            Some(outcome) if self.ended => outcome,
            _ if self.held => JobState::NeedsAuthorization,
            Some(_) => JobState::Finishing,
            None if self.cancelled => JobState::Cancelling,
            None if self.queued => JobState::Queued,
            None => JobState::Running,
        }
    }

    pub(crate) fn is_ended(&self) -> bool {
        self.ended
    }

    pub(crate) fn leases(&self) -> Vec<Lease> {
        let leased = |task: &TaskModel| match &task.place {
            Place::Leased(lease) => Some(lease.clone()),
            _ => None,
        };
        self.tasks.values().filter_map(leased).collect()
    }

    pub(crate) fn count(&self, place: &Place) -> usize {
        self.tasks.values().filter(|task| task.place == *place).count()
    }

    fn chunks(&self) -> impl Iterator<Item = &TaskModel> {
        self.tasks.iter().filter(|(key, _)| matches!(key, TaskKey::Chunk(_))).map(|(_, task)| task)
    }

    pub(crate) fn chunks_in(&self, place: &Place) -> u64 {
        self.chunks().filter(|task| task.place == *place).count() as u64
    }

    pub(crate) fn records_in(&self, place: &Place) -> u64 {
        self.chunks().filter(|task| task.place == *place).map(|task| task.records).sum()
    }

    pub(crate) fn total(&self) -> u64 {
        self.chunks().count() as u64
    }

    pub(crate) fn records(&self, number: u64) -> u64 {
        self.tasks.get(&TaskKey::Chunk(number)).map_or(0, |task| task.records)
    }

    pub(crate) fn plan_place(&self) -> &Place {
        &self.tasks[&TaskKey::Plan].place
    }

    pub(crate) fn holds(&self, lease: &Lease) -> bool {
        self.tasks.get(&lease.task().into()).is_some_and(|task| task.place == Place::Leased(lease.clone()))
    }

    fn outstanding(&self) -> u64 {
        self.total() - self.chunks_in(&Place::Done) - self.chunks_in(&Place::Dead) - self.chunks_in(&Place::Dropped)
    }

    fn task(&mut self, lease: &Lease) -> &mut TaskModel {
        self.tasks.get_mut(&lease.task().into()).unwrap()
    }

    /// After a task has ended: unpark the plan, or make the last step due.
    fn advance(&mut self) {
        if self.outcome.is_some() {
            return;
        }
        let left = self.outstanding();
        let plan = self.plan_place().clone();
        let outcome = if self.cancelled {
            self.leases().is_empty().then_some(JobState::Cancelled)
        } else {
            match plan {
                Place::Parked if left < u64::from((LIMITS.outstanding / 2).max(1)) => {
                    self.tasks.get_mut(&TaskKey::Plan).unwrap().place = Place::Ready;
                    None
                }
                Place::Done if left == 0 => Some(JobState::Completed),
                Place::Dead if left == 0 => Some(JobState::Failed),
                _ => None,
            }
        };
        if outcome.is_some() {
            self.outcome = outcome;
            let last = self.tasks.entry(TaskKey::Finish).or_insert_with(|| TaskModel::new(0));
            last.place = Place::Ready;
        }
    }

    fn end(&mut self) {
        self.ended = true;
        self.ends += 1;
        self.held = false;
        self.tasks.get_mut(&TaskKey::Finish).unwrap().place = Place::Done;
    }

    /// A task without a lease goes back, or is dropped.
    fn give_back(&mut self, lease: &Lease, place: Place) {
        let dropped = self.cancelled && lease.task() != Task::Finish;
        let task = self.task(lease);
        task.place = if dropped { Place::Dropped } else { place };
        if dropped {
            self.advance();
        }
    }

    fn bury(&mut self, lease: &Lease) {
        if lease.task() == Task::Finish {
            return self.end();
        }
        let task = self.task(lease);
        (task.place, task.attempts, task.crashes) = (Place::Dead, 0, 0);
        self.advance();
    }

    pub(crate) fn plan(&mut self, lease: &Lease, records: &[u64], done: bool) -> Pushed {
        if !self.holds(lease) {
            return Pushed::Lost;
        }
        let plan = self.task(lease);
        (plan.deliveries, plan.attempts, plan.crashes) = (0, 0, 0);
        if self.cancelled {
            self.give_back(lease, Place::Dropped);
            return Pushed::Dropped;
        }
        for records in records {
            self.tasks.insert(TaskKey::Chunk(self.total()), TaskModel::new(*records));
        }
        self.task(lease).place = if done {
            Place::Done
        } else if self.outstanding() >= u64::from(LIMITS.outstanding) {
            Place::Parked
        } else {
            Place::Ready
        };
        self.advance();
        Pushed::Stored
    }

    pub(crate) fn ack(&mut self, lease: &Lease, number: u64) -> Acked {
        if !self.holds(lease) {
            let done = !self.ended && self.tasks[&TaskKey::Chunk(number)].place == Place::Done;
            return if done { Acked::Duplicate } else { Acked::Lost };
        }
        self.task(lease).place = Place::Done;
        self.advance();
        Acked::Counted
    }

    pub(crate) fn finish(&mut self, lease: &Lease) -> bool {
        let held = self.holds(lease);
        if held {
            self.end();
        }
        held
    }

    pub(crate) fn fail(&mut self, lease: &Lease, retry: bool) -> Failed {
        if !self.holds(lease) {
            return Failed::Lost;
        }
        if self.cancelled && lease.task() != Task::Finish {
            self.give_back(lease, Place::Dropped);
            return Failed::Dropped;
        }
        let task = self.task(lease);
        task.attempts += 1;
        if !retry || task.attempts >= LIMITS.attempts {
            self.bury(lease);
            return Failed::Dead;
        }
        self.give_back(lease, Place::Delayed);
        Failed::Retried
    }

    pub(crate) fn release(&mut self, lease: &Lease, delayed: bool) -> bool {
        let held = self.holds(lease);
        if held {
            self.give_back(lease, if delayed { Place::Delayed } else { Place::Ready });
        }
        held
    }

    pub(crate) fn hold(&mut self, lease: &Lease) {
        if !self.holds(lease) {
            return;
        }
        if self.cancelled && lease.task() == Task::Finish {
            return self.bury(lease);
        }
        self.give_back(lease, Place::Ready);
        self.held |= !self.cancelled;
    }

    pub(crate) fn expire(&mut self, lease: &Lease) {
        if !self.holds(lease) {
            return;
        }
        let task = self.task(lease);
        task.crashes += 1;
        let poison = task.crashes > LIMITS.crashes;
        if poison && !(self.cancelled && lease.task() != Task::Finish) {
            self.bury(lease);
        } else {
            self.give_back(lease, Place::Ready);
        }
    }

    pub(crate) fn pass_delays(&mut self) {
        for task in self.tasks.values_mut().filter(|task| task.place == Place::Delayed) {
            task.place = Place::Ready;
        }
    }

    pub(crate) fn cancel(&mut self) {
        if self.ended || (self.outcome.is_some() && !self.held) {
            return;
        }
        self.held = false;
        if self.outcome.is_some() {
            return self.end();
        }
        if self.cancelled {
            return;
        }
        self.cancelled = true;
        for task in self.tasks.values_mut() {
            if matches!(task.place, Place::Ready | Place::Delayed | Place::Parked) {
                task.place = Place::Dropped;
            }
        }
        self.advance();
    }

    pub(crate) fn resume(&mut self) {
        self.held = false;
    }

    pub(crate) fn retry(&mut self) {
        let replayable = self.ended && !self.cancelled;
        if !replayable || self.count(&Place::Dead) == 0 {
            return;
        }
        for task in self.tasks.values_mut().filter(|task| task.place == Place::Dead) {
            task.place = Place::Ready;
        }
        self.tasks.remove(&TaskKey::Finish);
        (self.outcome, self.ended, self.queued) = (None, false, true);
        self.run += 1;
    }
}
