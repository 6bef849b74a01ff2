//! What came out of the job.

use std::time::Duration;

use serde::Serialize;
use test_support::{Counters, Memory};

use super::api::JobView;
use super::tally::Tally;
use crate::shown::seconds;

/// What came out.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) job_id: String,
    /// The job's own last words.
    pub(super) job: JobView,
    /// What is in local-org.
    pub(super) tally: Tally,
    /// What is not as it should be; empty is good.
    pub(super) problems: Vec<String>,
    /// From the request to the end of the job.
    pub(super) time: Duration,
    /// What the job asked of local-org.
    pub(super) counters: Counters,
    /// Each worker's memory at the end; `None` for one that has ended.
    pub(super) workers: Vec<(String, Option<Memory>)>,
    /// Memory of org-job-web before the job and after it.
    pub(super) web: (Option<Memory>, Option<Memory>),
    pub(super) web_url: String,
    pub(super) local_org_url: String,
}

/// The JSON of `--json`. Counts are those of local-org; `failed` are Opportunities with lines but without a Quote of this
/// job, `skipped` those without lines.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Summary<'a> {
    job_id: &'a str,
    opportunities: u64,
    quotes: u64,
    quote_line_items: u64,
    failed: u64,
    skipped: u64,
    seconds: f64,
    api_calls: u64,
    workers: usize,
}

impl Outcome {
    pub(super) fn summary(&self) -> Summary<'_> {
        Summary {
            job_id: &self.job_id,
            opportunities: self.tally.opportunities,
            quotes: self.tally.quotes,
            quote_line_items: self.tally.quote_line_items,
            failed: self.tally.failed,
            skipped: self.tally.skipped,
            seconds: seconds(self.time),
            api_calls: self.counters.calls.total,
            workers: self.workers.len(),
        }
    }
}
