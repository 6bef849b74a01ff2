use proptest::prelude::*;

use super::*;

#[test]
fn asks_for_all_at_first_and_for_more_as_events_are_finished() {
    let mut credit = Credit::new(100);
    assert_eq!(credit.open(), Some(100));
    (0..100).for_each(|_| credit.received());
    assert_eq!(credit.top_up(), None, "nothing is finished");
    assert!(!credit.is_owed());
    credit.finished();
    assert_eq!(credit.top_up(), Some(1), "a stream that asks for nothing is ended");
    (0..24).for_each(|_| credit.finished());
    assert_eq!(credit.top_up(), None, "one is owed, and less than a quarter is free");
    credit.finished();
    assert_eq!(credit.top_up(), Some(25));
}

#[test]
fn a_new_stream_asks_for_what_the_caller_has_room_for() {
    let mut credit = Credit::new(10);
    assert_eq!(credit.open(), Some(10));
    (0..4).for_each(|_| credit.received());
    assert_eq!(credit.open(), Some(6), "what the old stream owed is void");
    (0..6).for_each(|_| credit.received());
    assert_eq!(credit.open(), None);
    credit.finished();
    assert_eq!(credit.open(), Some(1));
}

#[test]
fn limits_are_kept_in_bounds() {
    assert_eq!(Credit::new(0).open(), Some(1));
    assert_eq!(Credit::new(1_000).open(), Some(100));
    let mut credit = Credit::new(5);
    // More than was asked for, and more finished than received: a server's or a caller's mistake does no harm.
    (0..7).for_each(|_| credit.received());
    assert_eq!(credit.open(), None);
    (0..20).for_each(|_| credit.finished());
    assert_eq!(credit.open(), Some(5));
}

proptest! {
    #[test]
    fn never_more_than_the_limit_and_never_stuck(
        limit in 1_u32..=100,
        steps in prop::collection::vec((0_u8..4, 1_usize..40), 1..200),
    ) {
        let mut credit = Credit::new(limit);
        let (mut owed, mut held) = (credit.open().unwrap(), 0_u32);
        for (step, times) in steps {
            for _ in 0..times {
                match step {
                    0 | 1 if owed > 0 => {
                        credit.received();
                        owed -= 1;
                        held += 1;
                    }
                    2 if held > 0 => {
                        credit.finished();
                        held -= 1;
                    }
                    3 => owed = credit.open().unwrap_or(0),
                    _ => {}
                }
                owed += credit.top_up().unwrap_or(0);
                prop_assert!(owed + held <= limit);
                prop_assert!(owed > 0 || held == limit, "{credit:?}");
                prop_assert_eq!(credit.is_owed(), owed > 0);
            }
        }
    }
}
