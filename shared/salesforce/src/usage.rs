//! How many calls the org has made today, as every answer tells.

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

#[cfg(test)]
mod tests;
