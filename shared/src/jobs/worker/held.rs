//! The leases a worker knows it holds.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio_util::sync::CancellationToken;

use crate::jobs::lease::{Lease, Task};

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
    entries: Mutex<HashMap<Lease, (CancellationToken, Fate)>>,
}

impl Held {
    /// Adds a lease. The token is cancelled as soon as the task's fate is not [`Fate::Run`].
    pub(super) fn insert(&self, lease: Lease) -> CancellationToken {
        let token = CancellationToken::new();
        self.lock().insert(lease, (token.clone(), Fate::Run));
        token
    }

    /// Forgets a lease when the guard is dropped, however its task ends: a lease that is renewed for ever would keep
    /// the task from everybody.
    pub(super) fn forget_on_drop<'a>(&'a self, lease: &'a Lease) -> impl Drop + use<'a> {
        Guard { held: self, lease }
    }

    /// What is to become of a task; lost when the lease is not known.
    pub(super) fn fate(&self, lease: &Lease) -> Fate {
        self.lock().get(lease).map_or(Fate::Lost, |(_, fate)| *fate)
    }

    /// The leases to renew.
    pub(super) fn leases(&self) -> Vec<Lease> {
        self.lock().iter().filter(|(_, (_, fate))| *fate != Fate::Lost).map(|(lease, _)| lease.clone()).collect()
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
        for (lease, (token, current)) in self.lock().iter_mut() {
            // Lost is the last word; otherwise the newest reason stands.
            if *current != Fate::Lost && matches(lease) {
                *current = fate;
                token.cancel();
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Lease, (CancellationToken, Fate)>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Guard<'a> {
    held: &'a Held,
    lease: &'a Lease,
}

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        self.held.lock().remove(self.lease);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lease(job: &str, task: &str) -> Lease {
        Lease::parse(&format!("{job}|{task}|1|worker~0")).unwrap()
    }

    const A: &str = "0190a0b0c0d07000800000000000000a";
    const B: &str = "0190a0b0c0d07000800000000000000b";

    #[test]
    fn a_cancelled_job_stops_its_chunks_only() {
        let held = Held::default();
        let (chunk, finish, other) = (lease(A, "1"), lease(A, "F"), lease(B, "1"));
        let tokens = [&chunk, &finish, &other].map(|lease| held.insert(lease.clone()));
        held.stop_job(A);
        assert_eq!(tokens.map(|token| token.is_cancelled()), [true, false, false]);
        assert_eq!([&chunk, &finish, &other].map(|lease| held.fate(lease)), [Fate::Cancel, Fate::Run, Fate::Run]);
    }

    #[test]
    fn a_lost_lease_is_renewed_no_more_and_stays_lost() {
        let held = Held::default();
        let (lost, kept) = (lease(A, "1"), lease(A, "2"));
        held.insert(lost.clone());
        held.insert(kept.clone());
        held.stop(&lost, Fate::Lost);
        held.stop_all(Fate::Drain);
        assert_eq!((held.fate(&lost), held.fate(&kept)), (Fate::Lost, Fate::Drain));
        assert_eq!(held.leases(), std::slice::from_ref(&kept));
        drop(held.forget_on_drop(&kept));
        assert_eq!(held.fate(&kept), Fate::Lost);
    }
}
