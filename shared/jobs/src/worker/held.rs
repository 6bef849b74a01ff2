//! The leases a worker knows it holds.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::kind::Heard;
use crate::lease::{Lease, Task};

/// What a running task is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// Run to its end.
    Run,
    /// Stop because the worker stops; then give the task back.
    Drain,
    /// Stop because its job is cancelled; then give the task back, which drops it.
    Cancel,
    /// Stop because another worker has it; then do nothing more about it.
    Lost,
}

/// The leases a worker knows it holds, each with the token that stops its task.
#[derive(Debug, Default)]
pub(super) struct Held {
    entries: Mutex<Entries>,
    /// Told when a task has ended.
    ended: Notify,
}

#[derive(Debug, Default)]
struct Entries {
    leases: HashMap<Lease, Entry>,
    /// Leases so far.
    count: u64,
}

#[derive(Debug)]
struct Entry {
    token: CancellationToken,
    fate: Fate,
    org: String,
    /// Since when it runs, or looks.
    since: Instant,
    heard: Heard,
    /// It only looks whether its org answers.
    looks: bool,
    /// The place of the lease among all that were added.
    number: u64,
}

impl Held {
    /// Adds a lease of a job of `org`. The token is cancelled as soon as the task's fate is not [`Fate::Run`].
    ///
    /// A lease of the same task from before is lost, and so is any of the job beside its last step: Redis would not have
    /// given this one otherwise. It happens when Redis comes back as it was some moments before.
    pub(super) fn insert(&self, lease: Lease, org: &str, heard: &Heard) -> CancellationToken {
        let token = CancellationToken::new();
        self.stop_where(Fate::Lost, |held| exclude(held, &lease));
        let mut entries = self.lock();
        let number = entries.count;
        entries.count += 1;
        let entry = Entry {
            token: token.clone(),
            fate: Fate::Run,
            org: org.to_owned(),
            since: Instant::now(),
            heard: heard.clone(),
            looks: false,
            number,
        };
        entries.leases.insert(lease, entry);
        token
    }

    /// Waits until no task goes on here that this one must not run beside, see [`insert`](Self::insert).
    pub(super) async fn alone(&self, lease: &Lease) {
        let mut ended = std::pin::pin!(self.ended.notified());
        loop {
            ended.as_mut().enable();
            if !self.has_older_rival(lease) {
                return;
            }
            ended.as_mut().await;
            ended.set(self.ended.notified());
        }
    }

    fn has_older_rival(&self, lease: &Lease) -> bool {
        let entries = self.lock();
        let Some(number) = entries.leases.get(lease).map(|entry| entry.number) else { return false };
        entries.leases.iter().any(|(held, entry)| entry.number < number && exclude(held, lease))
    }

    /// Forgets a lease when the guard is dropped, however its task ends: a lease that is renewed for ever would keep
    /// the task from everybody.
    pub(super) fn forget_on_drop<'a>(&'a self, lease: &'a Lease) -> impl Drop + use<'a> {
        Guard { held: self, lease }
    }

    /// What is to become of a task; lost when the lease is not known.
    pub(super) fn fate(&self, lease: &Lease) -> Fate {
        self.lock().leases.get(lease).map_or(Fate::Lost, |entry| entry.fate)
    }

    /// The leases to renew.
    pub(super) fn leases(&self) -> Vec<Lease> {
        let entries = self.lock();
        entries.leases.iter().filter(|(_, entry)| entry.fate != Fate::Lost).map(|(lease, _)| lease.clone()).collect()
    }

    /// The task only looks whether its org answers, or does so no longer.
    pub(super) fn set_looks(&self, lease: &Lease, looks: bool) {
        if let Some(entry) = self.lock().leases.get_mut(lease) {
            (entry.looks, entry.since) = (looks, Instant::now());
        }
    }

    /// How many tasks only look.
    pub(super) fn looks(&self) -> usize {
        self.lock().leases.values().filter(|entry| entry.looks).count()
    }

    /// What runs here: lease, org, and for how long.
    pub(super) fn in_flight(&self) -> Vec<(Lease, String, Duration)> {
        let entries = self.lock();
        let running = entries.leases.iter().filter(|(_, entry)| entry.fate != Fate::Lost);
        running.map(|(lease, entry)| (lease.clone(), entry.org.clone(), entry.since.elapsed())).collect()
    }

    /// The orgs whose tasks run here, each once.
    pub(super) fn orgs(&self) -> Vec<String> {
        let entries = self.lock();
        let orgs: BTreeSet<&str> = entries.leases.values().map(|entry| entry.org.as_str()).collect();
        orgs.into_iter().map(str::to_owned).collect()
    }

    /// The orgs of the tasks that have run for `time` without a word of their org, once for each task.
    pub(super) fn stuck(&self, time: Duration) -> Vec<String> {
        let entries = self.lock();
        let running = entries.leases.values().filter(|entry| !entry.looks);
        let stuck = running.filter(|entry| entry.heard.last().unwrap_or(entry.since).elapsed() >= time);
        stuck.map(|entry| entry.org.clone()).collect()
    }

    /// Stops the task of a lease.
    pub(super) fn stop(&self, lease: &Lease, fate: Fate) {
        self.stop_where(fate, |held| held == lease);
    }

    /// Stops the tasks of a cancelled job. Its last step goes on: it ends the job.
    pub(super) fn stop_job(&self, job: &str) {
        self.stop_where(Fate::Cancel, |held| held.task() != Task::Finish && held.job().to_string() == job);
    }

    /// Stops everything.
    pub(super) fn stop_all(&self, fate: Fate) {
        self.stop_where(fate, |_| true);
    }

    fn stop_where(&self, fate: Fate, matches: impl Fn(&Lease) -> bool) {
        for (lease, entry) in &mut self.lock().leases {
            // Lost is the last word; otherwise the newest reason stands.
            if entry.fate != Fate::Lost && matches(lease) {
                entry.fate = fate;
                entry.token.cancel();
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether two leases cannot both be held.
fn exclude(one: &Lease, other: &Lease) -> bool {
    let last_step = one.task() == Task::Finish || other.task() == Task::Finish;
    one.job() == other.job() && (last_step || one.task() == other.task())
}

struct Guard<'a> {
    held: &'a Held,
    lease: &'a Lease,
}

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        self.held.lock().leases.remove(self.lease);
        self.held.ended.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lease(job: &str, task: &str) -> Lease {
        lease_of(job, task, "0")
    }

    fn lease_of(job: &str, task: &str, random: &str) -> Lease {
        Lease::parse(&format!("{job}|{task}|1|worker~0|{random}")).unwrap()
    }

    #[tokio::test]
    async fn a_task_waits_for_the_end_of_one_that_redis_has_forgotten() {
        let held = Held::default();
        let (forgotten, other, again) = (lease(A, "1"), lease(A, "2"), lease_of(A, "1", "again"));
        let token = held.insert(forgotten.clone(), ORG, &Heard::default());
        held.insert(other.clone(), ORG, &Heard::default());
        held.insert(again.clone(), ORG, &Heard::default());
        assert!(token.is_cancelled());
        let fates = [&forgotten, &other, &again].map(|lease| held.fate(lease));
        assert_eq!(fates, [Fate::Lost, Fate::Run, Fate::Run]);
        held.alone(&other).await;
        let mut waits = std::pin::pin!(held.alone(&again));
        assert!(futures_util::poll!(&mut waits).is_pending());
        drop(held.forget_on_drop(&other));
        assert!(futures_util::poll!(&mut waits).is_pending());
        drop(held.forget_on_drop(&forgotten));
        waits.await;
    }

    #[test]
    fn nothing_of_a_job_runs_beside_its_last_step() {
        let held = Held::default();
        let (chunk, finish, other) = (lease(A, "1"), lease(A, "F"), lease(B, "1"));
        for lease in [&chunk, &other, &finish] {
            held.insert(lease.clone(), ORG, &Heard::default());
        }
        let fates = [&chunk, &other, &finish].map(|lease| held.fate(lease));
        assert_eq!(fates, [Fate::Lost, Fate::Run, Fate::Run]);
        held.insert(lease_of(A, "2", "again"), ORG, &Heard::default());
        assert_eq!(held.fate(&finish), Fate::Lost);
    }

    const ORG: &str = "00D000000000001AAA";
    const A: &str = "0190a0b0c0d07000800000000000000a";
    const B: &str = "0190a0b0c0d07000800000000000000b";

    #[test]
    fn a_cancelled_job_stops_its_chunks_only() {
        let held = Held::default();
        let (chunk, other) = (lease(A, "1"), lease(B, "1"));
        let tokens = [&chunk, &other].map(|lease| held.insert(lease.clone(), ORG, &Heard::default()));
        held.stop_job(A);
        assert_eq!(tokens.map(|token| token.is_cancelled()), [true, false]);
        assert_eq!([&chunk, &other].map(|lease| held.fate(lease)), [Fate::Cancel, Fate::Run]);
        let finish = lease(B, "F");
        let token = held.insert(finish.clone(), ORG, &Heard::default());
        held.stop_job(B);
        assert_eq!((token.is_cancelled(), held.fate(&finish)), (false, Fate::Run), "its last step goes on");
    }

    #[test]
    fn a_task_is_stuck_while_nothing_is_heard_of_its_org() {
        let held = Held::default();
        let heard = Heard::default();
        held.insert(lease(A, "1"), "hears", &heard);
        held.insert(lease(B, "1"), ORG, &Heard::default());
        held.insert(lease(B, "2"), ORG, &Heard::default());
        assert_eq!(held.stuck(Duration::from_secs(60)), [""; 0], "all have just begun");
        std::thread::sleep(Duration::from_millis(20));
        heard.set();
        let before = heard.last().unwrap().elapsed();
        assert_eq!(held.stuck(before + Duration::from_millis(15)), [ORG; 2]);
    }

    #[test]
    fn a_task_that_only_looks_is_not_stuck() {
        let held = Held::default();
        let (looks, runs) = (lease(A, "1"), lease(B, "1"));
        for lease in [&looks, &runs] {
            held.insert(lease.clone(), ORG, &Heard::default());
        }
        held.set_looks(&looks, true);
        assert_eq!((held.looks(), held.stuck(Duration::ZERO)), (1, vec![ORG.to_owned()]));
        held.set_looks(&looks, false);
        assert_eq!((held.looks(), held.stuck(Duration::ZERO).len()), (0, 2));
        held.set_looks(&looks, true);
        drop(held.forget_on_drop(&looks));
        assert_eq!(held.looks(), 0);
    }

    #[test]
    fn a_lost_lease_is_renewed_no_more_and_stays_lost() {
        let held = Held::default();
        let (lost, kept) = (lease(A, "1"), lease(A, "2"));
        held.insert(lost.clone(), ORG, &Heard::default());
        held.insert(kept.clone(), ORG, &Heard::default());
        held.stop(&lost, Fate::Lost);
        held.stop_all(Fate::Drain);
        assert_eq!((held.fate(&lost), held.fate(&kept)), (Fate::Lost, Fate::Drain));
        assert_eq!(held.leases(), std::slice::from_ref(&kept));
        drop(held.forget_on_drop(&kept));
        assert_eq!(held.fate(&kept), Fate::Lost);
    }
}
