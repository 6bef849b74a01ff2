//! Lines for people and results for programs.

use std::io::Write;

/// Prints a line for people, on standard error: standard output is for results.
pub(crate) fn say(text: &str) {
    // A reader that has gone is no error.
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Prints a result, on standard output.
pub(crate) fn print(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}
