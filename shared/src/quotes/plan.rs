//! Which Opportunities a job covers, and how a chunk of them is written into a message: [`plan`](crate::plan) for this object,
//! and a shorter message for the big chunks of the Bulk API.

use super::opportunity::{self, Opportunity};
use super::{MAX_CHUNK, QuoteSettings, id_set};
use crate::plan::{self, Plan};
use crate::salesforce::{Client, Error, SalesforceId, soql::WhereClause};

pub use crate::plan::{MalformedChunk, Page, encode_ids};

const OPPORTUNITIES: Plan = Plan::of("Opportunity");

/// The first Opportunities of a job, with all that their Quotes need to know.
#[derive(Debug, Default)]
pub struct FirstPage {
    /// In ascending order of their ids; of the last ones some lines may be still to be read.
    pub opportunities: Vec<Opportunity>,
    /// Whether no Opportunity comes after them.
    pub last: bool,
}

/// Reads the first Opportunities that match, `limit` at most. A small job has them all with this call, and its Quotes can be
/// priced at once.
///
/// # Errors
/// Those of the query.
pub async fn first_page(
    client: &Client,
    filter: &WhereClause,
    limit: usize,
    settings: &QuoteSettings,
) -> Result<FirstPage, Error> {
    let page = client.query_page(&opportunity::soql_first(filter, limit, settings.optional_fields())).await?;
    let opportunities: Vec<Opportunity> = page.records;
    Ok(FirstPage { last: page.done && opportunities.len() < limit, opportunities })
}

/// Reads at most `limit` Opportunities after `cursor`, and counts those that come after it, up to `count_to`.
///
/// # Errors
/// Those of the query.
pub async fn counted_page(
    client: &Client,
    filter: &WhereClause,
    cursor: Option<&SalesforceId>,
    limit: usize,
    count_to: u64,
) -> Result<(Page, u64), Error> {
    OPPORTUNITIES.counted_page(client, filter, cursor, limit, count_to).await
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
    OPPORTUNITIES.next_page(client, filter, cursor, limit).await
}

/// As many full chunks as one query page holds.
#[must_use]
pub fn page_limit(chunk: usize) -> usize {
    plan::page_limit(chunk.clamp(1, MAX_CHUNK))
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
    if is_bulk(payload) { id_set::decode(payload) } else { plan::decode_ids(payload) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_a_whole_number_of_chunks_that_a_query_can_name() {
        for (chunk, rows) in [(200, 2_000), (215, 1_935), (216, 1_935), (0, 2_000)] {
            assert_eq!(page_limit(chunk), rows, "{chunk}");
        }
    }

    #[test]
    fn both_kinds_of_message_give_their_ids_back() {
        let ids: Vec<SalesforceId> = ["006R0000003FPYx", "006R0000003FPYy"].map(|id| id.parse().unwrap()).to_vec();
        for (message, bulk) in [(encode_ids(&ids), false), (encode_bulk(&ids), true)] {
            assert_eq!((is_bulk(&message), decode_ids(&message)), (bulk, Ok(ids.clone())), "{message}");
        }
        assert_eq!(decode_ids(""), Err(MalformedChunk));
    }
}
