//! How the chunks of a job stood over time, for a plot.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::handle::Operator;
use crate::error::JobsError;
use crate::types::JobView;

/// Bytes that are read; scripts keep 4 KB.
const MOST_BYTES: i64 = 16 * 1024;

/// How the chunks of a job stood at a moment of its present run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CoursePoint {
    /// When.
    pub at: DateTime<Utc>,
    /// Chunks that were planned by then.
    pub total: u64,
    /// Of them, those that had ended well.
    pub done: u64,
    /// Those that had been given up.
    pub dead: u64,
    /// Those that a cancel had dropped.
    pub dropped: u64,
    /// Those that had a worker.
    pub running: u64,
    /// Runs of tasks that had come to nothing and were to be done again, since the job was made.
    pub retried: u64,
}

impl CoursePoint {
    /// Chunks that waited, for a worker or for their time.
    #[must_use]
    pub fn waiting(&self) -> u64 {
        let others = [self.done, self.dead, self.dropped, self.running];
        others.into_iter().fold(self.total, u64::saturating_sub)
    }

    /// Reads an entry of the scripts without its end, and whether it tells how things were until then; `None` for what is none.
    fn read(entry: &str) -> Option<(Self, bool)> {
        let mut numbers = entry.split(' ').map(|text| text.parse::<u64>().ok());
        let mut next = || numbers.next().flatten();
        let at = DateTime::from_timestamp_millis(i64::try_from(next()?).ok()?)?;
        let (total, done, dead, dropped, running, retried) = (next()?, next()?, next()?, next()?, next()?, next()?);
        let until_then = next()? > 0;
        numbers.next().is_none().then_some((Self { at, total, done, dead, dropped, running, retried }, until_then))
    }

    /// How it is now, or was at its end. What was tried again is known from the last entry.
    fn last(job: &JobView, before: Option<&Self>) -> Self {
        let at = job.finished_at.unwrap_or_else(Utc::now);
        Self {
            at: before.map_or(at, |before| at.max(before.at)),
            total: job.total_chunks,
            done: job.done_chunks,
            dead: job.dead_chunks,
            dropped: job.dropped_chunks,
            running: job.running_chunks,
            retried: before.map_or(0, |before| before.retried),
        }
    }
}

/// The course in Redis's text; what cannot be read is left out, and what is older than the one before it.
fn read(text: &str) -> Vec<CoursePoint> {
    let mut points: Vec<CoursePoint> = Vec::new();
    for (point, until_then) in text.split_terminator(';').filter_map(CoursePoint::read) {
        match points.last_mut() {
            Some(last) if last.at > point.at => continue,
            // What a chunk that has ended tells ran since the moment before: after a rest there would be a claim in between.
            Some(last) if until_then => {
                last.running = last.running.max(point.running.min(last.running + last.waiting()))
            }
            _ => {}
        }
        points.push(point);
    }
    points
}

impl Operator {
    /// How the chunks of a job stood in its present run: about a hundred moments of the time from its start until now, or
    /// until its end. Empty for a job that was over in a quarter of a second, or ran before this was kept.
    ///
    /// # Errors
    /// When Redis cannot be asked.
    pub async fn course(&self, job: &JobView) -> Result<Vec<CoursePoint>, JobsError> {
        let text = redis::cmd("GETRANGE").arg(self.jobs.key("course", job.id)).arg(0).arg(MOST_BYTES - 1).to_owned();
        let bytes: Vec<u8> = self.ask(&text).await?;
        let mut points = read(&String::from_utf8_lossy(&bytes));
        if let Some(last) = points.last() {
            let last = CoursePoint::last(job, Some(last));
            points.push(last);
        }
        Ok(points)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_scripts_write_is_read_and_anything_else_is_left_out() {
        let text = "1000 5 1 0 0 2 0 0;nonsense;900 5 1 0 0 2 0 0;2000 5 3 1 0 1 2 0;3000 5 3 1 0 1 0;3000 -5 3 1 0 1 0 0;4000 5 4";
        let points = read(text);
        let numbers: Vec<_> = points.iter().map(|point| (point.at.timestamp_millis(), point.waiting())).collect();
        assert_eq!(numbers, [(1000, 2), (2000, 0)]);
        assert_eq!((points[1].dead, points[1].retried), (1, 2));
        assert_eq!(read(""), []);
    }

    #[test]
    fn what_ended_ran_since_the_moment_before() {
        let running = |text| read(text).iter().map(|point| point.running).collect::<Vec<_>>();
        assert_eq!(running("1 4 0 0 0 0 0 0;9 4 0 0 0 2 0 1;"), [2, 2]);
        assert_eq!(running("1 4 0 0 0 0 0 0;8 4 0 0 0 2 0 0;9 4 0 0 0 2 0 1;"), [0, 2, 2], "it rested until a claim");
        assert_eq!(running("1 1 0 0 0 0 0 0;9 4 0 0 0 2 0 1;"), [1, 2], "no more than there were");
    }

    #[test]
    fn more_than_there_are_do_not_wait() {
        let point = read("1 3 2 0 0 9 0 0;")[0];
        assert_eq!(point.waiting(), 0);
    }
}
