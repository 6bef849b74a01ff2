//! Jobs that the user starts by hand after the demo's own: each is shown while it runs, a line at a time.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use anyhow::Result;

use super::api::{Api, ListedJob};
use super::progress::{LINE_INTERVAL, line};
use crate::console::Console;
use crate::stack::Stack;

/// Looks after the processes, and at the jobs, until a process that is needed ends.
pub(crate) async fn watch(console: &Console, stack: &mut Stack) -> Result<()> {
    let mut further = Further::default();
    let api = Api::new(stack.web_url()?, stack.context().await?)?;
    // Those of the demo itself have been shown.
    let _ = further.news(&api.jobs().await?);
    let mut trouble = None;
    loop {
        stack.check(|death| console.error(death))?;
        // The session may have been ended by hand, so each look has one that counts.
        let listed = match stack.context().await {
            Ok(context) => api.named(context).jobs().await,
            Err(error) => Err(error),
        };
        match listed {
            Ok(jobs) => {
                trouble = None;
                further.news(&jobs).iter().for_each(|line| console.say(line));
            }
            // Said once, and not every half second.
            Err(error) => {
                let text = format!("the jobs cannot be looked at: {error:#}");
                if trouble.as_ref() != Some(&text) {
                    console.error(&text);
                    trouble = Some(text);
                }
            }
        }
        tokio::time::sleep(Stack::watch_interval()).await;
    }
}

/// What has been said of which job.
#[derive(Debug, Default)]
struct Further {
    said: HashMap<String, Said>,
    /// The first look has been taken.
    looked: bool,
}

#[derive(Debug)]
struct Said {
    seen: Instant,
    last_line: Instant,
    ended: bool,
}

impl Further {
    /// The lines that these jobs, newest first, are worth now; none for those that are there at the first look.
    fn news(&mut self, jobs: &[ListedJob]) -> Vec<String> {
        let (now, first_look) = (Instant::now(), !self.looked);
        self.looked = true;
        // What the list no longer has is not asked for again.
        self.said.retain(|id, _| jobs.iter().any(|listed| listed.id == *id));
        let mut lines = Vec::new();
        for ListedJob { id, job } in jobs.iter().rev() {
            let (ends, state) = (job.state.is_final(), job.state.describe());
            let Some(said) = self.said.get_mut(id) else {
                self.said.insert(id.clone(), Said { seen: now, last_line: now, ended: ends });
                match (first_look, ends) {
                    (true, _) => {}
                    // How long it took has not been seen.
                    (false, true) => lines.push(format!("Job {id} {state}: {}", line(job, Duration::ZERO))),
                    (false, false) => lines.push(format!("Job {id} {state}")),
                }
                continue;
            };
            let elapsed = now.duration_since(said.seen);
            if ends && !said.ended {
                lines.push(format!("Job {id} {state}: {}", line(job, elapsed)));
            } else if !ends && now.duration_since(said.last_line) >= LINE_INTERVAL {
                said.last_line = now;
                lines.push(format!("Job {id}: {}", line(job, elapsed)));
            }
            said.ended = ends;
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::org_job::api::{JobState, JobView};

    fn listed(id: &str, state: JobState, processed: u64) -> ListedJob {
        let job = JobView { state, planned: true, planned_records: 100, processed, ..JobView::default() };
        ListedJob { id: id.to_owned(), job }
    }

    #[test]
    fn a_job_is_told_when_it_appears_while_it_runs_and_when_it_ends() {
        let mut further = Further::default();
        let own = listed("own", JobState::Completed, 100);
        assert_eq!(further.news(std::slice::from_ref(&own)), Vec::<String>::new());
        let jobs = |state, processed| vec![listed("new", state, processed), own.clone()];
        assert_eq!(further.news(&jobs(JobState::Queued, 0)), ["Job new is queued"]);
        assert_eq!(further.news(&jobs(JobState::Running, 10)), Vec::<String>::new(), "not yet time for a line");
        further.said.get_mut("new").unwrap().last_line -= LINE_INTERVAL;
        let lines = further.news(&jobs(JobState::Running, 20));
        assert!(lines.len() == 1 && lines[0].starts_with("Job new: 20 of 100 (20 %)"), "{lines:?}");
        let lines = further.news(&jobs(JobState::Completed, 100));
        assert!(lines.len() == 1 && lines[0].starts_with("Job new completed: 100 of 100 (100 %)"), "{lines:?}");
        assert_eq!(further.news(&jobs(JobState::Completed, 100)), Vec::<String>::new());
        // A job that waited for a session goes on.
        assert_eq!(further.news(&jobs(JobState::Running, 100)), Vec::<String>::new());
        assert_eq!(further.news(&jobs(JobState::Completed, 100)).len(), 1);
    }

    #[test]
    fn a_job_that_is_over_at_the_first_look_after_its_start_is_told_too() {
        let mut further = Further::default();
        assert_eq!(further.news(&[]), Vec::<String>::new());
        let lines = further.news(&[listed("quick", JobState::Failed, 3)]);
        assert_eq!(lines, ["Job quick failed: 3 of 100 (3 %) | the job failed"]);
    }
}
