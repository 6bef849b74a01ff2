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

/// API calls of the last 24 hours, from the header `Sforce-Limit-Info` of every answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ApiUsage {
    /// Calls made.
    pub used: u64,
    /// Calls allowed.
    pub limit: u64,
}

impl ApiUsage {
    /// Reads `api-usage=18/5000`, which may be followed by `; per-app-api-usage=…` ("Limit Info Header").
    pub(super) fn parse(header: &str) -> Option<Self> {
        let usage = header.split(';').find_map(|part| part.trim().strip_prefix("api-usage="))?;
        let (used, limit) = usage.split_once('/')?;
        Some(Self { used: used.trim().parse().ok()?, limit: limit.trim().parse().ok()? })
    }
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
