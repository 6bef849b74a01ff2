//! Which records of an object a job covers, page by page, and how the ids of a chunk are written into a message.
//!
//! Keyset paging needs no server-side cursor, so a plan can go on days later, on another worker.

use crate::salesforce::soql::{self, WhereClause};
use crate::salesforce::{Client, Error, SalesforceId};
use futures_util::TryStreamExt;
use serde::Deserialize;

/// Rows of a query page (REST API Developer Guide, "Query Options Header").
pub const PAGE_ROWS: usize = 2_000;

/// The plan of a job over records of one object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    object: &'static str,
}

/// One page of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Ids in ascending order.
    pub ids: Vec<SalesforceId>,
    /// Whether no record comes after them.
    pub last: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Row {
    id: SalesforceId,
}

impl Plan {
    /// Over records of the object with this API name.
    #[must_use]
    pub const fn of(object: &'static str) -> Self {
        Self { object }
    }

    /// SOQL for the first `limit` records that match, after `cursor`.
    #[must_use]
    pub fn soql(&self, filter: &WhereClause, cursor: Option<&SalesforceId>, limit: usize) -> String {
        let after = cursor.map(|id| format!(" AND Id > {}", soql::quote(id.as_str()))).unwrap_or_default();
        format!("SELECT Id FROM {} WHERE {}{after} ORDER BY Id LIMIT {limit}", self.object, filter.term())
    }

    /// Reads the page of `limit` records after `cursor`.
    ///
    /// # Errors
    /// Those of the query.
    pub async fn next_page(
        &self,
        client: &Client,
        filter: &WhereClause,
        cursor: Option<&SalesforceId>,
        limit: usize,
    ) -> Result<Page, Error> {
        let rows: Vec<Row> = client.query(self.soql(filter, cursor, limit)).try_collect().await?;
        Ok(Page { last: rows.len() < limit, ids: rows.into_iter().map(|row| row.id).collect() })
    }

    /// Reads a page of at most `limit` records after `cursor`, and counts those that come after `cursor`, up to `count_to`, in
    /// the same call: a query tells how many records it finds with the first of them.
    ///
    /// # Errors
    /// Those of the query.
    pub async fn counted_page(
        &self,
        client: &Client,
        filter: &WhereClause,
        cursor: Option<&SalesforceId>,
        limit: usize,
        count_to: u64,
    ) -> Result<(Page, u64), Error> {
        let all = usize::try_from(count_to).unwrap_or(usize::MAX).max(limit);
        let page = client.query_page::<Row>(&self.soql(filter, cursor, all)).await?;
        let mut ids: Vec<_> = page.records.into_iter().map(|row| row.id).collect();
        // The server may send fewer than there are. What is left out comes with the next page, by key.
        let last = page.done && ids.len() <= limit && ids.len() < all;
        ids.truncate(limit);
        Ok((Page { ids, last }, page.total_size))
    }
}

/// As many full chunks of `chunk` records (1 to 2,000) as one query page holds.
#[must_use]
pub fn page_limit(chunk: usize) -> usize {
    let chunk = chunk.clamp(1, PAGE_ROWS);
    PAGE_ROWS / chunk * chunk
}

/// Ids as a message: 15 characters each, one after another.
pub fn encode_ids(ids: &[SalesforceId]) -> String {
    ids.iter().map(SalesforceId::as_15).collect()
}

/// Ids from a message that [`encode_ids`] wrote.
///
/// # Errors
/// [`MalformedChunk`] for anything else.
pub fn decode_ids(payload: &str) -> Result<Vec<SalesforceId>, MalformedChunk> {
    if payload.is_empty() || !payload.is_ascii() || !payload.len().is_multiple_of(15) {
        return Err(MalformedChunk);
    }
    payload
        .as_bytes()
        .chunks_exact(15)
        .map(|id| std::str::from_utf8(id).ok().and_then(|id| id.parse().ok()).ok_or(MalformedChunk))
        .collect()
}

/// A message that holds no list of ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the chunk's payload is not a list of ids")]
pub struct MalformedChunk;

#[cfg(test)]
mod tests {
    use super::*;

    const ACCOUNTS: Plan = Plan::of("Account");

    fn id(text: &str) -> SalesforceId {
        text.parse().unwrap()
    }

    #[test]
    fn a_plan_is_over_its_object() {
        let filter = soql::parse_where("Name LIKE 'Sample%'").unwrap();
        let first = ACCOUNTS.soql(&filter, None, 200);
        assert_eq!(first, "SELECT Id FROM Account WHERE Name LIKE 'Sample%' ORDER BY Id LIMIT 200");
        let after = ACCOUNTS.soql(&filter, Some(&id("001R0000003FPYxIAO")), 200);
        assert!(after.ends_with(" AND Id > '001R0000003FPYxIAO' ORDER BY Id LIMIT 200"), "{after}");
    }

    #[test]
    fn a_page_is_a_whole_number_of_chunks() {
        for (chunk, rows) in [(200, 2_000), (215, 1_935), (1, 2_000), (0, 2_000), (2_000, 2_000), (9_999, 2_000)] {
            assert_eq!(page_limit(chunk), rows, "{chunk}");
        }
    }

    #[test]
    fn a_filter_stays_one_condition_beside_the_cursor() {
        let cursor = id("001R0000003FPYxIAO");
        for (text, where_clause) in [
            ("A = 1 OR B = 2", "(A = 1 OR B = 2)"),
            ("NOT A = 1", "(NOT A = 1)"),
            ("A = 1 AND Id IN (SELECT AccountId FROM Contact)", "A = 1 AND Id IN (SELECT AccountId FROM Contact)"),
        ] {
            let filter = soql::parse_where(text).unwrap();
            let expected = format!("WHERE {where_clause} AND Id > '001R0000003FPYxIAO' ORDER BY Id LIMIT 7");
            assert!(ACCOUNTS.soql(&filter, Some(&cursor), 7).ends_with(&expected), "{text}");
        }
    }

    #[test]
    fn a_message_gives_its_ids_back() {
        let ids = [id("006R0000003FPYxIAO"), id("006R0000003FPYyIAO")];
        assert_eq!(encode_ids(&ids).len(), 30);
        assert_eq!(decode_ids(&encode_ids(&ids)).unwrap(), ids);
    }

    #[test]
    fn a_broken_message_is_refused() {
        for bad in ["", "006R0000003FPY", "006R0000003FPYx006", "006R0000003FP'x", "006R0000003FPé"] {
            assert_eq!(decode_ids(bad), Err(MalformedChunk), "{bad:?}");
        }
    }
}
