//! Where results go.

use std::io::Write;

/// Prints a line of a result.
pub(crate) fn say(text: &str) {
    // A reader that has gone is no error.
    let _ = writeln!(std::io::stdout(), "{text}");
}
