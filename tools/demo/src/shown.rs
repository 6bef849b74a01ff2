//! What a pattern has to show, in a form that is the same for all.

use serde_json::Value;

use crate::console::Console;

/// The result of a pattern's demo.
#[derive(Debug)]
pub(crate) struct Shown {
    /// For people.
    pub(crate) text: String,
    /// The one JSON object of `--json`. Its counts are those of local-org.
    pub(crate) summary: Value,
    /// What is not as it should be, as sentences; empty is good.
    pub(crate) problems: Vec<String>,
    /// How to go on by hand while everything stays up.
    pub(crate) afterwards: String,
}

impl Shown {
    /// Prints the result; problems go to standard error.
    pub(crate) fn print(&self, console: &Console) {
        console.say(&self.text);
        for problem in &self.problems {
            console.error(problem);
        }
    }
}

/// Seconds to the millisecond, for a summary.
pub(crate) fn seconds(time: std::time::Duration) -> f64 {
    (time.as_secs_f64() * 1000.0).round() / 1000.0
}
