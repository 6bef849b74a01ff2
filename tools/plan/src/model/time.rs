//! Seconds, from calls and their time.

use shared::salesforce::bulk::PollSettings;

use super::calls::{self, Calls, Cut, LOADS};
use super::cost::Cost;
use super::question::Question;
use super::{constants, memory};

/// Rows of a load's Quote: itself, its lines, and its final key.
fn rows_of_a_quote(lines: u64) -> u64 {
    if lines == 0 { 0 } else { lines + 2 }
}

/// Quotes by composite graphs.
pub(crate) fn by_graphs(question: &Question) -> Cost {
    let Cut { mut calls, head, chunks } = calls::by_graphs(question);
    let (call, at_a_time) = (question.call(), question.graph_calls_at_a_time(chunks));
    // Each record is read once and written once.
    let records = if question.lines == 0 { 1 } else { 2 * (1 + question.lines) };
    let of_org = question.opportunities as f64 * records as f64 * question.org.record_us as f64 / 1e6;
    let rest = (calls.work() - head) as f64;
    let before = constants::START + head as f64 * call;
    let seconds = if chunks <= 1 {
        // All requests of the only chunk go side by side.
        before + (rest / at_a_time as f64).ceil() * call + of_org
    } else {
        let side_by_side = (rest * call + of_org) / at_a_time as f64 + call;
        before + side_by_side.max(of_org + call)
    };
    calls.progress = progress(chunks, seconds);
    let redis = memory::redis_by_graphs(question, chunks);
    cost(question, seconds, calls, (chunks, at_a_time), (redis, memory::worker_by_graphs(question, chunks)))
}

/// Quotes through the Bulk API.
pub(crate) fn in_bulk(question: &Question) -> Cost {
    let Cut { mut calls, head, chunks } = calls::in_bulk(question);
    let (call, at_a_time) = (question.call(), question.loads_at_a_time(chunks));
    let quotes = question.opportunities.min(question.product.bulk_chunk_size);
    let slices = calls::slices(quotes, question.lines);
    let loads = LOADS * slices;
    let per_row = question.org.bulk_row_us as f64 / 1e6;
    // What the org needs for a load, on the average of the three.
    let rows = (quotes * rows_of_a_quote(question.lines)) as f64;
    let work = if loads == 0 { 0.0 } else { rows * per_row / loads as f64 };
    let alone = Polls::until(work, call);
    // A chunk: pages one after another, then load after load; the results of a slice's Quotes are one call.
    let reads = calls::reading(quotes, question.lines).max(1) as f64;
    let calls_of_loads = (loads * 3 + slices) as f64;
    let chunk = (reads + calls_of_loads) * call + loads as f64 * alone.seconds;
    let rounds = chunks.div_ceil(at_a_time) as f64;
    let of_org = (question.opportunities * rows_of_a_quote(question.lines)) as f64 * per_row;
    let working = (rounds * chunk).max(of_org + chunk / at_a_time as f64 * f64::from(u8::from(at_a_time > 1)));
    // Where the org is what limits, each load waits for those of others.
    let waited = match rounds * chunk {
        free if free > 0.0 && working > free && loads > 0 => (working / rounds - chunk) / loads as f64,
        _ => 0.0,
    };
    let polls = Polls::until(work + waited, call).count;
    let all_slices = calls.write / (LOADS * 3 + 1);
    calls.wait = (all_slices as f64 * LOADS as f64 * polls).round() as u64;
    let seconds = constants::START + head as f64 * call + working;
    calls.progress = progress(chunks, seconds);
    let redis = memory::redis_in_bulk(question, chunks);
    cost(question, seconds, calls, (chunks, at_a_time), (redis, memory::worker_in_bulk(question, chunks)))
}

fn cost(
    question: &Question,
    seconds: f64,
    calls: Calls,
    (chunks, calls_at_a_time): (u64, u64),
    (redis_bytes, worker_bytes): (u64, u64),
) -> Cost {
    let api_calls = calls.total();
    Cost {
        seconds,
        calls,
        api_calls,
        share_of_daily_limit: api_calls as f64 / question.org.daily_limit.max(1) as f64,
        bulk_batches: if calls.wait > 0 { calls::batches(question) } else { 0 },
        chunks,
        calls_at_a_time,
        redis_bytes,
        worker_bytes,
    }
}

/// One a second, but only where a chunk has ended, and one at the end.
fn progress(chunks: u64, seconds: f64) -> u64 {
    1 + chunks.min(seconds.floor() as u64)
}

/// Asking for the state of a load until it has ended.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Polls {
    /// Times, on the average.
    pub(crate) count: f64,
    /// From the closing of the load to the answer that tells its end.
    pub(crate) seconds: f64,
}

impl Polls {
    /// For a load that the org works on for `work` seconds.
    pub(crate) fn until(work: f64, call: f64) -> Self {
        let settings = PollSettings::default();
        let longest = settings.longest.as_secs_f64();
        // The client waits between three quarters of the interval and all of it.
        let (mut interval, mut waited, mut count) = (settings.first.as_secs_f64(), 0.0, 0_u32);
        loop {
            waited += interval.min(longest) * 0.875 + call;
            count += 1;
            // Past the growth there is nothing to add up.
            if waited < work && interval >= longest {
                let more = ((work - waited) / (longest * 0.875 + call)).ceil();
                return Self { count: f64::from(count) + more, seconds: waited + more * (longest * 0.875 + call) };
            }
            if waited >= work {
                return Self { count: f64::from(count), seconds: waited };
            }
            interval *= settings.growth;
        }
    }
}
