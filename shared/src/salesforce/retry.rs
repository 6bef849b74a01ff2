//! When to try a call again. Pure, so that the whole table is tested without a network.

use super::error::{Error, ErrorKind};
use std::time::Duration;

/// Bounds of automatic retries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Retries after the first try.
    pub retries: u32,
    /// Longest wait before the first retry; doubles with each.
    pub base: Duration,
    /// Longest wait of all, also for `Retry-After`.
    pub cap: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self { retries: 4, base: Duration::from_millis(200), cap: Duration::from_secs(5) }
    }
}

impl RetryPolicy {
    /// The longest wait before retry number `retry` (0 is the first), or `None` to give up.
    ///
    /// Only a call that does no harm when carried out twice is `idempotent`; others are tried again only when they were
    /// certainly not carried out.
    pub fn decide(&self, error: &Error, retry: u32, idempotent: bool) -> Option<Duration> {
        let passing = matches!(error.kind(), ErrorKind::Transient | ErrorKind::RowLocked);
        let safe = idempotent || !error.may_have_committed();
        if !passing || !safe || retry >= self.retries {
            return None;
        }
        match error.retry_after() {
            Some(asked) if asked > self.cap => None,
            Some(asked) => Some(asked),
            None => Some(self.base.saturating_mul(1_u32 << retry.min(16)).min(self.cap)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::salesforce::error::ApiError;

    fn api(status: u16, code: &str, retry_after: Option<u64>) -> Error {
        let errors = vec![ApiError { error_code: code.to_owned(), message: String::new(), fields: Vec::new() }];
        Error::Api { status, errors, retry_after: retry_after.map(Duration::from_secs) }
    }

    #[test]
    fn the_table() {
        let policy = RetryPolicy::default();
        let ms = |ms| Some(Duration::from_millis(ms));
        for (error, retry, idempotent, expected) in [
            (api(503, "SERVER_UNAVAILABLE", None), 0, true, ms(200)),
            (api(503, "SERVER_UNAVAILABLE", None), 3, true, ms(1_600)),
            (api(503, "SERVER_UNAVAILABLE", None), 4, true, None),
            (api(503, "SERVER_UNAVAILABLE", None), 0, false, None),
            (api(503, "SERVER_UNAVAILABLE", Some(2)), 0, true, ms(2_000)),
            (api(503, "SERVER_UNAVAILABLE", Some(60)), 0, true, None),
            (api(400, "UNABLE_TO_LOCK_ROW", None), 1, false, ms(400)),
            (api(420, "", None), 0, false, ms(200)),
            (api(403, "REQUEST_LIMIT_EXCEEDED", None), 0, true, None),
            (api(401, "INVALID_SESSION_ID", None), 0, true, None),
            (api(400, "MALFORMED_QUERY", None), 0, true, None),
        ] {
            assert_eq!(policy.decide(&error, retry, idempotent), expected, "{error} {retry} {idempotent}");
        }
    }
}
