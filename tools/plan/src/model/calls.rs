//! API calls, from the product's own limits.

use serde::Serialize;
use shared::plan::PAGE_ROWS;
use shared::quotes::bulk::SLICE_LINES;
use shared::quotes::plan::page_limit;
use shared::salesforce::{MAX_GRAPHS, MAX_NODES};

use super::question::Question;
use crate::product::{Product, wide};

/// Rows of a batch, into which Salesforce cuts a load ("Bulk API 2.0 Limits").
const BATCH_ROWS: u64 = 10_000;
/// Loads of a slice: the Quotes, their lines, their final keys.
pub(crate) const LOADS: u64 = 3;

/// API calls, by what they are for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Calls {
    /// Describing the object that the filter names, once an hour.
    pub describe: u64,
    /// Which Opportunities there are.
    pub plan: u64,
    /// Opportunities and lines.
    pub read: u64,
    /// Quotes and lines.
    pub write: u64,
    /// Asking how far loads are.
    pub wait: u64,
    /// What is left over at the end.
    pub end: u64,
    /// `JobProgress__e`, beside the work.
    pub progress: u64,
}

/// How a job is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cut {
    pub(crate) calls: Calls,
    /// Calls of the plan before the first chunk can start, one after another.
    pub(crate) head: u64,
    pub(crate) chunks: u64,
}

impl Calls {
    /// All of them.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.work() + self.describe + self.progress
    }

    /// Without those beside the work.
    #[must_use]
    pub fn work(&self) -> u64 {
        self.plan + self.read + self.write + self.wait + self.end
    }
}

/// By composite graphs.
pub(crate) fn by_graphs(question: &Question) -> Cut {
    let (count, lines) = (question.opportunities, question.lines);
    let Product { chunk_size: chunk, bulk_threshold, .. } = question.product;
    let first = first_page(question);
    let rest = count - first.records;
    let mut calls = Calls { describe: 1, plan: 1, ..Calls::default() };
    if !first.last {
        calls.plan += 1;
        let page = wide(page_limit(usize::try_from(chunk).unwrap_or(usize::MAX)));
        // It counts on up to the threshold, and Salesforce sends a page of what it finds.
        let asked = page.max(bulk_threshold.saturating_sub(first.records));
        let found = rest.min(asked);
        let last = found <= wide(PAGE_ROWS) && found <= page && found < asked;
        if !last {
            calls.plan += rest.saturating_sub(page) / page + 1;
        }
    }
    let (full, tail) = (rest / chunk, rest % chunk);
    let of_tail = if tail > 0 { reading(tail, lines) } else { 0 };
    calls.read = full * reading(chunk, lines) + of_tail + first.records * further_pages(lines);
    calls.write = writing(first.records, lines) + full * writing(chunk, lines) + writing(tail, lines);
    calls.end = u64::from(count > 0 && lines >= wide(MAX_NODES));
    let head = calls.plan.min(2);
    Cut { calls, head, chunks: u64::from(first.records > 0) + full + u64::from(tail > 0) }
}

/// Through the Bulk API, but for asking how far loads are.
pub(crate) fn in_bulk(question: &Question) -> Cut {
    let (count, lines) = (question.opportunities, question.lines);
    let chunk = question.product.bulk_chunk_size;
    let first = first_page(question);
    // What is read for the first chunk of graphs, and the count.
    let looked = 1 + u64::from(!first.last && first.records < question.product.bulk_threshold);
    let (full, tail) = (count / chunk, count % chunk);
    let page_of = |rows: u64| rows.div_ceil(wide(PAGE_ROWS)).max(1);
    let mut calls = Calls { describe: 1, plan: looked + full * page_of(chunk) + page_of(tail), ..Calls::default() };
    let of_tail = if tail > 0 { reading(tail, lines) } else { 0 };
    calls.read = full * reading(chunk, lines) + of_tail;
    let slices = full * slices(chunk, lines) + slices(tail, lines);
    // Each load is created, filled and closed; of the Quotes, the results are read, too.
    calls.write = slices * (LOADS * 3 + 1);
    calls.end = u64::from(count > 0);
    Cut { calls, head: looked + page_of(chunk.min(count)), chunks: full + u64::from(tail > 0) }
}

/// Batches that the loads of the job are, as the org counts them.
pub(crate) fn batches(question: &Question) -> u64 {
    let (count, lines, chunk) = (question.opportunities, question.lines, question.product.bulk_chunk_size);
    let of_slice = |quotes: u64| 2 * quotes.div_ceil(BATCH_ROWS) + (quotes * lines).div_ceil(BATCH_ROWS);
    let of_chunk = |quotes: u64| {
        let Some(slice) = slice_size(lines) else { return 0 };
        (quotes / slice) * of_slice(slice) + of_slice(quotes % slice)
    };
    (count / chunk) * of_chunk(chunk) + of_chunk(count % chunk)
}

/// Slices of a chunk of so many Opportunities.
pub(crate) fn slices(quotes: u64, lines: u64) -> u64 {
    slice_size(lines).map_or(0, |slice| quotes.div_ceil(slice))
}

/// Opportunities of a slice; `None` when there is nothing to write.
pub(crate) fn slice_size(lines: u64) -> Option<u64> {
    (lines > 0).then(|| wide(SLICE_LINES).div_ceil(lines))
}

/// Graphs of a call: with each Quote go its lines, and a call holds so many records.
pub(crate) fn quotes_of_a_call(lines: u64) -> u64 {
    wide(MAX_GRAPHS).min(wide(MAX_NODES) / (lines + 1))
}

/// Calls that read so many Opportunities with their lines.
pub(crate) fn reading(count: u64, lines: u64) -> u64 {
    count.div_ceil(parents_of_a_page(lines)) + count * further_pages(lines)
}

/// Calls that write the Quotes of so many Opportunities.
pub(crate) fn writing(count: u64, lines: u64) -> u64 {
    match lines {
        0 => 0,
        _ if lines < wide(MAX_NODES) => count.div_ceil(quotes_of_a_call(lines)),
        // In stages: one look, the Quote with its first lines, more of them, and the last ones with the final key.
        _ => count * (3 + (lines - (wide(MAX_NODES) - 1)) / wide(MAX_NODES)),
    }
}

/// The first page of a plan.
struct First {
    records: u64,
    last: bool,
}

fn first_page(question: &Question) -> First {
    let asked = question.opportunities.min(question.product.chunk_size);
    let records = asked.min(parents_of_a_page(question.lines));
    First { records, last: records == asked && records < question.product.chunk_size }
}

/// Opportunities of a page of a query: their lines count as rows of it.
fn parents_of_a_page(lines: u64) -> u64 {
    wide(PAGE_ROWS) / (1 + lines.min(wide(PAGE_ROWS) - 1))
}

/// Pages of the lines of one Opportunity that do not come with it.
fn further_pages(lines: u64) -> u64 {
    lines.saturating_sub(wide(PAGE_ROWS) - 1).div_ceil(wide(PAGE_ROWS))
}
