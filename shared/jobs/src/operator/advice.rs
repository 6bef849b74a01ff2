//! How many workers are of use.

use serde::Serialize;

use super::orgs::OrgStanding;
use super::workers::WorkerView;

/// How many workers would have something to do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Advice {
    /// Tasks that may run now: of each org that is not paused what waits and runs, up to its limit.
    pub startable: u64,
    /// Workers that these keep busy.
    pub busy_workers: u64,
    /// Workers beyond which none gains anything while no further org has work: all slots of the orgs that have some.
    pub most_workers: u64,
    /// Tasks of one org that run at a time (`ORG_CONCURRENCY`).
    pub org_limit: u32,
    /// Tasks that one worker runs at a time (`WORKER_CONCURRENCY`): what the living ones say, on the average.
    pub concurrency: u64,
}

impl Advice {
    /// For these orgs and living workers; `None` without a worker, since only they know their slots.
    pub(super) fn of(orgs: &[OrgStanding], workers: &[WorkerView]) -> Option<Self> {
        let count = u64::try_from(workers.len()).ok().filter(|count| *count > 0)?;
        let slots = workers.iter().filter_map(|worker| u64::try_from(worker.concurrency).ok()).sum::<u64>();
        let concurrency = slots.div_ceil(count).max(1);
        let org_limit = workers.iter().map(|worker| worker.org_limit).max()?;
        let limit = u64::from(org_limit);
        let with_work = || orgs.iter().filter(|org| org.paused.is_none() && org.tasks.ready + org.tasks.leased > 0);
        let startable = with_work().map(|org| (org.tasks.ready + org.tasks.leased).min(org.limit.into())).sum::<u64>();
        let most = u64::try_from(with_work().count()).unwrap_or(u64::MAX).saturating_mul(limit);
        Some(Self {
            startable,
            busy_workers: startable.div_ceil(concurrency),
            most_workers: most.div_ceil(concurrency),
            org_limit,
            concurrency,
        })
    }

    /// In one sentence.
    #[must_use]
    pub fn sentence(&self) -> String {
        if self.startable == 0 {
            return "No worker would be busy now: nothing waits that may start.".to_owned();
        }
        let (busy, most) = (self.busy_workers, self.most_workers);
        let (worker, limit) = (if busy == 1 { "worker" } else { "workers" }, self.org_limit);
        format!("{busy} {worker} would be busy now; more than {most} gain nothing, because ORG_CONCURRENCY is {limit}.")
    }
}
