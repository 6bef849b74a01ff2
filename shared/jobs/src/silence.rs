//! Orgs that do not answer: the worker's side. How it goes together stands in the [module](super)'s documentation.

use std::time::Duration;

use super::connection::Repeat;
use super::error::JobsError;
use super::lease::Lease;
use super::scripts::SCRIPTS;
use super::tasks::{Failed, Tasks, failed};
use super::view::millis;

/// How long an org rests that does not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Silence {
    /// Longest first rest; doubles with each probe that is not answered. Half of a rest is random. Default 1 s.
    pub first: Duration,
    /// Longest rest of all. Default 5 min.
    pub most: Duration,
    /// A task that finds its org silent after this time is given up. Default 24 h.
    pub patience: Duration,
}

impl Default for Silence {
    fn default() -> Self {
        Self {
            first: Duration::from_secs(1),
            most: Duration::from_secs(5 * 60),
            patience: Duration::from_secs(24 * 60 * 60),
        }
    }
}

/// How long an org is given to answer when it is [tried](super::JobKind::look), the longer the longer it rests.
pub(super) fn look_limit(rests: u32) -> Duration {
    Duration::from_secs(u64::from(rests).saturating_add(2).clamp(3, 10))
}

impl Tasks {
    /// Ends a lease whose org did not answer: all tasks of the org rest, and this one is given back. `attempt` is the delay
    /// after which it runs again, if the run counts as a failed attempt; otherwise it runs when the org rests no longer.
    ///
    /// # Errors
    /// When Redis cannot be asked.
    pub async fn silent(
        &self,
        lease: &Lease,
        silence: &Silence,
        attempt: Option<Duration>,
        reason: &str,
    ) -> Result<Failed, JobsError> {
        let mut script = self.jobs.script(&SCRIPTS.silent);
        script.arg(lease.as_str()).arg(reason).arg(millis(silence.first)).arg(millis(silence.most));
        script.arg(rand::random::<f64>());
        match attempt {
            Some(delay) => script.arg(millis(delay)),
            None => script.arg(-1),
        };
        script.arg(self.jobs.config().max_attempts).arg(millis(silence.patience));
        failed(&self.answer(&script).await?)
    }

    /// The org of the lease has answered. If the lease is that of a [probe](super::Claimed::probe), the org rests no longer.
    ///
    /// # Errors
    /// When Redis cannot be asked.
    pub async fn answered(&self, lease: &Lease) -> Result<bool, JobsError> {
        let mut script = self.jobs.script(&SCRIPTS.answered);
        script.arg(lease.as_str());
        self.jobs.connection().invoke(&script, Repeat::Safe).await
    }
}
