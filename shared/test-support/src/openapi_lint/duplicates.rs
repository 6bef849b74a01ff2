//! Names that are one to Apex, which ignores case.

use super::findings::{Findings, place};
use std::collections::HashMap;

/// Reports names at `at` that differ in nothing but case.
pub(super) fn check<'n>(names: impl Iterator<Item = &'n str>, at: &str, findings: &mut Findings<'_>) {
    let mut seen: HashMap<String, &str> = HashMap::new();
    for name in names {
        if let Some(other) = seen.insert(name.to_ascii_lowercase(), name) {
            findings.add(&place(at, name), format!("{name} and {other} are the same name in Apex"));
        }
    }
}
