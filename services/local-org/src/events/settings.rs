//! What can be changed on a bus while it runs.

use serde::{Deserialize, Serialize};

/// Settings of one org's bus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(crate) struct Settings {
    /// Whether the same change of several records in one transaction is one event with all their ids, as in an org.
    pub(crate) merge: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self { merge: true }
    }
}
