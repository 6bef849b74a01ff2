//! Waiting times that spread out over processes.

use std::time::Duration;

/// A random time up to `base * 2^failures`, and up to `cap`: full jitter, so that many waiters do not come back at once.
pub(super) fn full_jitter(base: Duration, cap: Duration, failures: u32) -> Duration {
    let ceiling = base.saturating_mul(2_u32.saturating_pow(failures)).min(cap);
    ceiling.mul_f64(rand::random_range(0.0..=1.0))
}

/// `period`, a tenth more or less.
pub(super) fn jittered(period: Duration) -> Duration {
    period.mul_f64(rand::random_range(0.9..=1.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stays_below_the_cap_and_the_doubled_base() {
        let (base, cap) = (Duration::from_secs(1), Duration::from_secs(300));
        for failures in [0, 1, 5, 8, 31, 32, u32::MAX] {
            let ceiling = Duration::from_secs(1 << failures.min(20)).min(cap);
            assert!((0..200).all(|_| full_jitter(base, cap, failures) <= ceiling), "{failures}");
        }
    }
}
