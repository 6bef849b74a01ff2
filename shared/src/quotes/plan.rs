//! Which Opportunities a job covers, page by page, and how a chunk of them is written into a message.

use super::MAX_CHUNK;
use super::id_set;
use crate::salesforce::Client;
use crate::salesforce::Error;
use crate::salesforce::SalesforceId;
use crate::salesforce::soql::{self, WhereClause};
use futures_util::TryStreamExt;
use serde::Deserialize;

/// Rows of a query page (REST API Developer Guide, "Query Options Header").
const PAGE_ROWS: usize = 2_000;

/// One page of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Ids in ascending order.
    pub ids: Vec<SalesforceId>,
    /// Whether no Opportunity comes after them.
    pub last: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Row {
    id: SalesforceId,
}

/// SOQL for the first `limit` Opportunities that match, after `cursor`.
///
/// Keyset paging needs no server-side cursor, so a plan can go on days later, on another worker.
pub fn soql(filter: &WhereClause, cursor: Option<&SalesforceId>, limit: usize) -> String {
    let after = cursor.map(|id| format!(" AND Id > {}", soql::quote(id.as_str()))).unwrap_or_default();
    format!("SELECT Id FROM Opportunity WHERE {}{after} ORDER BY Id LIMIT {limit}", filter.term())
}

/// How many Opportunities match at this moment.
///
/// # Errors
/// Those of the query.
pub async fn count(client: &Client, filter: &WhereClause) -> Result<u64, Error> {
    client.count(&format!("SELECT COUNT() FROM Opportunity WHERE {}", filter.term())).await
}

/// Reads the page of `limit` Opportunities after `cursor`.
///
/// # Errors
/// Those of the query.
pub async fn next_page(
    client: &Client,
    filter: &WhereClause,
    cursor: Option<&SalesforceId>,
    limit: usize,
) -> Result<Page, Error> {
    let rows: Vec<Row> = client.query(soql(filter, cursor, limit)).try_collect().await?;
    Ok(Page { last: rows.len() < limit, ids: rows.into_iter().map(|row| row.id).collect() })
}

/// As many full chunks as one query page holds.
#[must_use]
pub fn page_limit(chunk: usize) -> usize {
    let chunk = chunk.clamp(1, MAX_CHUNK);
    PAGE_ROWS / chunk * chunk
}

/// Ids as a message: 15 characters each, one after another.
pub fn encode_ids(ids: &[SalesforceId]) -> String {
    ids.iter().map(SalesforceId::as_15).collect()
}

/// Ids of a chunk that goes through the Bulk API, as a message: there are many, so they are packed.
pub fn encode_bulk(ids: &[SalesforceId]) -> String {
    id_set::encode(ids)
}

/// Whether a message is one of [`encode_bulk`].
pub fn is_bulk(payload: &str) -> bool {
    id_set::is_set(payload)
}

/// Ids from a message that [`encode_ids`] or [`encode_bulk`] wrote.
///
/// # Errors
/// [`MalformedChunk`] for anything else.
pub fn decode_ids(payload: &str) -> Result<Vec<SalesforceId>, MalformedChunk> {
    if is_bulk(payload) {
        return id_set::decode(payload);
    }
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

    fn id(text: &str) -> SalesforceId {
        text.parse().unwrap()
    }

    #[test]
    fn a_page_is_a_whole_number_of_chunks() {
        let filter = soql::parse_where("Name LIKE 'Sample%'").unwrap();
        assert_eq!(
            soql(&filter, None, page_limit(200)),
            "SELECT Id FROM Opportunity WHERE Name LIKE 'Sample%' ORDER BY Id LIMIT 2000"
        );
        let after = soql(&filter, Some(&id("006R0000003FPYxIAO")), page_limit(215));
        assert!(after.ends_with(" AND Id > '006R0000003FPYxIAO' ORDER BY Id LIMIT 1935"), "{after}");
    }

    #[test]
    fn a_filter_stays_one_condition_beside_the_cursor() {
        let cursor = id("006R0000003FPYxIAO");
        for (text, where_clause) in [
            ("A = 1 OR B = 2", "(A = 1 OR B = 2)"),
            ("NOT A = 1", "(NOT A = 1)"),
            ("A = 1 AND Id IN (SELECT OpportunityId FROM Quote)", "A = 1 AND Id IN (SELECT OpportunityId FROM Quote)"),
        ] {
            let filter = soql::parse_where(text).unwrap();
            let expected = format!("WHERE {where_clause} AND Id > '006R0000003FPYxIAO' ORDER BY Id LIMIT 7");
            assert!(soql(&filter, Some(&cursor), 7).ends_with(&expected), "{text}");
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
