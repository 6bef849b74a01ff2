//! Query jobs: created, waited for, and their results read page by page, or several pages at once.

use std::collections::VecDeque;
use std::sync::Arc;

use futures_util::stream::{self, BoxStream, StreamExt, TryStreamExt};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::super::path::{encode, version_root};
use super::super::transport::{Answer, Request};
use super::super::{Error, Operation};
use super::Bulk;
use super::control::path;
use super::download::{Download, Record, Source, end_after_error, malformed};
use super::job::{JobInfo, JobRef, JobType};
use super::results::deserialize;

/// What `Sforce-Locator` says on the last page.
const NO_LOCATOR: &str = "null";

impl Bulk {
    /// Creates a query job; with `all` deleted and archived records count, too. Grouping, `OFFSET`, `TYPEOF`,
    /// aggregates and subqueries are not possible in such a query.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn create_query(&self, soql: &str, all: bool) -> Result<JobInfo, Error> {
        let operation = if all { "queryAll" } else { "query" };
        let body = json!({
            "operation": operation, "query": soql, "contentType": "CSV", "columnDelimiter": "COMMA", "lineEnding": "LF"
        });
        self.create(JobType::Query, &body).await
    }

    /// All records of a query, from the job's creation to its removal. Rows are read into `T` by the names of the
    /// columns, such as `Account.Name`; null is an empty cell, so use `Option`.
    ///
    /// The stream ends after its first error. When it is dropped before its end, the job stays until Salesforce removes
    /// it.
    pub fn query<T>(
        &self,
        soql: impl Into<String>,
        cancelled: CancellationToken,
    ) -> BoxStream<'static, Result<T, Error>>
    where
        T: DeserializeOwned + Send + 'static,
    {
        let (bulk, soql) = (self.clone(), soql.into());
        stream::once(async move {
            let job = JobRef::query(bulk.create_query(&soql, false).await?.id);
            let info = match bulk.wait(job, &cancelled, |_| ()).await {
                Err(Error::Cancelled) => {
                    bulk.abort_quietly(job).await;
                    return Err(Error::Cancelled);
                }
                info => info?.completed()?,
            };
            let rows = bulk.query_results(&info, None);
            let tidy = stream::once(async move { bulk.delete(job).await });
            // Nothing comes of the removal but, perhaps, an error, which is no fault of the rows.
            let tidy = tidy.filter_map(|removed| async move {
                if let Err(error) = removed {
                    tracing::warn!(%error, "bulk query job stays");
                }
                None
            });
            Ok(rows.chain(tidy))
        })
        .try_flatten()
        .boxed()
    }

    /// The records of a query job that is complete, in its order, page after page. `page_rows` bounds the rows of a
    /// page; `None` leaves that to Salesforce.
    pub fn query_results<T>(&self, job: &JobInfo, page_rows: Option<u32>) -> BoxStream<'static, Result<T, Error>>
    where
        T: DeserializeOwned + Send + 'static,
    {
        let pages = Pages { bulk: self.clone(), job: job.clone(), page_rows, next: Some(None), page: None };
        stream::try_unfold(pages, |mut pages| async move {
            match pages.next().await? {
                None => Ok(None),
                Some(record) => Ok(Some((deserialize(&record)?, pages))),
            }
        })
        .boxed()
    }

    /// The records of a query job that is complete, up to `at_once` pages at a time. Pages mix, so the job's order is
    /// lost. Needs API version 58.0.
    pub fn query_results_parallel<T>(&self, job: &JobInfo, at_once: usize) -> BoxStream<'static, Result<T, Error>>
    where
        T: DeserializeOwned + Send + 'static,
    {
        let pages = PageUrls { bulk: self.clone(), job: job.clone(), urls: VecDeque::new(), next: Some(None) };
        let (client, settings) = (self.client.clone(), Arc::clone(&self.settings));
        stream::try_unfold(
            pages,
            |mut pages| async move { Ok::<_, Error>(pages.next().await?.map(|url| (url, pages))) },
        )
        .map_ok(move |url| {
            let page = Download::new(client.clone(), Arc::clone(&settings), Source::Server(url));
            page.items(|record| deserialize(&record))
        })
        .try_flatten_unordered(at_once.max(1))
        .scan(false, end_after_error)
        .boxed()
    }

    /// Path of a job's resource under the API version that the job was made with; any other is answered 409.
    fn versioned(&self, job: &JobInfo, rest: &str) -> Result<Source, Error> {
        let path = path(JobRef::query(job.id))?;
        Ok(match &job.api_version {
            Some(version) => Source::Server(format!("{}{path}{rest}", version_root(version))),
            None => Source::Resource(format!("{path}{rest}")),
        })
    }
}

/// The pages of a result, one after the other.
struct Pages {
    bulk: Bulk,
    job: JobInfo,
    page_rows: Option<u32>,
    /// The locator of the next page, `None` for the first; nothing after the last.
    next: Option<Option<String>>,
    page: Option<Page>,
}

struct Page {
    download: Download,
    /// Rows that the server announced.
    rows: Option<u64>,
}

impl Pages {
    async fn next(&mut self) -> Result<Option<Record>, Error> {
        loop {
            if let Some(page) = &mut self.page {
                if let Some(record) = page.download.next().await? {
                    return Ok(Some(record));
                }
                if page.rows.is_some_and(|rows| rows != page.download.delivered()) {
                    return Err(malformed("the page has not as many records as its header says"));
                }
                self.page = None;
            }
            let Some(locator) = self.next.take() else { return Ok(None) };
            self.open(locator).await?;
        }
    }

    async fn open(&mut self, locator: Option<String>) -> Result<(), Error> {
        let mut parameters = Vec::new();
        parameters.extend(self.page_rows.map(|rows| format!("maxRecords={rows}")));
        parameters.extend(locator.as_deref().map(|locator| format!("locator={}", encode(locator))));
        let question = if parameters.is_empty() { "" } else { "?" };
        let source = self.bulk.versioned(&self.job, &format!("/results{question}{}", parameters.join("&")))?;
        let mut download = Download::new(self.bulk.client.clone(), Arc::clone(&self.bulk.settings), source);
        let answer = download.start().await?;
        let next = answer.header("sforce-locator").filter(|next| !next.is_empty() && *next != NO_LOCATOR);
        if next.is_some() && next == locator.as_deref() {
            return Err(malformed("the page names itself as the next one"));
        }
        let rows = answer.header("sforce-numberofrecords").and_then(|rows| rows.trim().parse().ok());
        self.next = next.map(|next| Some(next.to_owned()));
        self.page = Some(Page { download: download.at_least(rows.unwrap_or_default()), rows });
        Ok(())
    }
}

/// The addresses of the pages of a result, asked for as they are needed.
struct PageUrls {
    bulk: Bulk,
    job: JobInfo,
    urls: VecDeque<String>,
    /// Path of the next list, `None` for the first; nothing after the last.
    next: Option<Option<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PageList {
    result_pages: Vec<PageUrl>,
    #[serde(default)]
    next_records_url: Option<String>,
    #[serde(default)]
    done: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PageUrl {
    result_url: String,
}

impl PageUrls {
    async fn next(&mut self) -> Result<Option<String>, Error> {
        loop {
            if let Some(url) = self.urls.pop_front() {
                return Ok(Some(url));
            }
            let Some(next) = self.next.take() else { return Ok(None) };
            let source = match &next {
                Some(url) => Source::Server(url.clone()),
                None => self.bulk.versioned(&self.job, "/resultPages")?,
            };
            let request = match source {
                Source::Resource(path) => Request::get(Operation::BulkResults, path),
                Source::Server(path) => Request::get_server_path(Operation::BulkResults, path),
            };
            let list: PageList = self.bulk.client.send(request, Answer::json).await?;
            self.urls = list.result_pages.into_iter().map(|page| page.result_url).collect();
            let following = list.next_records_url.filter(|_| !list.done);
            if following.is_some() && following == next {
                return Err(malformed("the list of pages names itself as the next one"));
            }
            self.next = following.map(Some);
        }
    }
}
