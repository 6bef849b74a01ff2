//! Which Opportunities a job covers: those that changed, still exist, and are in a stage that counts.

use crate::stages::Stages;
use chrono::{DateTime, SecondsFormat, Utc};
use futures_util::TryStreamExt;
use serde::{Deserialize, Deserializer};
use shared::jobs::{NewChunk, PlanStep};
use shared::quotes::{MAX_CHUNK, plan};
use shared::salesforce::soql::{self, MAX_WHERE_CHARS, WhereError, parse_where};
use shared::salesforce::{Client, Error, InvalidId, SalesforceId};

/// Characters of a list of ids beside the ids: `Id IN ()`.
const LIST_CHARS: usize = 8;

/// Characters of an id in a list: 15, two quotes, a comma.
const ID_CHARS: usize = 18;

/// How Salesforce writes a time.
const DATE_TIME: &str = "%Y-%m-%dT%H:%M:%S%.f%z";

/// How a job is planned.
#[derive(Debug, Clone)]
pub(crate) struct Planner {
    pub(crate) stages: Stages,
    pub(crate) chunk_size: usize,
}

/// The plan cannot go on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PlanError {
    /// The query failed.
    #[error(transparent)]
    Salesforce(#[from] Error),
    /// The plan's own cursor is not one.
    #[error("the plan's cursor is not a number")]
    Place(#[from] std::num::ParseIntError),
    /// The plan's own cursor is not one.
    #[error("the plan's cursor: {0}")]
    Id(#[from] InvalidId),
    /// A condition that this module wrote is not SOQL.
    #[error("the plan's condition cannot be read: {0}")]
    Condition(#[from] WhereError),
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Row {
    id: SalesforceId,
}

/// An Opportunity and its last change.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ChangedRow {
    id: SalesforceId,
    #[serde(deserialize_with = "date_time")]
    system_modstamp: DateTime<Utc>,
}

fn date_time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<DateTime<Utc>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let time = DateTime::parse_from_str(&text, DATE_TIME).or_else(|_| DateTime::parse_from_rfc3339(&text));
    time.map(|time| time.to_utc()).map_err(serde::de::Error::custom)
}

/// Opportunities with the times of their last changes.
pub(crate) type Changes = Vec<(SalesforceId, DateTime<Utc>)>;

/// A page of Opportunities that changed.
pub(crate) struct ChangedPage {
    pub(crate) changes: Changes,
    /// Where the next one starts.
    pub(crate) cursor: String,
    /// Whether there is none.
    pub(crate) done: bool,
}

impl Planner {
    /// The page of a plan over `ids` that begins at `cursor`, a place in the list.
    pub(crate) async fn of_records(
        &self,
        client: &Client,
        ids: &[SalesforceId],
        cursor: Option<&str>,
    ) -> Result<PlanStep, PlanError> {
        let start: usize = cursor.map_or(Ok(0), str::parse)?;
        let end = start.saturating_add(self.ids_of_a_page()).min(ids.len());
        let Some(some) = ids.get(start..end).filter(|ids| !ids.is_empty()) else {
            return Ok(PlanStep { done: true, ..PlanStep::default() });
        };
        let rows: Vec<Row> = client.query(self.soql(some)).try_collect().await?;
        let found: Vec<_> = rows.into_iter().map(|row| row.id).collect();
        tracing::debug!(asked = some.len(), found = found.len(), "a page is planned");
        Ok(PlanStep { chunks: self.chunks(&found), cursor: end.to_string(), done: end == ids.len() })
    }

    /// The page of all Opportunities that changed at `since` or later, after the Opportunity `cursor`.
    pub(crate) async fn since(
        &self,
        client: &Client,
        since: DateTime<Utc>,
        cursor: Option<&str>,
    ) -> Result<ChangedPage, PlanError> {
        let after: Option<SalesforceId> = cursor.map(str::parse).transpose()?;
        // Whole seconds, rounded down: one too many costs nothing, one too few is lost.
        let since = since.to_rfc3339_opts(SecondsFormat::Secs, true);
        let filter = parse_where(&self.stages.and(&format!("SystemModstamp >= {since}")))?;
        let behind = after.map(|id| format!(" AND Id > {}", soql::quote(id.as_str()))).unwrap_or_default();
        let limit = plan::page_limit(self.chunk_size);
        let soql =
            format!("SELECT Id, SystemModstamp FROM Opportunity WHERE ({filter}){behind} ORDER BY Id LIMIT {limit}");
        let changes = changes(client, soql).await?;
        let last = changes.last().map(|(id, _)| *id).or(after);
        Ok(ChangedPage {
            cursor: last.map(|id| id.to_string()).unwrap_or_default(),
            done: changes.len() < limit,
            changes,
        })
    }

    /// SOQL for those of `ids` that exist and are in a stage that counts.
    fn soql(&self, ids: &[SalesforceId]) -> String {
        let listed = format!("Id IN {}", soql::list(ids.iter().map(SalesforceId::as_15)));
        format!("SELECT Id FROM Opportunity WHERE {} ORDER BY Id", self.stages.and(&listed))
    }

    /// As many ids as a WHERE clause holds beside the stages; where that is a chunk and more, whole chunks.
    fn ids_of_a_page(&self) -> usize {
        let room = MAX_WHERE_CHARS.saturating_sub(self.stages.chars() + LIST_CHARS) / ID_CHARS;
        let room = room.clamp(1, MAX_CHUNK);
        let whole = room / self.chunk_size.max(1) * self.chunk_size;
        if whole == 0 { room } else { whole }
    }

    /// The ids as chunks.
    pub(crate) fn chunks(&self, ids: &[SalesforceId]) -> Vec<NewChunk> {
        let chunk = |ids: &[SalesforceId]| NewChunk {
            payload: plan::encode_ids(ids),
            records: u64::try_from(ids.len()).unwrap_or(u64::MAX),
        };
        ids.chunks(self.chunk_size.max(1)).map(chunk).collect()
    }
}

/// When those of `ids`, at most a chunk, that exist changed last.
pub(crate) async fn last_changes(client: &Client, ids: &[SalesforceId]) -> Result<Changes, Error> {
    let listed = soql::list(ids.iter().map(SalesforceId::as_15));
    changes(client, format!("SELECT Id, SystemModstamp FROM Opportunity WHERE Id IN {listed}")).await
}

async fn changes(client: &Client, soql: String) -> Result<Changes, Error> {
    let rows: Vec<ChangedRow> = client.query(soql).try_collect().await?;
    Ok(rows.into_iter().map(|row| (row.id, row.system_modstamp)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn planner(stages: &[String], chunk_size: usize) -> Planner {
        Planner { stages: Stages::of(stages).unwrap(), chunk_size }
    }

    #[test]
    fn a_page_of_ids_stays_within_a_where_clause_whatever_the_stages_are() {
        let id: SalesforceId = "006R0000003FPYxIAO".parse().unwrap();
        for names in 0..45 {
            let planner = planner(&vec!["A stage whose name is as long as it gets".to_owned(); names], MAX_CHUNK);
            let ids = planner.ids_of_a_page();
            assert!(ids >= 100, "{ids} beside {names} stages");
            let soql = planner.soql(&vec![id; ids]);
            let (_, clause) = soql.split_once(" WHERE ").unwrap();
            assert!(clause.trim_end_matches(" ORDER BY Id").len() <= MAX_WHERE_CHARS, "{}", clause.len());
        }
    }

    #[test]
    fn pages_are_whole_chunks_where_they_can_be() {
        assert_eq!(planner(&[], MAX_CHUNK).ids_of_a_page(), MAX_CHUNK);
        assert_eq!(planner(&[], 50).ids_of_a_page(), 200);
        assert_eq!(planner(&[], 1).ids_of_a_page(), MAX_CHUNK);
        let crowded = planner(&vec!["x".repeat(40); 40], MAX_CHUNK).ids_of_a_page();
        assert!((1..MAX_CHUNK).contains(&crowded), "{crowded}");
    }

    #[test]
    fn ids_are_cut_into_chunks() {
        let id: SalesforceId = "006R0000003FPYxIAO".parse().unwrap();
        let chunks = planner(&[], 2).chunks(&[id; 5]);
        assert_eq!(chunks.iter().map(|chunk| chunk.records).collect::<Vec<_>>(), [2, 2, 1]);
        assert_eq!(plan::decode_ids(&chunks[2].payload).unwrap(), [id]);
    }
}
