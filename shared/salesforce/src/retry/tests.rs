use std::time::Duration;

use super::{Failure, RetryPolicy};
use crate::ErrorKind;

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

const POLICY: RetryPolicy = RetryPolicy { max_attempts: 4, base_delay: ms(100), max_delay: ms(300), total: ms(10_000) };

fn failure(kind: ErrorKind) -> Failure {
    let elapsed = Duration::ZERO;
    Failure { attempt: 1, elapsed, kind, may_have_committed: false, retry_after: None }
}

#[test]
fn only_what_passes_by_itself_is_tried_again() {
    for (kind, again) in [
        (ErrorKind::Transient, true),
        (ErrorKind::RowLocked, true),
        (ErrorKind::Silent, true),
        (ErrorKind::LimitExceeded, false),
        (ErrorKind::SessionExpired, false),
        (ErrorKind::NotFound, false),
        (ErrorKind::Invalid, false),
        (ErrorKind::Forbidden, false),
        (ErrorKind::Malformed, true),
    ] {
        assert_eq!(POLICY.decide(&failure(kind), 1.0).is_some(), again, "{kind:?}");
    }
}

#[test]
fn what_may_have_committed_is_not_done_again() {
    for kind in [ErrorKind::Transient, ErrorKind::RowLocked] {
        let failure = Failure { may_have_committed: true, ..failure(kind) };
        assert_eq!(POLICY.decide(&failure, 0.5), None);
    }
}

#[test]
fn waits_grow_up_to_a_bound_and_are_jittered() {
    for (attempt, jitter, wait) in [
        (1, 1.0, Some(ms(100))),
        (2, 1.0, Some(ms(200))),
        (3, 1.0, Some(ms(300))),
        (4, 1.0, None),
        (2, 0.5, Some(ms(100))),
        (2, 0.0, Some(ms(0))),
        (2, 7.0, Some(ms(200))),
        (2, f64::NAN, Some(ms(200))),
    ] {
        let failure = Failure { attempt, ..failure(ErrorKind::Transient) };
        assert_eq!(POLICY.decide(&failure, jitter), wait, "{attempt} {jitter}");
    }
    let patient = RetryPolicy { max_attempts: u32::MAX, ..POLICY };
    let failure = Failure { attempt: 1000, ..failure(ErrorKind::Transient) };
    assert_eq!(patient.decide(&failure, 1.0), Some(ms(300)));
}

#[test]
fn the_servers_wait_and_the_total_time_count() {
    for (elapsed, retry_after, wait) in [
        (ms(0), Some(ms(5_000)), Some(ms(5_000))),
        (ms(0), Some(ms(10)), Some(ms(100))),
        (ms(0), Some(ms(10_000)), None),
        (ms(6_000), Some(ms(5_000)), None),
        (ms(9_899), None, Some(ms(100))),
        (ms(9_900), None, None),
        (ms(20_000), None, None),
        (ms(0), Some(Duration::MAX), None),
    ] {
        let failure = Failure { elapsed, retry_after, ..failure(ErrorKind::Transient) };
        assert_eq!(POLICY.decide(&failure, 1.0), wait, "{elapsed:?} {retry_after:?}");
    }
}
