//! Showing a job while it runs.

use std::io::{IsTerminal, stderr};
use std::time::{Duration, Instant};

use indicatif::{HumanCount, ProgressBar, ProgressStyle};

use super::api::JobView;
use crate::console::Console;

/// Without a terminal, a line this often takes the place of the bar.
pub(super) const LINE_INTERVAL: Duration = Duration::from_secs(2);

/// A progress bar on standard error, or lines when that is no terminal.
pub(crate) struct Progress {
    console: Console,
    bar: Option<ProgressBar>,
    started: Instant,
    last_line: Instant,
}

impl Progress {
    pub(crate) fn start(console: Console) -> Self {
        let bar = stderr().is_terminal().then(|| {
            let style = ProgressStyle::with_template("{bar:32.green} {prefix}\n{wide_msg}")
                .unwrap_or_else(|_| ProgressStyle::default_bar());
            ProgressBar::new(0).with_style(style)
        });
        let now = Instant::now();
        Self { console, bar, started: now, last_line: now }
    }

    /// Shows this state of the job.
    pub(crate) fn show(&mut self, job: &JobView) {
        if let Some(bar) = &self.bar {
            bar.set_length(job.planned_records);
            bar.set_position(job.processed);
            bar.set_prefix(totals(job, self.started.elapsed()));
            bar.set_message(per_worker(job));
        } else if self.last_line.elapsed() >= LINE_INTERVAL {
            self.last_line = Instant::now();
            self.console.say(&line(job, self.started.elapsed()));
        }
    }

    /// Shows the last state and leaves it standing.
    pub(crate) fn finish(&mut self, job: &JobView) {
        match &self.bar {
            Some(bar) => {
                let bar = bar.clone();
                self.show(job);
                bar.abandon();
            }
            None => self.console.say(&line(job, self.started.elapsed())),
        }
    }

    /// Says something above the bar.
    pub(crate) fn say(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| self.console.error(text)),
            None => self.console.error(text),
        }
    }
}

/// A job in one line: how far it is, and which worker did how much.
pub(super) fn line(job: &JobView, elapsed: Duration) -> String {
    format!("{} | {}", totals(job, elapsed), per_worker(job))
}

/// `1,200 of 5,000 (24 %), 400/s, 10 s left`.
fn totals(job: &JobView, elapsed: Duration) -> String {
    let done = HumanCount(job.processed);
    if !job.planned {
        return format!("{done} of {} planned so far", HumanCount(job.planned_records));
    }
    let percent = (job.processed * 100).checked_div(job.planned_records).unwrap_or(100);
    let mut text = format!("{done} of {} ({percent} %)", HumanCount(job.planned_records));
    let rate = job.processed as f64 / elapsed.as_secs_f64();
    if rate > 0.0 && rate.is_finite() {
        text += &format!(", {rate:.0}/s");
        let left = job.planned_records.saturating_sub(job.processed);
        if left > 0 {
            text += &format!(", {:.0} s left", (left as f64 / rate).ceil());
        }
    }
    if job.failed > 0 {
        text += &format!(", {} failed", HumanCount(job.failed));
    }
    text
}

/// `worker-1 620, worker-2 580`, and what holds the job.
fn per_worker(job: &JobView) -> String {
    let mut parts: Vec<_> = job.per_worker.iter().collect();
    // worker-2 before worker-10.
    parts.sort_by_key(|(name, _)| (name.len(), name.as_str()));
    let mut text =
        parts.iter().map(|(name, count)| format!("{name} {}", HumanCount(**count))).collect::<Vec<_>>().join(", ");
    if text.is_empty() {
        text = format!("the job {}", job.state.describe());
    }
    if let Some(reason) = &job.reason {
        text += &format!(" ({reason})");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::org_job::api::JobState;

    fn job(planned: bool, planned_records: u64, processed: u64) -> JobView {
        JobView { state: JobState::Running, planned, planned_records, processed, ..JobView::default() }
    }

    #[test]
    fn totals_grow_with_what_is_known() {
        let second = Duration::from_secs(1);
        assert_eq!(totals(&job(false, 2000, 300), second), "300 of 2,000 planned so far");
        assert_eq!(totals(&job(true, 5000, 0), second), "0 of 5,000 (0 %)");
        assert_eq!(totals(&job(true, 5000, 1200), 3 * second), "1,200 of 5,000 (24 %), 400/s, 10 s left");
        assert_eq!(totals(&job(true, 5000, 5000), 10 * second), "5,000 of 5,000 (100 %), 500/s");
        assert_eq!(totals(&job(true, 0, 0), second), "0 of 0 (100 %)");
        assert_eq!(totals(&job(true, 10, 10), Duration::ZERO), "10 of 10 (100 %)");
        let failing = JobView { failed: 7, ..job(true, 100, 50) };
        assert_eq!(totals(&failing, second), "50 of 100 (50 %), 50/s, 1 s left, 7 failed");
    }

    #[test]
    fn workers_stand_in_the_order_of_their_numbers() {
        let counts = [("worker-10", 1), ("worker-2", 2000), ("worker-1", 30)];
        let mut job = job(true, 5000, 2031);
        assert_eq!(per_worker(&job), "the job is running");
        job.per_worker = counts.into_iter().map(|(name, count)| (name.to_owned(), count)).collect();
        assert_eq!(per_worker(&job), "worker-1 30, worker-2 2,000, worker-10 1");
        job.reason = Some("REQUEST_LIMIT_EXCEEDED".to_owned());
        assert_eq!(per_worker(&job), "worker-1 30, worker-2 2,000, worker-10 1 (REQUEST_LIMIT_EXCEEDED)");
    }
}
