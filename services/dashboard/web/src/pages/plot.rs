//! The last hour as a picture: an SVG that needs no script and takes its colours from the style.

use shared::jobs::operator::Minute;
use web::pages::{counted, grouped};

/// Units of the picture's own measure.
const HEIGHT: u64 = 100;
/// From one minute to the next.
const STEP: u64 = 10;

/// A plot of records by minute.
#[derive(Debug)]
pub(super) struct Plot {
    pub(super) width: u64,
    pub(super) bars: Vec<Bar>,
    /// What the picture shows, in words.
    pub(super) words: String,
}

/// A minute: what went well below, what failed on top of it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Bar {
    pub(super) x: u64,
    pub(super) good_y: u64,
    pub(super) good: u64,
    pub(super) bad_y: u64,
    pub(super) bad: u64,
    /// For whoever points at it.
    pub(super) title: String,
}

impl Plot {
    pub(super) fn of(history: &[Minute]) -> Self {
        let most = history.iter().map(|minute| minute.processed).max().unwrap_or(0).max(1);
        let bars = (0..).zip(history).map(|(index, minute)| Bar::new(index * STEP, minute, most)).collect();
        let sum = |count: fn(&Minute) -> u64| history.iter().map(count).sum::<u64>();
        let (processed, failed) = (sum(|minute| minute.processed), sum(|minute| minute.failed));
        let words = match processed {
            0 => "No records in the last hour.".to_owned(),
            all => format!(
                "{} in the last hour, {} failed; at most {} a minute.",
                counted(all, "record"),
                grouped(failed),
                grouped(most)
            ),
        };
        let minutes = u64::try_from(history.len()).unwrap_or(0);
        Self { width: (minutes * STEP).max(1), bars, words }
    }
}

impl Bar {
    fn new(x: u64, minute: &Minute, most: u64) -> Self {
        // A little is more than nothing.
        let scaled = |count: u64| if count == 0 { 0 } else { (count.saturating_mul(HEIGHT) / most).max(1) };
        let failed = minute.failed.min(minute.processed);
        let (good, bad) = (scaled(minute.processed - failed), scaled(failed));
        let title =
            format!("{} UTC: {}, {} failed", minute.at.format("%H:%M"), counted(minute.processed, "record"), failed);
        Self { x, good_y: HEIGHT.saturating_sub(good), good, bad_y: HEIGHT.saturating_sub(good + bad), bad, title }
    }

    /// Whether there is anything to draw.
    pub(super) fn is_there(&self) -> bool {
        self.good + self.bad > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_as_high_as_there_are_records() {
        let minute = |processed, failed| Minute { processed, failed, ..Minute::default() };
        let plot = Plot::of(&[minute(0, 0), minute(100, 25), minute(1, 0), minute(50, 50)]);
        assert_eq!(plot.width, 40);
        let heights: Vec<_> = plot.bars.iter().map(|bar| (bar.x, bar.good, bar.bad)).collect();
        assert_eq!(heights, [(0, 0, 0), (10, 75, 25), (20, 1, 0), (30, 0, 50)]);
        assert_eq!((plot.bars[1].good_y, plot.bars[1].bad_y), (25, 0));
        assert_eq!(plot.words, "151 records in the last hour, 75 failed; at most 100 a minute.");
        assert_eq!(Plot::of(&[]).words, "No records in the last hour.");
    }
}
