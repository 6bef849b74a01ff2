use serde_json::json;
use shared::salesforce::{Graph, MAX_GRAPHS, MAX_NODES, UnitOfWork};

use super::calls::{self, quotes_of_a_call, reading, writing};
use super::time::Polls;
use super::*;
use crate::Product;

fn question(opportunities: u64, lines: u64) -> Question {
    Question {
        opportunities,
        lines,
        call_ms: 100,
        workers: 4,
        org: Org { daily_limit: 100_000, record_us: 0, bulk_row_us: constants::BULK_ROW_US },
        product: Product::defaults().unwrap(),
    }
}

#[test]
fn the_defaults_are_those_of_the_documents() {
    let product = Product {
        chunk_size: 215,
        bulk_threshold: 50_000,
        bulk_chunk_size: 10_000,
        org_concurrency: 10,
        worker_concurrency: 4,
        max_outstanding_chunks: 200,
    };
    assert_eq!(Product::defaults().unwrap(), product);
}

/// Calls of the plan, of reading and of writing, and chunks, as counted by hand.
#[test]
fn sizes_at_their_limits_are_cut_as_the_worker_cuts_them() {
    for (opportunities, plan, read, write, chunks) in [
        (0, 1, 0, 0, 0),
        (1, 1, 0, 1, 1),
        (75, 1, 0, 1, 1),
        (76, 1, 0, 2, 1),
        (200, 1, 0, 3, 1),
        (201, 1, 0, 3, 1),
        (214, 1, 0, 3, 1),
        (215, 2, 0, 3, 1),
        (216, 2, 1, 4, 2),
        (2_000, 2, 9, 3 + 8 * 3 + 1, 10),
        (2_150, 2, 9, 3 + 9 * 3, 10),
        (2_151, 3, 10, 3 + 9 * 3 + 1, 11),
        (4_085, 4, 18, 3 + 18 * 3, 19),
        (5_000, 4, 23, 3 + 22 * 3 + 1, 24),
    ] {
        let cut = calls::by_graphs(&question(opportunities, 2));
        let found = (cut.calls.plan, cut.calls.read, cut.calls.write, cut.chunks);
        assert_eq!(found, (plan, read, write, chunks), "{opportunities}");
    }
}

#[test]
fn the_way_changes_at_the_threshold() {
    for (opportunities, way) in [(49_999, Way::Graphs), (50_000, Way::Bulk), (50_001, Way::Bulk)] {
        let answer = Answer::to(&question(opportunities, 2));
        assert_eq!(answer.way, way, "{opportunities}");
        // Both ways are told.
        assert!(answer.graphs.api_calls > answer.bulk.api_calls, "{answer:?}");
    }
    let mut never = question(1_000_000, 2);
    never.product.bulk_threshold = 0;
    assert_eq!(Answer::to(&never).way, Way::Graphs);
}

#[test]
fn a_bulk_job_of_a_million_is_a_hundred_chunks_of_three_loads() {
    let cut = calls::in_bulk(&question(1_000_000, 2));
    // Two looks, a hundred pages of five calls, and one that finds nothing more.
    assert_eq!((cut.calls.plan, cut.chunks), (2 + 500 + 1, 100));
    // 666 Opportunities with their lines are a page.
    assert_eq!((cut.calls.read, cut.calls.write, cut.calls.end), (100 * 16, 100 * 10, 1));
    assert_eq!(calls::batches(&question(1_000_000, 2)), 100 * (1 + 2 + 1));
}

#[test]
fn many_lines_are_more_slices_and_quotes_in_stages() {
    // 500 lines are too many for a graph with the Quote.
    assert_eq!([writing(10, 0), writing(10, 499), writing(10, 500), writing(10, 998)], [0, 10, 30, 30]);
    assert_eq!([writing(10, 999), writing(10, 1_498), writing(10, 1_499)], [40, 40, 50]);
    assert_eq!([reading(215, 0), reading(215, 2), reading(215, 9), reading(215, 1_999)], [1, 1, 2, 215]);
    assert_eq!(reading(3, 2_000), 6);
    assert_eq!([calls::slices(10_000, 4), calls::slices(10_000, 5), calls::slices(10_000, 0)], [1, 2, 0]);
}

#[test]
fn a_call_holds_as_many_quotes_as_the_client_packs() {
    for lines in [1, 2, 5, 6, 7, 99, 249, 250, 498] {
        let mut unit = UnitOfWork::new();
        for number in 0..2 * MAX_GRAPHS {
            let mut graph = Graph::new(format!("g{number}"));
            let quote = graph.create("Quote", &json!({ "Name": "a" })).unwrap();
            for _ in 0..lines {
                graph.create("QuoteLineItem", &json!({ "QuoteId": quote })).unwrap();
            }
            unit.push(graph);
        }
        let requests = unit.into_requests("62.0").unwrap();
        let graphs = u64::try_from(requests[0].graphs().len()).unwrap();
        assert_eq!(quotes_of_a_call(lines), graphs, "{lines} lines");
        assert_eq!(writing(2 * 75, lines), u64::try_from(requests.len()).unwrap(), "{lines} lines");
    }
    assert_eq!(quotes_of_a_call(u64::try_from(MAX_NODES).unwrap() - 1), 1);
}

#[test]
fn a_small_job_takes_two_calls_in_a_row_whatever_the_workers() {
    for (opportunities, workers) in [(1, 1), (10, 1), (160, 1), (160, 8)] {
        let seconds = Answer::to(&Question { workers, ..question(opportunities, 2) }).graphs.seconds;
        assert!((seconds - constants::START - 0.2).abs() < 1e-9, "{opportunities}: {seconds}");
    }
}

#[test]
fn more_workers_than_the_org_takes_gain_nothing() {
    let seconds = |workers| Answer::to(&Question { workers, ..question(20_000, 2) }).graphs.seconds;
    assert!(seconds(1) > 1.8 * seconds(2), "{} {}", seconds(1), seconds(2));
    assert!((seconds(3) - seconds(8)).abs() < 1e-9);
    let answer = Answer::to(&question(20_000, 2));
    assert_eq!((answer.useful_workers, answer.graphs.calls_at_a_time), (3, 10));
}

#[test]
fn an_org_that_works_on_one_record_after_another_is_the_limit() {
    let mut slow = question(20_000, 2);
    slow.org.record_us = 100;
    let seconds = Answer::to(&slow).graphs.seconds;
    assert!((12.0..13.0).contains(&seconds), "20,000 x 6 records x 100 us are 12 s: {seconds}");
}

#[test]
fn polls_come_soon_at_first_and_then_seldom() {
    assert_eq!(Polls::until(0.0, 0.0).count, 1.0);
    let ten = Polls::until(10.0, 0.0);
    assert!((9.0..=11.0).contains(&ten.count) && ten.seconds >= 10.0, "{ten:?}");
    let day = Polls::until(86_400.0, 0.0);
    assert!((day.count - 86_400.0 / 4.375).abs() < 20.0 && day.seconds >= 86_400.0, "{day:?}");
}

#[test]
fn no_size_overflows() {
    let mut huge = question(1_000_000_000, 100_000);
    huge.call_ms = 600_000;
    huge.org.record_us = 1_000_000;
    huge.org.bulk_row_us = 1_000_000;
    for workers in [1, 1_000] {
        let answer = Answer::to(&Question { workers, ..huge });
        for cost in [&answer.graphs, &answer.bulk] {
            assert!(cost.seconds.is_finite() && cost.api_calls > 1_000_000_000, "{cost:?}");
        }
        assert!(answer.graphs.worker_bytes > 0);
    }
    let nothing = Answer::to(&question(0, 0));
    assert_eq!((nothing.graphs.chunks, nothing.graphs.calls.write, nothing.bulk.calls.wait), (0, 0, 0));
}

#[test]
fn memory_of_redis_is_a_window_of_the_job() {
    let bytes = |opportunities| Answer::to(&question(opportunities, 2)).graphs.redis_bytes;
    assert!(bytes(1_000) < bytes(40_000));
    assert_eq!(bytes(45_000), bytes(1_000_000_000));
}

#[test]
fn plans_and_dynos_are_the_smallest_that_are_enough() {
    assert_eq!(memory::plan(1_000_000, 4).unwrap().name, "mini");
    assert_eq!(memory::plan(13_000_000, 4).unwrap().name, "premium-0");
    assert_eq!(memory::plan(1_000_000, 21).unwrap().name, "premium-0");
    assert_eq!(memory::plan(1_000_000, 1_001), None);
    assert_eq!(memory::dyno(20 << 20).unwrap().name, "standard-1x");
    assert_eq!(memory::dyno(513 << 20).unwrap().name, "standard-2x");
    assert_eq!(memory::dyno(u64::MAX), None);
}
