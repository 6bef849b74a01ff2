//! Query jobs: create, and results in pages.

use std::sync::Arc;

use actix_web::{HttpResponse, web};
use base64::Engine;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use serde_json::json;

use super::download::Download;
use super::upload::Received;
use super::{Answer, ApiError, Exchange, Job, background, internal};
use crate::bulk::job::{Output, QueryWork, Work};
use crate::bulk::spec::QuerySpec;
use crate::bulk::table::Table;
use crate::bulk::{disk, refused};

/// Rows of a page that is fetched beside others, and pages that are named at once (Bulk API 2.0 Developer Guide, "Get
/// Parallel Results for a Query Job").
const PAGE: u64 = 10_000;
const PAGES: u64 = 5;

/// A place in the result, written as base64 of `start` or `start-count`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Locator {
    start: u64,
    /// Rows of the page, where the caller does not say how many.
    count: Option<u64>,
}

impl Locator {
    fn parse(text: &str) -> Option<Self> {
        let text = String::from_utf8(BASE64_STANDARD_NO_PAD.decode(text.trim_end_matches('=')).ok()?).ok()?;
        let (start, count) = match text.split_once('-') {
            Some((start, count)) => (start, Some(count.parse().ok()?)),
            None => (text.as_str(), None),
        };
        Some(Self { start: start.parse().ok()?, count })
    }

    fn text(self) -> String {
        let count = self.count.map(|count| format!("-{count}")).unwrap_or_default();
        BASE64_STANDARD_NO_PAD.encode(format!("{}{count}", self.start))
    }
}

impl Exchange {
    /// `POST jobs/query`
    pub(super) async fn create_query(&self, body: &Received) -> Result<HttpResponse, ApiError> {
        let spec = QuerySpec::read(body.text())?;
        let (org, actor) = (Arc::clone(&self.call.org), self.call.session.actor());
        let version = self.call.version.to_string();
        let work = move || {
            let object = org.store.transaction(&actor, |tx| tx.check_export(&spec.soql, &version))?;
            Ok(QueryWork { spec, object })
        };
        let work = web::block(work).await.unwrap_or_else(|error| Err(internal(error.to_string())))?;
        let job = self.call.org.jobs.create(self.creator(), Work::Query(work));
        let (host, org) = (self.host.clone(), Arc::clone(&self.call.org));
        actix_web::rt::spawn(background::query(host, org, Arc::clone(&job), self.call.session.actor()));
        Ok(Answer::ok(job.summary()).into_response())
    }

    /// `GET jobs/query/<id>/results?maxRecords=N&locator=L`
    pub(super) fn query_results(&self, job: &Job) -> Result<HttpResponse, ApiError> {
        let table = self.table(job)?;
        let locator = self.locator()?;
        let most = match self.call.param("maxRecords") {
            Some(text) => Some(
                text.parse()
                    .ok()
                    .filter(|most| *most > 0)
                    .ok_or_else(|| ApiError::new(400, "INVALIDJOB", "maxRecords must be a number greater than 0"))?,
            ),
            None => locator.count,
        };
        let start = locator.start.min(table.rows());
        let end = most.map_or(table.rows(), |most: u64| start.saturating_add(most).min(table.rows()));
        let next = Locator { start: end, count: locator.count };
        let next = if end < table.rows() { next.text() } else { "null".to_owned() };
        let header = table.header().map_err(|error| disk(&error))?;
        let slice = table.range(start, end).map_err(|error| disk(&error))?;
        let headers = [("Sforce-Locator", next), ("Sforce-NumberOfRecords", (end - start).to_string())];
        Ok(Download { header, slice: Some(slice), ..Download::default() }.into_response(&headers))
    }

    /// `GET jobs/query/<id>/resultPages`
    pub(super) fn result_pages(&self, job: &Job) -> Result<HttpResponse, ApiError> {
        let table = self.table(job)?;
        let path = format!("{}/jobs/query/{}", self.call.version.path(), job.id);
        // Also an empty result has one page, with the header.
        let pages = table.rows().div_ceil(PAGE).max(1);
        let first = self.locator()?.start / PAGE;
        let end = pages.min(first.saturating_add(PAGES));
        let locator = |page: u64| Locator { start: page * PAGE, count: Some(PAGE) }.text();
        let urls: Vec<_> = (first..end)
            .map(|page| json!({"resultUrl": format!("{path}/results?locator={}", locator(page))}))
            .collect();
        let next = (end < pages).then(|| format!("{path}/resultPages?locator={}", locator(end)));
        Ok(Answer::ok(json!({"resultPages": urls, "nextRecordsUrl": next, "done": next.is_none()})).into_response())
    }

    fn locator(&self) -> Result<Locator, ApiError> {
        match self.call.param("locator") {
            None => Ok(Locator { start: 0, count: None }),
            Some(text) => {
                Locator::parse(text).ok_or_else(|| ApiError::new(400, "INVALID_QUERY_LOCATOR", "invalid query locator"))
            }
        }
    }

    /// The result of a job that is complete, for a caller of the version that created it.
    fn table(&self, job: &Job) -> Result<Arc<Table>, ApiError> {
        let (created, asked) = (&job.creator.api_version, self.call.version.to_string());
        if *created != asked {
            let message =
                format!("The job was created with version {created}, and its results are asked for with {asked}");
            return Err(ApiError::new(409, "INVALIDVERSION", message));
        }
        match job.output() {
            Output::Table(table) => Ok(table),
            _ => {
                let message = format!("The job is in state {}: it has no results", job.state());
                Err(refused("INVALIDJOBSTATE", message))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Locator;

    #[test]
    fn a_locator_is_read_as_it_was_written() {
        for locator in [Locator { start: 0, count: None }, Locator { start: 20_000, count: Some(10_000) }] {
            assert_eq!(Locator::parse(&locator.text()), Some(locator));
        }
        assert_eq!(Locator { start: 10_000, count: None }.text(), "MTAwMDA", "as a real org writes it");
        for text in ["", "null", "10000", "MTAw MDA"] {
            assert_eq!(Locator::parse(text), None, "{text}");
        }
    }
}
