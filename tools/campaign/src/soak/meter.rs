//! What processes use, and whether it grows.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use test_support::Memory;

/// Fewer readings say nothing about memory.
const FEWEST: usize = 16;
/// Memory may grow by this share and this many bytes from the first quarter to the last: allocators settle slowly.
const SHARE: f64 = 0.10;
const SLACK: f64 = 3.0 * 1024.0 * 1024.0;
/// Connections that wait for their next use come and go.
const HANDLES: u64 = 3;

/// What a process uses at a moment of rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reading {
    /// Resident bytes; of Redis those of its data.
    pub(super) bytes: u64,
    /// Open files and connections; of Redis its clients.
    pub(super) handles: u64,
}

impl Reading {
    /// The process of this id.
    pub(super) fn of(pid: u32) -> Result<Self> {
        let bytes = Memory::of(pid).context("a process has ended, or there is no /proc")?.resident;
        let handles = std::fs::read_dir(format!("/proc/{pid}/fd")).context("cannot count open files")?.count();
        Ok(Self { bytes, handles: handles as u64 })
    }
}

/// Readings by process, in the order in which they were made.
#[derive(Debug, Default)]
pub(super) struct Meter(BTreeMap<String, Vec<Reading>>);

/// First and last quarter of one process.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Trend {
    pub(super) name: String,
    /// Average of the bytes.
    pub(super) bytes: [f64; 2],
    /// Fewest handles.
    pub(super) handles: [u64; 2],
}

impl Meter {
    pub(super) fn note(&mut self, name: &str, reading: Reading) {
        self.0.entry(name.to_owned()).or_default().push(reading);
    }

    pub(super) fn trends(&self) -> Vec<Trend> {
        let trend = |(name, readings): (&String, &Vec<Reading>)| {
            let quarter = readings.len().div_ceil(4);
            let ends = [&readings[..quarter], &readings[readings.len() - quarter..]];
            Trend {
                name: name.clone(),
                bytes: ends.map(|end| end.iter().map(|reading| reading.bytes as f64).sum::<f64>() / end.len() as f64),
                handles: ends.map(|end| end.iter().map(|reading| reading.handles).min().unwrap_or_default()),
            }
        };
        self.0.iter().map(trend).collect()
    }

    /// What grows, as sentences. `explained` gives the bytes that a process may hold more, for what it was told to keep.
    pub(super) fn problems(&self, explained: impl Fn(&str) -> f64) -> Vec<String> {
        let mut problems = Vec::new();
        for trend in self.trends() {
            let [first, last] = trend.bytes;
            let enough = self.0.get(&trend.name).is_some_and(|readings| readings.len() >= FEWEST);
            if enough && last > first * (1.0 + SHARE) + SLACK + explained(&trend.name) {
                let mib = |bytes: f64| bytes / (1024.0 * 1024.0);
                problems.push(format!("{}: memory went from {:.1} to {:.1} MiB", trend.name, mib(first), mib(last)));
            }
            let [first, last] = trend.handles;
            if last > first + HANDLES {
                problems.push(format!("{}: open handles went from {first} to {last}", trend.name));
            }
        }
        problems
    }

    /// A table for people.
    pub(super) fn text(&self) -> String {
        let mut text = format!("{:<24} {:>10} {:>10} {:>8} {:>8}", "", "MiB first", "MiB last", "handles", "last");
        for trend in self.trends() {
            let [first, last] = trend.bytes.map(|bytes| bytes / (1024.0 * 1024.0));
            let [few, few_last] = trend.handles;
            text.push_str(&format!("\n{:<24} {first:>10.1} {last:>10.1} {few:>8} {few_last:>8}", trend.name));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1024 * 1024;

    fn meter(readings: impl IntoIterator<Item = (u64, u64)>) -> Meter {
        let mut meter = Meter::default();
        for (mib, handles) in readings {
            meter.note("worker", Reading { bytes: mib * MIB, handles });
        }
        meter
    }

    #[test]
    fn what_grows_is_found_and_what_swings_is_not() {
        let problems = |meter: &Meter| meter.problems(|_| 0.0);
        assert!(problems(&meter((0..40).map(|place| (20 + place % 7, 30 + place % 9)))).is_empty());
        let grows = problems(&meter((0..40).map(|place| (20 + place / 4, 30))));
        assert_eq!(grows, ["worker: memory went from 20.8 to 28.2 MiB"]);
        let grows = problems(&meter((0..40).map(|place| (20, 30 + place / 4))));
        assert_eq!(grows, ["worker: open handles went from 30 to 37"]);
        assert!(meter((0..40).map(|place| (20 + place / 4, 30))).problems(|_| 8.0 * MIB as f64).is_empty());
    }

    #[test]
    fn few_readings_say_nothing_of_memory() {
        assert!(meter((0..FEWEST as u64 - 1).map(|place| (20 + place, 30))).problems(|_| 0.0).is_empty());
        assert!(!meter((0..FEWEST as u64).map(|place| (20 + place, 30))).problems(|_| 0.0).is_empty());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_has_handles() {
        let before = Reading::of(std::process::id()).unwrap();
        let _files: Vec<_> = (0..20).map(|_| std::fs::File::open("/dev/null").unwrap()).collect();
        let after = Reading::of(std::process::id()).unwrap();
        assert!(before.bytes > 0 && after.handles >= before.handles + 10, "{before:?} {after:?}");
    }
}
