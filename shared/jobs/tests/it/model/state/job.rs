//! What each operation does to one job.

use std::collections::BTreeSet;

use jobs::{Acked, Failed, JobState, Lease, Pushed, Task};

use super::{JobModel, LIMITS, Place, TaskKey, TaskModel};

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

    /// Tasks that a claim can have, as far as the job is concerned.
    pub(crate) fn startable(&self) -> usize {
        if self.held { 0 } else { self.count(&Place::Ready) }
    }

    pub(crate) fn has_letters(&self) -> bool {
        self.count(&Place::Dead) + self.count(&Place::Again) > 0
    }

    pub(crate) fn can_be_retried(&self) -> bool {
        self.ended && matches!(self.outcome, Some(JobState::Completed | JobState::Failed)) && self.has_letters()
    }

    /// Chunks that are put back next, as Redis has chosen: those in `again` are not.
    pub(crate) fn choose_again(&mut self, again: &BTreeSet<u64>) {
        let waiting = |(key, task): (&TaskKey, &TaskModel)| match key {
            TaskKey::Chunk(number) if task.place == Place::Again => Some(*number),
            _ => None,
        };
        let guessed: BTreeSet<u64> = self.tasks.iter().filter_map(waiting).collect();
        assert_eq!(guessed.len(), again.len(), "{self:?}");
        for (wrong, right) in guessed.difference(again).zip(again.difference(&guessed)) {
            let place = |number: &u64, place| {
                let task = self.tasks.get_mut(&TaskKey::Chunk(*number)).unwrap();
                std::mem::replace(&mut task.place, place)
            };
            let mut place = place;
            assert_eq!(place(right, Place::Again), Place::Ready);
            place(wrong, Place::Ready);
        }
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
        let over = [Place::Done, Place::Dead, Place::Again, Place::Dropped];
        self.total() - over.iter().map(|place| self.chunks_in(place)).sum::<u64>()
    }

    /// Puts back at most this many dead letters of a retry. How many there were.
    fn put_back(&mut self, most: u64) -> u64 {
        let mut count = 0;
        for task in self.tasks.values_mut().filter(|task| task.place == Place::Again) {
            if count < most {
                task.place = Place::Ready;
                count += 1;
            }
        }
        count
    }

    fn task(&mut self, lease: &Lease) -> &mut TaskModel {
        self.tasks.get_mut(&lease.task().into()).unwrap()
    }

    /// After a task has ended: unpark the plan, or make the last step due.
    fn advance(&mut self) {
        if self.outcome.is_some() {
            return;
        }
        let mut left = self.outstanding();
        if !self.cancelled && left < u64::from((LIMITS.outstanding / 2).max(1)) {
            left += self.put_back(u64::from(LIMITS.outstanding) - left);
        }
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
        // An ended job keeps no bits, and a retry brings none back: then a chunk of before is as unknown as any.
        for task in self.tasks.values_mut() {
            task.counted = false;
        }
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

    /// A new chunk is leased by the plan itself.
    pub(crate) fn start(&mut self, lease: &Lease) {
        let task = self.task(lease);
        assert_eq!(task.place, Place::Ready);
        task.deliveries = 1;
        task.place = Place::Leased(lease.clone());
    }

    pub(crate) fn ack(&mut self, lease: &Lease, number: u64) -> Acked {
        if !self.holds(lease) {
            let counted = self.tasks.get(&TaskKey::Chunk(number)).is_some_and(|task| task.counted);
            return if counted { Acked::Duplicate } else { Acked::Lost };
        }
        let task = self.task(lease);
        (task.place, task.counted) = (Place::Done, true);
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

    /// A run that got no answer; `counts` when it had got one before.
    pub(crate) fn silence(&mut self, lease: &Lease, counts: bool) -> Failed {
        let last = lease.task() == Task::Finish && self.outcome == Some(JobState::Cancelled);
        if !self.holds(lease) || counts || (self.cancelled && lease.task() != Task::Finish) {
            return self.fail(lease, true);
        }
        if last {
            let task = self.task(lease);
            task.attempts += 1;
            if task.attempts >= LIMITS.attempts {
                self.bury(lease);
                return Failed::Dead;
            }
        }
        self.give_back(lease, Place::Ready);
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
            self.outcome = Some(JobState::Cancelled);
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
        if !self.can_be_retried() {
            return;
        }
        for (key, task) in self.tasks.iter_mut().filter(|(_, task)| task.place == Place::Dead) {
            task.place = if *key == TaskKey::Plan { Place::Ready } else { Place::Again };
        }
        self.tasks.remove(&TaskKey::Finish);
        self.put_back(u64::from(LIMITS.outstanding));
        (self.outcome, self.ended, self.queued) = (None, false, true);
        self.run += 1;
    }
}
