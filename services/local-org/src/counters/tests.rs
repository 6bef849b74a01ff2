use std::sync::Arc;

use super::{Concurrent, Counters, LimitReached, Rows};

#[test]
fn counts_calls_up_to_the_limit() {
    let counters = Counters::default();
    assert_eq!(counters.take_call("query", Some(2)), Ok(()));
    assert_eq!(counters.take_call("create", Some(2)), Ok(()));
    assert_eq!(counters.take_call("create", Some(2)), Err(LimitReached));
    assert_eq!(counters.take_call("create", None), Ok(()));
    let calls = counters.snapshot().calls;
    assert_eq!(calls.total, 3);
    assert_eq!(calls.by_operation.into_iter().collect::<Vec<_>>(), [("create", 2), ("query", 1)]);
}

#[test]
fn counts_executions_until_they_end() {
    let counters = Arc::new(Counters::default());
    let first = counters.begin(Some(2)).expect("one");
    let second = counters.begin(Some(2)).expect("two");
    assert_eq!(counters.begin(Some(2)).err(), Some(LimitReached));
    drop(second);
    assert_eq!(counters.snapshot().concurrent, Concurrent { now: 1, max: 2 });
    counters.reset();
    assert_eq!(counters.snapshot().concurrent, Concurrent { now: 1, max: 1 });
    drop(first);
    assert_eq!(counters.snapshot().concurrent, Concurrent { now: 0, max: 1 });
}

#[test]
fn resets_rows() {
    let counters = Counters::default();
    counters.add_rows(Rows { read: 3, written: 1 });
    counters.add_rows(Rows { read: 1, written: 1 });
    assert_eq!(counters.snapshot().rows, Rows { read: 4, written: 2 });
    counters.reset();
    assert_eq!(counters.snapshot().rows, Rows::default());
}
