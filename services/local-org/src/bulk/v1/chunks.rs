//! PK chunking: a query is divided by ranges of the ids of its object's records (Bulk API Developer Guide, "PK Chunking
//! Header"). The records that a condition leaves out count, and so do those in the recycle bin.

use std::str::FromStr;

use crate::bulk::refused;
use crate::error::ApiError;
use crate::soql;
use crate::store::{Actor, Org};
use crate::{id, version};

/// Ids of a chunk, unless the caller says how many, and at most.
const DEFAULT: u64 = 100_000;
const MOST: u64 = 250_000;

/// How queries are divided: the header `Sforce-Enable-PKChunking`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Chunking {
    /// Ids of a chunk; none when the header says `false`.
    pub(super) size: u64,
    /// Id with which the first chunk begins.
    start: Option<String>,
}

impl FromStr for Chunking {
    type Err = ApiError;

    fn from_str(header: &str) -> Result<Self, ApiError> {
        let mut chunking = Self { size: DEFAULT, start: None };
        for part in header.split(';').map(str::trim).filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').map_or((part, ""), |(name, value)| (name.trim(), value.trim()));
            match name.to_ascii_lowercase().as_str() {
                "true" => {}
                "false" => chunking.size = 0,
                "chunksize" => chunking.size = size(value)?,
                "startrow" => chunking.start = Some(id::normalise(value).ok_or_else(|| wrong("startRow", value))?),
                // The object whose sharing table or history is queried, of which this org has none.
                "parent" => {}
                _ => return Err(wrong("Sforce-Enable-PKChunking", part)),
            }
        }
        Ok(chunking)
    }
}

impl Chunking {
    /// The queries of the chunks, and one at least; none when the query cannot be divided.
    pub(super) fn divide(
        &self,
        org: &Org,
        actor: &Actor,
        object: &str,
        query: &str,
    ) -> Result<Option<Vec<String>>, ApiError> {
        let Some((first, last)) = ids(org, actor, object)? else { return Ok(None) };
        let prefix = id::prefix(&first);
        let (Some(first), Some(last)) = (id::number_of(&first), id::number_of(&last)) else { return Ok(None) };
        let start = self.start.as_deref().and_then(id::number_of).unwrap_or(first);
        let mut queries = Vec::new();
        let mut from = start;
        loop {
            let to = from.saturating_add(self.size);
            let (lower, upper) = (id::generate(prefix, from), id::generate(prefix, to));
            let condition = format!("Id >= '{}' AND Id < '{}'", id::short(&lower), id::short(&upper));
            let Some(narrowed) = soql::narrowed(query, &condition)? else { return Ok(None) };
            queries.push(narrowed);
            if to > last {
                return Ok(Some(queries));
            }
            from = to;
        }
    }
}

/// The lowest and the highest id of an object's records.
fn ids(org: &Org, actor: &Actor, object: &str) -> Result<Option<(String, String)>, ApiError> {
    org.transaction(actor, |tx| {
        let mut find = |direction: &str| {
            let soql = format!("SELECT Id FROM {object} ORDER BY Id {direction} LIMIT 1");
            let found = tx.query(&soql, true, &version::Version::DEFAULT.to_string())?;
            Ok::<_, ApiError>(found.records.first().and_then(|record| record["Id"].as_str().map(str::to_owned)))
        };
        Ok(find("ASC")?.zip(find("DESC")?))
    })
}

fn size(value: &str) -> Result<u64, ApiError> {
    value.parse().ok().filter(|size| (1..=MOST).contains(size)).ok_or_else(|| wrong("chunkSize", value))
}

fn wrong(name: &str, value: &str) -> ApiError {
    refused("INVALIDJOB", format!("'{value}' is not a valid value for {name}"))
}

#[cfg(test)]
mod tests {
    use super::{Chunking, DEFAULT};

    #[test]
    fn reads_the_header_as_clients_write_it() {
        let of = |header: &str| header.parse::<Chunking>();
        for header in ["true", "TRUE", "", "true;", "parent=Account"] {
            assert_eq!(of(header), Ok(Chunking { size: DEFAULT, start: None }), "{header}");
        }
        for header in ["chunkSize=5000", "chunkSize=5000;", "true; chunkSize=5000", " ChunkSize = 5000 "] {
            assert_eq!(of(header), Ok(Chunking { size: 5_000, start: None }), "{header}");
        }
        assert_eq!(of("false").map(|chunking| chunking.size), Ok(0));
        let start = of("chunkSize=10; startRow=001LO0000000001").map(|chunking| chunking.start);
        assert_eq!(start, Ok(crate::id::normalise("001LO0000000001")));
        for header in ["chunkSize=0", "chunkSize=250001", "chunkSize=x", "startRow=1", "sure"] {
            assert_eq!(of(header).map_err(|error| error.code), Err("INVALIDJOB".to_owned()), "{header}");
        }
    }
}
