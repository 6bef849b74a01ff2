//! Where a subscription stands, and what to do when it fails. Pure: no clock, no network, no randomness of its own.

use std::time::Duration;

use super::refusal::Fault;
use super::{Backoff, ReplayId, ReplayStart};

/// Tokens in a row that the service may refuse before the subscription ends.
const MAX_REFUSED_TOKENS: u32 = 3;

/// Where the next stream starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Position {
    /// Where the caller's store says; it has not been asked yet.
    Stored,
    /// At an end of the topic.
    At(ReplayStart),
    /// Behind an event.
    After(ReplayId),
}

/// What to do after a failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// Open the stream again after a wait.
    Reopen(Duration),
    /// Get another session, then open the stream again after a wait.
    Refresh(Duration),
    /// The position is lost: tell the caller, and open the stream at the fallback.
    FallBack {
        /// The replay id that is of no use.
        lost: ReplayId,
        /// Wait before the stream is opened.
        wait: Duration,
    },
    /// End the subscription.
    GiveUp,
}

/// Position and failures of a subscription.
#[derive(Debug)]
pub(super) struct Recovery {
    backoff: Backoff,
    fallback: ReplayStart,
    unplaced: ReplayStart,
    position: Position,
    failures: u32,
    refused_tokens: u32,
}

impl Recovery {
    pub(super) fn new(backoff: Backoff, fallback: ReplayStart, unplaced: ReplayStart) -> Self {
        Self { backoff, fallback, unplaced, position: Position::Stored, failures: 0, refused_tokens: 0 }
    }

    pub(super) fn position(&self) -> &Position {
        &self.position
    }

    pub(super) fn set_position(&mut self, position: Position) {
        self.position = position;
    }

    /// The service sent something: the connection and the token are good.
    pub(super) fn alive(&mut self) {
        self.failures = 0;
        self.refused_tokens = 0;
    }

    /// Decides what to do. `jitter` is a random number from 0 to 1.
    ///
    /// Waits double with every failure in a row and are drawn evenly from zero to that (full jitter). A first refused
    /// token and a lost position are put right at once.
    pub(super) fn failed(&mut self, fault: Fault, jitter: f64) -> Step {
        let jitter = if (0.0..=1.0).contains(&jitter) { jitter } else { 1.0 };
        let before = self.failures;
        self.failures = self.failures.saturating_add(1);
        // What was published since the stream began would be left out by another one that begins with the latest.
        if self.position == Position::At(ReplayStart::Latest) {
            self.position = Position::At(self.unplaced);
        }
        match fault {
            Fault::Fatal => Step::GiveUp,
            Fault::Transient => Step::Reopen(self.drawn(before, jitter)),
            Fault::Unavailable => Step::Reopen(self.drawn(before, jitter).max(self.backoff.unavailable)),
            Fault::Busy => {
                let busy = doubled(self.backoff.busy, before).min(self.backoff.busy.saturating_mul(10));
                // At least half: coming back at once is of no use here.
                Step::Reopen(busy.mul_f64(0.5 + jitter / 2.0))
            }
            Fault::Unauthenticated => {
                self.refused_tokens = self.refused_tokens.saturating_add(1);
                match self.refused_tokens {
                    1 => Step::Refresh(Duration::ZERO),
                    n if n <= MAX_REFUSED_TOKENS => Step::Refresh(self.drawn(before, jitter)),
                    _ => Step::GiveUp,
                }
            }
            Fault::ReplayIdLost => {
                let wait = if before == 0 { Duration::ZERO } else { self.drawn(before, jitter) };
                match std::mem::replace(&mut self.position, Position::At(self.fallback)) {
                    Position::After(lost) => Step::FallBack { lost, wait },
                    // No replay id was sent, so it cannot be the reason.
                    other => {
                        self.position = other;
                        Step::GiveUp
                    }
                }
            }
        }
    }

    fn drawn(&self, failures: u32, jitter: f64) -> Duration {
        doubled(self.backoff.base, failures).min(self.backoff.max).mul_f64(jitter)
    }
}

fn doubled(base: Duration, times: u32) -> Duration {
    base.saturating_mul(1_u32.checked_shl(times).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests;
