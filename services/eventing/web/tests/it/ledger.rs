//! What local-org has published against what has become jobs.

use crate::support::{ORG, Stack, TOPIC, changes, ids};
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use shared::contracts::eventing::QuoteChanges;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use test_support::eventually;

/// Ids by transaction.
pub(crate) type Ledger = BTreeMap<String, BTreeSet<String>>;

/// Everything that was published behind a position, and the position behind it.
pub(crate) async fn published(stack: &Stack, after: Option<u64>) -> Result<(Ledger, Option<u64>)> {
    let (mut ledger, mut position) = (Ledger::new(), after);
    loop {
        let page = stack.org.events(ORG, TOPIC, position).await?;
        if page.events.is_empty() {
            return Ok((ledger, Some(page.position)));
        }
        for event in &page.events {
            let header = &event.payload["ChangeEventHeader"];
            let key = header["transactionKey"].as_str().context("no transaction key")?;
            let ids = header["recordIds"].as_array().context("no ids")?.iter().filter_map(Value::as_str);
            ledger.entry(key.to_owned()).or_default().extend(ids.map(str::to_owned));
        }
        position = Some(page.position);
    }
}

/// Checks that the jobs have exactly what was published: every record of every transaction, and none twice.
pub(crate) fn check(published: &Ledger, jobs: &[QuoteChanges]) -> Result<()> {
    let mut made: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for job in jobs {
        made.entry(&job.transaction_key).or_default().extend(ids(job));
    }
    for (transaction, records) in &mut made {
        let count = records.len();
        records.sort();
        records.dedup();
        ensure!(records.len() == count, "{transaction} has {} records twice", count - records.len());
        let expected = published.get(*transaction).with_context(|| format!("{transaction} was not published"))?;
        ensure!(records.iter().all(|id| expected.contains(id)), "{transaction} has records that were not changed");
    }
    for (transaction, records) in published {
        let count = made.get(transaction.as_str()).map_or(0, Vec::len);
        ensure!(count == records.len(), "{transaction}: {count} of {} records are in jobs", records.len());
    }
    Ok(())
}

/// Waits until everything that was published has become jobs, then a little for what must not come, and checks again.
pub(crate) async fn settles(stack: &Stack, after: Option<u64>, limit: Duration) -> Result<Vec<QuoteChanges>> {
    eventually(limit, "all changes to become jobs", async || {
        check(&published(stack, after).await?.0, &changes(&stack.jobs).await?)
    })
    .await?;
    tokio::time::sleep(Duration::from_millis(500)).await;
    let made = changes(&stack.jobs).await?;
    check(&published(stack, after).await?.0, &made)?;
    Ok(made)
}
