use proptest::prelude::*;

use super::*;

fn recovery() -> Recovery {
    Recovery::new(Backoff::default(), ReplayStart::Earliest, ReplayStart::Earliest)
}

fn after(byte: u8) -> Position {
    Position::After(ReplayId::from_bytes([byte]).unwrap())
}

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn waits_double_up_to_a_bound_and_begin_anew_after_a_sign_of_life() {
    let mut recovery = recovery();
    for seconds in [1, 2, 4, 8, 16, 32, 60, 60] {
        assert_eq!(recovery.failed(Fault::Transient, 1.0), Step::Reopen(SECOND * seconds));
    }
    recovery.alive();
    assert_eq!(recovery.failed(Fault::Transient, 0.5), Step::Reopen(SECOND / 2));
    (0..100).for_each(|_| drop(recovery.failed(Fault::Transient, 1.0)));
    assert_eq!(recovery.failed(Fault::Transient, 1.0), Step::Reopen(SECOND * 60));
}

#[test]
fn a_service_that_is_unavailable_gets_at_least_five_seconds() {
    let mut recovery = recovery();
    assert_eq!(recovery.failed(Fault::Unavailable, 0.0), Step::Reopen(SECOND * 5));
    (0..3).for_each(|_| drop(recovery.failed(Fault::Unavailable, 0.0)));
    assert_eq!(recovery.failed(Fault::Unavailable, 1.0), Step::Reopen(SECOND * 16));
}

#[test]
fn a_busy_service_gets_minutes() {
    let mut recovery = recovery();
    assert_eq!(recovery.failed(Fault::Busy, 0.0), Step::Reopen(SECOND * 30));
    assert_eq!(recovery.failed(Fault::Busy, 1.0), Step::Reopen(SECOND * 120));
    (0..10).for_each(|_| drop(recovery.failed(Fault::Busy, 1.0)));
    assert_eq!(recovery.failed(Fault::Busy, 1.0), Step::Reopen(SECOND * 600));
}

#[test]
fn a_token_is_renewed_at_once_then_slowly_then_no_more() {
    let mut recovery = recovery();
    assert_eq!(recovery.failed(Fault::Unauthenticated, 1.0), Step::Refresh(Duration::ZERO));
    assert_eq!(recovery.failed(Fault::Unauthenticated, 1.0), Step::Refresh(SECOND * 2));
    assert_eq!(recovery.failed(Fault::Unauthenticated, 1.0), Step::Refresh(SECOND * 4));
    assert_eq!(recovery.failed(Fault::Unauthenticated, 1.0), Step::GiveUp);
    recovery.alive();
    assert_eq!(recovery.failed(Fault::Unauthenticated, 1.0), Step::Refresh(Duration::ZERO));
}

#[test]
fn a_lost_position_falls_back_once() {
    let mut recovery = recovery();
    recovery.set_position(after(7));
    let lost = ReplayId::from_bytes([7]).unwrap();
    assert_eq!(recovery.failed(Fault::ReplayIdLost, 1.0), Step::FallBack { lost, wait: Duration::ZERO });
    assert_eq!(recovery.position(), &Position::At(ReplayStart::Earliest));
    // A lost connection before the first event does not lead back to the bad replay id.
    assert!(matches!(recovery.failed(Fault::Transient, 1.0), Step::Reopen(_)));
    assert_eq!(recovery.position(), &Position::At(ReplayStart::Earliest));
    assert_eq!(recovery.failed(Fault::ReplayIdLost, 1.0), Step::GiveUp, "no replay id was sent");
}

#[test]
fn a_stream_that_told_no_place_is_not_begun_with_the_latest_again() {
    for (unplaced, expected) in
        [(ReplayStart::Earliest, ReplayStart::Earliest), (ReplayStart::Latest, ReplayStart::Latest)]
    {
        let mut recovery = Recovery::new(Backoff::default(), ReplayStart::Latest, unplaced);
        recovery.set_position(Position::At(ReplayStart::Latest));
        for fault in [Fault::Transient, Fault::Busy, Fault::Unauthenticated] {
            recovery.failed(fault, 1.0);
            assert_eq!(recovery.position(), &Position::At(expected), "{fault:?}");
        }
        // A lost position may lead to the latest, and from there, too.
        recovery.set_position(after(1));
        assert!(matches!(recovery.failed(Fault::ReplayIdLost, 1.0), Step::FallBack { .. }));
        assert_eq!(recovery.position(), &Position::At(ReplayStart::Latest));
        recovery.failed(Fault::Unavailable, 1.0);
        assert_eq!(recovery.position(), &Position::At(expected));
    }
}

#[test]
fn what_will_fail_again_ends_it() {
    let mut recovery = recovery();
    recovery.set_position(after(1));
    assert_eq!(recovery.failed(Fault::Fatal, 1.0), Step::GiveUp);
    assert_eq!(recovery.position(), &after(1));
}

proptest! {
    #[test]
    fn waits_are_bounded_and_only_a_lost_replay_id_moves_the_position(
        faults in prop::collection::vec((0_usize..5, 0.0..=1.0_f64, any::<bool>()), 1..60),
    ) {
        let mut recovery = recovery();
        recovery.set_position(after(3));
        for (fault, jitter, alive) in faults {
            let fault = [Fault::Transient, Fault::Unavailable, Fault::Busy, Fault::Unauthenticated, Fault::Fatal][fault];
            let limit = if fault == Fault::Busy { 600 } else { 60 };
            match recovery.failed(fault, jitter) {
                Step::Reopen(wait) | Step::Refresh(wait) => prop_assert!(wait <= SECOND * limit),
                Step::FallBack { .. } => prop_assert!(false),
                Step::GiveUp => prop_assert!(matches!(fault, Fault::Fatal | Fault::Unauthenticated)),
            }
            prop_assert_eq!(recovery.position(), &after(3));
            if alive {
                recovery.alive();
            }
        }
    }
}
