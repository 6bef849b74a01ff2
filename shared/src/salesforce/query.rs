//! Queries and their pages (REST API Developer Guide, "Query").

use super::client::Client;
use super::error::Error;
use futures_util::{Stream, TryStreamExt, stream};
use reqwest::Method;
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// Longest URL that leaves room for headers within Salesforce's 16,384 bytes.
const MAX_URL: usize = 15_000;

/// One page of a query's result.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QueryPage<T> {
    /// Records of the whole result.
    pub total_size: u64,
    /// Whether this is the last page.
    pub done: bool,
    /// Path of the next page.
    #[serde(default)]
    pub next_records_url: Option<String>,
    /// Records of this page.
    pub records: Vec<T>,
}

/// Child records inside a parent; Salesforce's null for "none" reads as empty.
#[derive(Debug, Clone)]
pub struct Subquery<T> {
    /// Children in all.
    pub total_size: u64,
    /// Path of the next page of children, when they did not fit.
    pub next_records_url: Option<String>,
    /// Children.
    pub records: Vec<T>,
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Subquery<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let page = Option::<QueryPage<T>>::deserialize(deserializer)?;
        Ok(page.map_or_else(
            || Self { total_size: 0, next_records_url: None, records: Vec::new() },
            |page| Self {
                total_size: page.total_size,
                next_records_url: page.next_records_url.filter(|_| !page.done),
                records: page.records,
            },
        ))
    }
}

impl Client {
    /// The first page of a query.
    ///
    /// # Errors
    /// [`Error::QueryTooLong`] before any call; otherwise Salesforce's.
    pub async fn query_page<T: DeserializeOwned>(&self, soql: &str) -> Result<QueryPage<T>, Error> {
        let encoded = percent_encoding::utf8_percent_encode(soql, percent_encoding::NON_ALPHANUMERIC);
        let path = format!("/services/data/v{}/query?q={encoded}", self.api_version());
        if path.len() > MAX_URL {
            return Err(Error::QueryTooLong(path.len()));
        }
        self.json(Method::GET, &path, None, true, "query").await
    }

    /// The page behind a `nextRecordsUrl`.
    ///
    /// # Errors
    /// Salesforce's; `INVALID_QUERY_LOCATOR` when the cursor is older than two days.
    pub async fn query_more<T: DeserializeOwned>(&self, next_records_url: &str) -> Result<QueryPage<T>, Error> {
        self.json(Method::GET, next_records_url, None, true, "queryMore").await
    }

    /// All records of a query, page by page as they are taken.
    pub fn query<T: DeserializeOwned + Send + 'static>(
        &self,
        soql: String,
    ) -> impl Stream<Item = Result<T, Error>> + Send + '_ {
        enum Next {
            First(String),
            More(String),
            End,
        }
        stream::try_unfold(Next::First(soql), move |next| async move {
            let page: QueryPage<T> = match next {
                Next::First(soql) => self.query_page(&soql).await?,
                Next::More(url) => self.query_more(&url).await?,
                Next::End => return Ok::<_, Error>(None),
            };
            let next = page.next_records_url.filter(|_| !page.done).map_or(Next::End, Next::More);
            Ok(Some((stream::iter(page.records.into_iter().map(Ok)), next)))
        })
        .try_flatten()
    }

    /// All records of a query at once, for results known to be small.
    ///
    /// # Errors
    /// As for [`Client::query_page`].
    pub async fn fetch_all<T: DeserializeOwned + Send + 'static>(&self, soql: String) -> Result<Vec<T>, Error> {
        self.query(soql).try_collect().await
    }

    /// Fetches the children that did not fit the parent's page.
    ///
    /// # Errors
    /// As for [`Client::query_more`].
    pub async fn complete_subquery<T: DeserializeOwned>(&self, children: &mut Subquery<T>) -> Result<(), Error> {
        while let Some(url) = children.next_records_url.take() {
            let page: QueryPage<T> = self.query_more(&url).await?;
            children.records.extend(page.records);
            children.next_records_url = page.next_records_url.filter(|_| !page.done);
        }
        Ok(())
    }
}
