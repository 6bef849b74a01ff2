//! SOQL queries: a page, all pages as a stream, and the rest of a nested subquery.

use futures_util::stream::{self, BoxStream, StreamExt, TryStreamExt};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Deserializer};

use super::path::query;
use super::transport::{Answer, Request};
use super::{Client, Error, Operation};

/// One page of a query's result.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QueryPage<T> {
    /// Records that the whole query found; the same on every page.
    pub total_size: u64,
    /// This is the last page.
    pub done: bool,
    /// Path of the next page on the same host, valid for two days; for [`Client::query_more`].
    #[serde(default)]
    pub next_records_url: Option<String>,
    /// The records of this page.
    pub records: Vec<T>,
}

/// Result of a subquery (`SELECT Id, (SELECT … FROM OpportunityLineItems) FROM …`) within a parent record.
///
/// Salesforce sends null for a parent without children, which is read as empty. A parent with very many children brings
/// only the first of them; [`Client::subquery_records`] fetches the rest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subquery<T> {
    /// Children in all.
    pub total_size: u64,
    /// All children are in `records`.
    pub done: bool,
    /// Path of the next page on the same host.
    pub next_records_url: Option<String>,
    /// The children that came with the parent.
    pub records: Vec<T>,
}

impl<T> Default for Subquery<T> {
    fn default() -> Self {
        Self { total_size: 0, done: true, next_records_url: None, records: Vec::new() }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Subquery<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let page = Option::<QueryPage<T>>::deserialize(deserializer)?;
        Ok(page.map_or_else(Self::default, |page| Self {
            total_size: page.total_size,
            done: page.done,
            next_records_url: page.next_records_url,
            records: page.records,
        }))
    }
}

impl Client {
    /// The first page of a query.
    ///
    /// # Errors
    /// Any [`Error`]; [`Error::QueryTooLong`] before anything is sent.
    pub async fn query_page<T: DeserializeOwned>(&self, soql: &str) -> Result<QueryPage<T>, Error> {
        self.get(Operation::Query, &query(soql)).await
    }

    /// A later page, by the `next_records_url` of the one before.
    ///
    /// # Errors
    /// Any [`Error`]; kind `Malformed`, without sending anything, when the URL leaves the org.
    pub async fn query_more<T: DeserializeOwned>(&self, next_records_url: &str) -> Result<QueryPage<T>, Error> {
        self.send(Request::get_server_path(Operation::QueryMore, next_records_url.to_owned()), Answer::json).await
    }

    /// All records of a query, page by page as they are read. At most one page is held in memory.
    ///
    /// The stream ends after its first error.
    pub fn query<T>(&self, soql: impl Into<String>) -> BoxStream<'static, Result<T, Error>>
    where
        T: DeserializeOwned + Send + 'static,
    {
        self.pages(Next::First(soql.into()))
    }

    /// All children of a parent: those that came with it, and the pages that did not.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn subquery_records<T>(&self, subquery: Subquery<T>) -> Result<Vec<T>, Error>
    where
        T: DeserializeOwned + Send + 'static,
    {
        let mut records = subquery.records;
        if subquery.done {
            return Ok(records);
        }
        let next = Next::after(subquery.done, subquery.next_records_url, None, Operation::Query)?;
        let mut rest = self.pages(next);
        while let Some(record) = rest.try_next().await? {
            records.push(record);
        }
        Ok(records)
    }

    /// The number of records that a `SELECT COUNT() FROM …` query finds.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn count(&self, soql: &str) -> Result<u64, Error> {
        Ok(self.query_page::<IgnoredAny>(soql).await?.total_size)
    }

    fn pages<T>(&self, first: Next) -> BoxStream<'static, Result<T, Error>>
    where
        T: DeserializeOwned + Send + 'static,
    {
        let client = self.clone();
        stream::try_unfold(first, move |next| {
            let client = client.clone();
            async move {
                let (page, url, operation) = match next {
                    Next::First(soql) => (client.query_page(&soql).await?, None, Operation::Query),
                    Next::More(url) => (client.query_more(&url).await?, Some(url), Operation::QueryMore),
                    Next::End => return Ok(None),
                };
                let QueryPage { done, next_records_url, records, .. } = page;
                let next = Next::after(done, next_records_url, url.as_deref(), operation)?;
                Ok::<_, Error>(Some((stream::iter(records.into_iter().map(Ok)), next)))
            }
        })
        .try_flatten()
        .boxed()
    }
}

/// The page to read next.
enum Next {
    First(String),
    More(String),
    End,
}

impl Next {
    /// What follows a page. A page that is not the last must lead to another one, not back to itself.
    fn after(done: bool, url: Option<String>, current: Option<&str>, operation: Operation) -> Result<Self, Error> {
        match url {
            _ if done => Ok(Self::End),
            None => Err(Error::malformed(operation, "the page is not the last, but names no next one")),
            Some(url) if Some(url.as_str()) == current => {
                Err(Error::malformed(operation, "the page names itself as the next one"))
            }
            Some(url) => Ok(Self::More(url)),
        }
    }
}

#[cfg(test)]
mod tests;
