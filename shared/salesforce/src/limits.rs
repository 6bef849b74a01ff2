//! What the org may still do today.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Client, Error, Operation};

/// One of the org's limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Limit {
    /// How much the org may use.
    pub max: i64,
    /// How much of it is left; can be negative where Salesforce lets an org go over.
    pub remaining: i64,
}

impl Client {
    /// The org's limits by name, for example `DailyApiRequests`.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn limits(&self) -> Result<BTreeMap<String, Limit>, Error> {
        self.get(Operation::Limits, "/limits").await
    }
}

#[cfg(test)]
mod tests;
