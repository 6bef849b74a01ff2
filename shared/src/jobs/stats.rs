//! How much there is of everything, for gauges.

use super::connection::Repeat;
use super::error::JobsError;
use super::scripts::SCRIPTS;
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
