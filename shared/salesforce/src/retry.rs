//! When a failed call is made again, and after how long. Pure: no clock, no network, no randomness of its own.

use std::time::Duration;

use super::ErrorKind;

/// Limits on repeating a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Tries in all, the first included; 1 turns repeating off.
    pub max_attempts: u32,
    /// Upper bound of the first wait; doubles with every try.
    pub base_delay: Duration,
    /// No wait of our own is longer than this. A longer `Retry-After` is honoured.
    pub max_delay: Duration,
    /// No try begins later than this after the first began, and none runs on beyond it.
    pub total: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            max_attempts: 4,
            base_delay: Duration::from_millis(500),
            max_delay: Duration::from_secs(10),
            total: Duration::from_secs(180),
        }
    }
}

/// A failed try, as far as the policy needs to know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Number of the try that failed, from 1.
    pub attempt: u32,
    /// Time since the first try began.
    pub elapsed: Duration,
    /// What went wrong.
    pub kind: ErrorKind,
    /// The org may have changed although the try failed, and another try would change it again.
    pub may_have_committed: bool,
    /// How long the server asked to wait.
    pub retry_after: Option<Duration>,
}

impl RetryPolicy {
    /// How long to wait before the next try; `None` to give up.
    ///
    /// Only failures that pass by themselves, and connections that cannot be made, are worth another try, and only a try
    /// that certainly changed nothing is made again: reads always, writes when they were not sent or were rolled back. The
    /// wait is drawn evenly from zero to the back-off (full jitter, so that workers which failed together do not come back
    /// together), and is never shorter than the server's `Retry-After`.
    ///
    /// `jitter` is a random number from 0 to 1.
    #[must_use]
    pub fn decide(&self, failure: &Failure, jitter: f64) -> Option<Duration> {
        // A connection that was refused may be taken at once by whatever has just started.
        let worth_it = failure.kind.passes() || failure.kind == ErrorKind::Silent;
        if !worth_it || failure.may_have_committed || failure.attempt >= self.max_attempts {
            return None;
        }
        let backoff =
            self.base_delay.saturating_mul(1_u32.checked_shl(failure.attempt.saturating_sub(1)).unwrap_or(u32::MAX));
        let jitter = if (0.0..=1.0).contains(&jitter) { jitter } else { 1.0 };
        let drawn = backoff.min(self.max_delay).mul_f64(jitter);
        let wait = drawn.max(failure.retry_after.unwrap_or_default());
        (failure.elapsed.saturating_add(wait) < self.total).then_some(wait)
    }
}

#[cfg(test)]
mod tests;
