//! Tells of jobs that a worker leaves to others, once for each kind.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::kind::JobKind;
use crate::params;

/// Most kinds that are told. Whoever can write to Redis can think of any number.
const MOST: usize = 100;

/// The kinds that were told.
#[derive(Default)]
pub(super) struct PassedOver(BTreeSet<String>);

impl PassedOver {
    /// Warns of those of `kinds`, as they stand in Redis, that were not told before; `own` are the worker's.
    pub(super) fn tell(&mut self, kinds: Vec<String>, own: &BTreeMap<&'static str, Arc<dyn JobKind>>) {
        for warning in self.warnings(kinds, |name| own.contains_key(name)) {
            tracing::warn!("{warning}");
        }
    }

    fn warnings(&mut self, kinds: Vec<String>, knows: impl Fn(&str) -> bool) -> Vec<String> {
        let mut warnings = Vec::new();
        for kind in kinds {
            if self.0.len() >= MOST || self.0.contains(&kind) {
                continue;
            }
            let (name, version) = params::parse(&kind);
            let awaited = if knows(name) { "a newer worker" } else { "a worker that knows this kind" };
            warnings.push(format!("a job of kind {name} version {version} waits for {awaited}"));
            self.0.insert(kind);
        }
        warnings
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_told_once_with_what_it_waits_for() {
        let mut passed_over = PassedOver::default();
        let mut tell = |kinds: &[&str]| {
            passed_over.warnings(kinds.iter().map(|&kind| kind.to_owned()).collect(), |name| name == "generateQuote")
        };
        assert_eq!(
            tell(&["generateQuote@2", "other"]),
            [
                "a job of kind generateQuote version 2 waits for a newer worker",
                "a job of kind other version 1 waits for a worker that knows this kind"
            ]
        );
        assert!(tell(&["other", "generateQuote@2"]).is_empty());
        assert_eq!(tell(&["generateQuote@3"]), ["a job of kind generateQuote version 3 waits for a newer worker"]);
        let many: Vec<String> = (0..1_000).map(|number| format!("kind-{number}")).collect();
        assert_eq!(tell(&many.iter().map(String::as_str).collect::<Vec<_>>()).len(), MOST - 3);
    }
}
