//! Following a job to its end.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use super::api::{Api, JobState, JobView};
use super::progress::Progress;
use crate::console::Console;
use crate::stack::Stack;

/// How often the job is asked for. Also the error of the measured time.
const POLL_INTERVAL: Duration = Duration::from_millis(100);

/// Shows the job's progress until its state is final, and answers that state. A worker may die meanwhile; web may fail to
/// answer for a while.
///
/// Fails when another process dies, or when nothing has changed for `patience`.
pub(crate) async fn follow(
    api: &Api,
    id: &str,
    stack: &mut Stack,
    console: &Console,
    patience: Duration,
) -> Result<JobView> {
    let mut progress = Progress::start(*console);
    let mut stalled = Stalled::new(patience);
    loop {
        stack.check(|death| progress.say(death))?;
        match api.job(id).await {
            Ok(job) if job.state.is_final() => {
                progress.finish(&job);
                return Ok(job);
            }
            Ok(job) => {
                progress.show(&job);
                stalled.seen(&job)?;
            }
            Err(error) => stalled.unseen(&error)?,
        }
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}

/// Notices a job that does not move.
struct Stalled {
    patience: Duration,
    moved: Instant,
    last: (JobState, u64, u64),
}

impl Stalled {
    fn new(patience: Duration) -> Self {
        Self { patience, moved: Instant::now(), last: (JobState::Queued, 0, 0) }
    }

    fn seen(&mut self, job: &JobView) -> Result<()> {
        let now = (job.state, job.planned_records, job.processed);
        if now != self.last {
            (self.last, self.moved) = (now, Instant::now());
        }
        if self.moved.elapsed() > self.patience {
            let reason = job.reason.as_deref().unwrap_or("no reason is known");
            bail!(
                "the job {} at {} of {} and has not moved for {:?}: {reason}",
                job.state.describe(),
                job.processed,
                job.planned_records,
                self.patience,
            );
        }
        Ok(())
    }

    fn unseen(&self, error: &anyhow::Error) -> Result<()> {
        if self.moved.elapsed() > self.patience {
            bail!("the job has not been seen moving for {:?}: {error:#}", self.patience);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::*;

    #[test]
    fn a_job_that_moves_is_given_time() {
        let mut stalled = Stalled::new(Duration::ZERO);
        let job = JobView { state: JobState::Running, processed: 1, planned_records: 2, ..Default::default() };
        stalled.patience = Duration::from_secs(60);
        stalled.seen(&job).unwrap();
        stalled.unseen(&anyhow!("503")).unwrap();
        stalled.patience = Duration::ZERO;
        let error = stalled.seen(&job).unwrap_err().to_string();
        assert!(error.contains("the job is running at 1 of 2"), "{error}");
        assert!(stalled.unseen(&anyhow!("503")).unwrap_err().to_string().ends_with("503"));
    }
}
