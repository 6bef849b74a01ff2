//! Where the demo's words go.

use std::io::Write;

use serde::Serialize;

/// Text for people goes to standard output, or to standard error when standard output is for one JSON object.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Console {
    json: bool,
}

impl Console {
    pub(crate) fn new(json: bool) -> Self {
        Self { json }
    }

    /// One or more lines for people. A reader that has gone is no error.
    pub(crate) fn say(&self, text: &str) {
        let _ = if self.json { writeln!(std::io::stderr(), "{text}") } else { writeln!(std::io::stdout(), "{text}") };
    }

    /// What went wrong, always on standard error.
    pub(crate) fn error(&self, text: &str) {
        let _ = writeln!(std::io::stderr(), "error: {text}");
    }

    /// One JSON object on one line of standard output.
    pub(crate) fn json(&self, value: &impl Serialize) {
        match serde_json::to_string(value) {
            Ok(line) => drop(writeln!(std::io::stdout(), "{line}")),
            Err(error) => self.error(&format!("cannot write the result as JSON: {error}")),
        }
    }
}
