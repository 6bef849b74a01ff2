//! How much there is of everything, for gauges, and whether any worker works on it.

use std::time::Duration;

use super::connection::Repeat;
use super::error::JobsError;
use super::scripts::SCRIPTS;
use super::store::Jobs;
use super::tasks::Tasks;

/// Open jobs that are counted in one call of the script, about.
const STEP: u32 = 200;

/// How much there is of everything, over all jobs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Jobs that have not ended.
    pub open_jobs: u64,
    /// Tasks that wait for a worker.
    pub ready: u64,
    /// Tasks with a worker.
    pub leased: u64,
    /// Tasks that wait for their time.
    pub delayed: u64,
}

/// Whether any worker works on the jobs: each gives a sign of life six times in the length of a lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Workers {
    /// One was heard of within half a lease, so there is at least one, or was a moment ago.
    Alive,
    /// None was; the last one so long ago.
    Silent(Duration),
    /// None ever was, as far as Redis remembers.
    Unknown,
}

impl Workers {
    /// Whether there is one.
    #[must_use]
    pub fn are_alive(self) -> bool {
        self == Self::Alive
    }
}

impl Jobs {
    /// Whether any worker works on the jobs, by Redis's clock: for whoever waits for one.
    ///
    /// # Errors
    /// When Redis cannot be asked.
    pub async fn workers(&self) -> Result<Workers, JobsError> {
        let silence_ms: i64 = self.connection().invoke(&self.script(&SCRIPTS.pulse), Repeat::Safe).await?;
        let Ok(silence_ms) = u64::try_from(silence_ms) else { return Ok(Workers::Unknown) };
        let silence = Duration::from_millis(silence_ms);
        Ok(if silence <= self.config().lease / 2 { Workers::Alive } else { Workers::Silent(silence) })
    }
}

impl Tasks {
    /// How much there is of everything, over all jobs. Of very many jobs in steps, so the numbers are of no one moment.
    ///
    /// # Errors
    /// When Redis cannot be asked.
    pub async fn stats(&self) -> Result<Stats, JobsError> {
        let (mut stats, mut cursor) = (Stats::default(), "0".to_owned());
        loop {
            let mut script = self.jobs.script(&SCRIPTS.stats);
            script.arg(&cursor).arg(STEP);
            let (next, open_jobs, ready, leased, delayed): (String, u64, u64, u64, u64) =
                self.jobs.connection().invoke(&script, Repeat::Safe).await?;
            stats.open_jobs = open_jobs;
            stats.ready += ready;
            stats.leased += leased;
            stats.delayed += delayed;
            if next == "0" {
                return Ok(stats);
            }
            cursor = next;
        }
    }
}
