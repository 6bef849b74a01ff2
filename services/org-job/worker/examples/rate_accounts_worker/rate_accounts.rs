//! The job kind `rateAccounts`: sets `Account.Rating` from the sum of the Account's won Opportunities.

use futures_util::TryStreamExt;
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use shared::jobs::{
    Chunk, ChunkReport, JobKind, JobView, Kind, NewChunk, PlanStep, RecordError, TaskContext, TaskError,
};
use shared::plan::{self, Plan};
use shared::salesforce::soql::{self, WhereClause};
use shared::salesforce::{ApiError, SalesforceId};
use shared::work::{OrgWork, Orgs, TaskUser, fail};
use std::collections::{BTreeMap, HashMap};

use crate::ratings::RateAccounts;

/// What the job is over.
const ACCOUNTS: Plan = Plan::of("Account");

/// Accounts of a chunk: as many as one update call takes.
const CHUNK_SIZE: usize = 200;

/// The kind, with what it shares between tasks.
pub(crate) struct RateAccountsKind {
    pub(crate) orgs: Orgs,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Account {
    id: SalesforceId,
    rating: Option<String>,
}

/// A group of a query with `GROUP BY AccountId`.
#[derive(Deserialize)]
struct Won {
    #[serde(rename = "AccountId")]
    account: SalesforceId,
    /// Null when no Opportunity of the group has an amount.
    total: Option<f64>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Change {
    rating: &'static str,
}

/// The rating for a sum of won Opportunities, in the org's own currency.
fn rating(won: f64) -> &'static str {
    if won >= 100_000.0 {
        "Hot"
    } else if won >= 10_000.0 {
        "Warm"
    } else {
        "Cold"
    }
}

impl RateAccountsKind {
    /// The Accounts of a chunk whose rating is not the right one, with the right one.
    async fn changes(&self, org: &OrgWork, ids: &[SalesforceId]) -> Result<Vec<(SalesforceId, Change)>, TaskError> {
        // 200 ids of 15 characters stay below the 4,000 characters of a WHERE clause.
        let list = soql::list(ids.iter().map(SalesforceId::as_15));
        let accounts = format!("SELECT Id, Rating FROM Account WHERE Id IN {list}");
        let accounts: Vec<Account> =
            org.client().query(accounts).try_collect().await.map_err(|error| self.orgs.task_error(&error))?;
        let won = format!(
            "SELECT AccountId, SUM(Amount) total FROM Opportunity WHERE IsWon = TRUE AND AccountId IN {list} GROUP BY AccountId"
        );
        let won: Vec<Won> =
            org.client().query(won).try_collect().await.map_err(|error| self.orgs.task_error(&error))?;
        let won: HashMap<_, _> = won.into_iter().map(|won| (won.account, won.total.unwrap_or_default())).collect();
        let right = |account: &Account| rating(won.get(&account.id).copied().unwrap_or_default());
        let wrong = accounts.iter().filter(|account| account.rating.as_deref() != Some(right(account)));
        Ok(wrong.map(|account| (account.id, Change { rating: right(account) })).collect())
    }
}

impl JobKind for RateAccountsKind {
    fn kind(&self) -> Kind {
        Kind::of::<RateAccounts>()
    }

    fn plan<'a>(&'a self, cx: &'a TaskContext, cursor: Option<String>) -> BoxFuture<'a, Result<PlanStep, TaskError>> {
        Box::pin(async move {
            let filter = filter(cx)?;
            let after: Option<SalesforceId> = match cursor.as_deref() {
                None | Some("") => None,
                Some(id) => Some(id.parse().map_err(|error| fail(&error))?),
            };
            let org = self.orgs.open(cx, &TaskUser::Caller).await?;
            let limit = plan::page_limit(CHUNK_SIZE);
            let page = ACCOUNTS.next_page(org.client(), &filter, after.as_ref(), limit).await;
            let page = page.map_err(|error| self.orgs.task_error(&error))?;
            let chunks = page.ids.chunks(CHUNK_SIZE).map(|ids| NewChunk {
                payload: plan::encode_ids(ids),
                records: u64::try_from(ids.len()).unwrap_or(u64::MAX),
            });
            let last = page.ids.last().or(after.as_ref()).map(ToString::to_string);
            Ok(PlanStep { chunks: chunks.collect(), cursor: last.unwrap_or_default(), done: page.last })
        })
    }

    fn run<'a>(&'a self, cx: &'a TaskContext, chunk: Chunk) -> BoxFuture<'a, Result<ChunkReport, TaskError>> {
        Box::pin(async move {
            let ids = plan::decode_ids(&chunk.payload).map_err(|error| fail(&error))?;
            let org = self.orgs.open(cx, &TaskUser::Caller).await?;
            let changes = self.changes(&org, &ids).await?;
            // Written twice it is the same, so a task that is repeated after a crash does no harm.
            let results = org.client().update_many("Account", &changes, false).await;
            let results = results.map_err(|error| self.orgs.task_error(&error))?;

            // Whoever has the right rating, or was deleted since the plan, needs nothing.
            let skipped = chunk.records.saturating_sub(u64::try_from(changes.len()).unwrap_or(u64::MAX));
            let mut report = ChunkReport { processed: chunk.records, skipped, ..ChunkReport::default() };
            let mut counters = BTreeMap::new();
            for ((id, change), result) in changes.iter().zip(results) {
                match result {
                    Ok(_) => {
                        report.succeeded += 1;
                        *counters.entry(change.rating.to_lowercase()).or_default() += 1;
                    }
                    // A locked record, for example. The chunk runs again, and what is written already is skipped then.
                    Err(errors) if errors.iter().any(|error| ApiError::code_passes(&error.error_code)) => {
                        return Err(TaskError::Retry { reason: reason(&errors), after: None });
                    }
                    Err(errors) => {
                        report.failed += 1;
                        let code = errors.first().map(|error| error.error_code.clone()).unwrap_or_default();
                        let message = reason(&errors);
                        report.errors.push(RecordError { record_id: id.to_string(), code, message });
                    }
                }
            }
            report.counters = counters;
            Ok(report)
        })
    }

    /// Nobody is told, and nothing is left over.
    fn finish<'a>(&'a self, _cx: &'a TaskContext, _job: &'a JobView) -> BoxFuture<'a, Result<(), TaskError>> {
        Box::pin(async { Ok(()) })
    }
}

fn filter(cx: &TaskContext) -> Result<WhereClause, TaskError> {
    let params: RateAccounts = cx.params()?;
    soql::parse_where(&params.soql_where_clause).map_err(|error| fail(&error))
}

fn reason(errors: &[ApiError]) -> String {
    errors.iter().map(|error| error.message.as_str()).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rating_begins_at_its_border() {
        for (won, expected) in [
            (0.0, "Cold"),
            (9_999.99, "Cold"),
            (10_000.0, "Warm"),
            (99_999.99, "Warm"),
            (100_000.0, "Hot"),
            (-5.0, "Cold"),
        ] {
            assert_eq!(rating(won), expected, "{won}");
        }
    }
}
