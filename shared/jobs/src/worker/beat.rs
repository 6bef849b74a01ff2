//! What a worker tells operators about itself.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::Utc;

use super::{Shared, meters};
use crate::backoff::jittered;
use crate::connection::Repeat;
use crate::error::JobsError;
use crate::operator::workers::{Beat, BeatTask};
use crate::scripts::SCRIPTS;
use crate::view::millis;

/// Longest time between two beats.
const LONGEST_PERIOD: Duration = Duration::from_secs(5);
/// Between two times that the figures are told.
const FIGURES_PERIOD: Duration = Duration::from_secs(10);
/// For how long they are kept: one beat that got lost takes none away.
const FIGURES_KEPT: Duration = Duration::from_secs(30);
/// Longest figures that are told, in bytes: of kinds, tasks and calls there are only so many.
const MOST_FIGURES: usize = 256 * 1024;
/// Beats over which the rate is an average.
const RATE_BEATS: usize = 12;
/// Longest wait for Redis when the worker ends.
const LAST_WORD: Duration = Duration::from_secs(1);

/// How fast the records go, over the last beats.
#[derive(Debug, Default)]
struct Rate(VecDeque<(Instant, u64)>);

impl Rate {
    /// Records per second, to one decimal, with `done` at `now`.
    fn after(&mut self, now: Instant, done: u64) -> f64 {
        self.0.push_back((now, done));
        if self.0.len() > RATE_BEATS {
            self.0.pop_front();
        }
        let Some((since, before)) = self.0.front().copied() else { return 0.0 };
        let seconds = now.duration_since(since).as_secs_f64();
        let records = u32::try_from(done.saturating_sub(before)).map_or(f64::from(u32::MAX), f64::from);
        if seconds > 0.0 { (records / seconds * 10.0).round() / 10.0 } else { 0.0 }
    }
}

impl Shared {
    /// Tells Redis every few seconds what this worker is and does. Nobody sees it any more when that ends: a worker that is
    /// killed is gone from the operators' view after a lease, as its tasks are.
    pub(super) async fn beat(self: Arc<Self>) {
        let started_at = Utc::now();
        let mut rate = Rate::default();
        let mut told: Option<Instant> = None;
        loop {
            let done = self.done.get();
            let beat = self.told(started_at.timestamp_millis(), done, rate.after(Instant::now(), done));
            let figures =
                if told.is_none_or(|at| at.elapsed() >= FIGURES_PERIOD) { (self.settings.figures)() } else { None };
            let figures = figures.filter(|text| text.len() <= MOST_FIGURES);
            match self.send(&beat, figures.as_deref()).await {
                Ok(()) => told = figures.map_or(told, |_| Some(Instant::now())),
                Err(error) => {
                    meters::redis_failed("beat");
                    tracing::debug!(error = ?error, "operators do not see this worker");
                }
            }
            tokio::time::sleep(jittered((self.lease / 6).min(LONGEST_PERIOD))).await;
        }
    }

    /// Takes this worker's record away; without it, it goes by itself.
    pub(super) async fn gone(&self) {
        let mut script = self.jobs.script(&SCRIPTS.gone);
        script.arg(self.id.to_string());
        let gone = self.jobs.connection().invoke::<u8>(&script, Repeat::Safe);
        if !matches!(tokio::time::timeout(LAST_WORD, gone).await, Ok(Ok(_))) {
            tracing::debug!("operators see this worker for some seconds more");
        }
    }

    fn told(&self, started_ms: i64, done: u64, rate: f64) -> Beat {
        let mut running = self.held.in_flight();
        running.sort_by_key(|(_, _, age)| std::cmp::Reverse(*age));
        let tasks = running.iter().take(Beat::MOST_TASKS).map(|(lease, org, age)| BeatTask {
            job: lease.job(),
            task: lease.task().to_string(),
            org: org.clone(),
            ms: millis(*age),
        });
        Beat {
            name: self.settings.name.clone(),
            pid: std::process::id(),
            started_ms,
            kinds: self.kinds.keys().map(ToString::to_string).collect(),
            concurrency: self.settings.concurrency,
            org_limit: self.jobs.config().org_limit,
            done,
            rate,
            memory: (self.settings.memory)(),
            running: running.len(),
            tasks: tasks.collect(),
        }
    }

    async fn send(&self, beat: &Beat, figures: Option<&str>) -> Result<(), JobsError> {
        let json = serde_json::to_string(beat).map_err(|error| JobsError::Invalid(error.to_string()))?;
        let mut script = self.jobs.script(&SCRIPTS.beat);
        script.arg(self.id.to_string()).arg(json).arg(millis(self.lease));
        script.arg(figures.unwrap_or_default()).arg(millis(FIGURES_KEPT));
        self.jobs.connection().invoke::<u8>(&script, Repeat::Safe).await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_that_of_the_last_beats() {
        let (mut rate, start) = (Rate::default(), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        assert_eq!(rate.after(at(0), 0).to_string(), "0");
        assert_eq!(rate.after(at(5), 50).to_string(), "10");
        for beat in 2..20 {
            assert_eq!(rate.after(at(5 * beat), 50 * beat).to_string(), "10");
        }
        // Nothing more is done: after this many beats the rate is nothing, too.
        for beat in 20..20 + 12 {
            rate.after(at(5 * beat), 950);
        }
        assert_eq!(rate.after(at(200), 950).to_string(), "0");
    }
}
