//! Edits of Opportunities, whose change events become jobs.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use rand::RngExt;
use serde_json::Value;
use test_support::eventually;
use tokio::time::sleep;

use super::plan::Plan;
use super::sample::{self, Sample};
use crate::stack::{Ground, ORG};
use crate::world::{LIMIT, World};

const CHANGES: &str = "/data/OpportunityChangeEvent";
const COMPLETIONS: &str = "/event/QuoteGenerationComplete__e";
/// After all is done, for what should not come.
const GRACE: Duration = Duration::from_millis(700);

pub(super) struct Work {
    sample: Sample,
    /// Waits, and which Opportunities are then edited in one transaction.
    edits: Vec<(Duration, Vec<String>)>,
    /// Position of the change events before.
    position: u64,
}

/// The Opportunities of each transaction.
pub(super) type Begun = BTreeMap<String, BTreeSet<String>>;

impl Work {
    pub(super) async fn prepare(plan: &Plan, ground: &Ground) -> Result<Self> {
        let mut rng = plan.rng();
        let sample = sample::make(&ground.org, &mut rng, 20, 2, 2).await?;
        let ids: Vec<_> = sample.keys().cloned().collect();
        let edits = (0..rng.random_range(2..=6)).map(|_| {
            let from = rng.random_range(0..ids.len() / 2);
            let until = rng.random_range(from + 1..=ids.len());
            let ids = ids.get(from..until).unwrap_or_default().to_vec();
            (Duration::from_millis(rng.random_range(0..800)), ids)
        });
        let edits = edits.collect();
        let position = ground.org.events(ORG, CHANGES, None).await?.position;
        Ok(Self { sample, edits, position })
    }

    /// Waits until events from now on count: earlier ones would not come to a new app.
    pub(super) async fn before(&self, world: &World) -> Result<()> {
        eventually(LIMIT, "the subscription has a position", async || {
            let info = world.ask_with_token("/info").await?;
            ensure!(info["position"].is_string(), "{info}");
            Ok(())
        })
        .await
    }

    /// Edits as a user would, while the services have their troubles.
    pub(super) async fn begin(&self, world: &World) -> Result<Begun> {
        for (number, (wait, ids)) in self.edits.iter().enumerate() {
            sleep(*wait).await;
            world.edit(ids, &format!("edit {number}")).await?;
        }
        let mut transactions = Begun::new();
        let mut after = Some(self.position);
        loop {
            let page = world.org.events(ORG, CHANGES, after).await?;
            for event in &page.events {
                let header = &event.payload["ChangeEventHeader"];
                if header["changeType"] == "UPDATE" {
                    let ids = header["recordIds"].as_array().context("no records")?.iter();
                    let ids = ids.filter_map(Value::as_str).map(str::to_owned);
                    transactions.entry(sample::text(header, "transactionKey")?).or_default().extend(ids);
                }
            }
            if page.events.is_empty() {
                break;
            }
            after = Some(page.position);
        }
        ensure!(
            transactions.len() == self.edits.len(),
            "{} transactions, {} edits",
            transactions.len(),
            self.edits.len()
        );
        Ok(transactions)
    }

    pub(super) async fn end(&self, world: &World, begun: Begun) -> Result<()> {
        let expected: usize = begun.values().map(BTreeSet::len).sum();
        eventually(LIMIT, "all changes have been dealt with", async || {
            let info = world.ask_with_token("/info").await?;
            let quotes = world.org.count(ORG, "SELECT COUNT() FROM Quote").await?;
            ensure!(ended(&info)? && quotes >= expected as u64, "{quotes} of {expected} Quotes, {info}");
            Ok(())
        })
        .await?;
        sleep(GRACE).await;
        self.quotes(world, &begun).await?;
        let info = world.ask_with_token("/info").await?;
        ensure!(ended(&info)?, "something goes on: {info}");
        let jobs = info["recentJobs"].as_array().context("no jobs")?;
        // A transaction whose events came with a gap between them may make two.
        ensure!(jobs.len() >= begun.len(), "{} jobs of {} transactions", jobs.len(), begun.len());
        let mut told = Vec::new();
        for job in jobs {
            ensure!(job["state"] == "completed" && job["failed"] == 0, "{job}");
            told.push(sample::text(job, "id")?);
        }
        let events = world.org.events(ORG, COMPLETIONS, None).await?.events;
        let mut completed: Vec<_> =
            events.iter().map(|event| sample::text(&event.payload, "JobId__c")).collect::<Result<_>>()?;
        told.sort();
        completed.sort();
        ensure!(told == completed, "jobs {told:?} have completion events {completed:?}");
        let notified = world.org.notifications(ORG).await?.len();
        ensure!(notified == jobs.len(), "{notified} notifications of {} jobs", jobs.len());
        Ok(())
    }

    /// One Quote for each Opportunity of each transaction. Those of one transaction have the start of their keys in common.
    async fn quotes(&self, world: &World, begun: &Begun) -> Result<()> {
        let mut by_transaction = BTreeMap::<String, Vec<_>>::new();
        for quote in sample::quotes(&world.org).await? {
            let start = quote.key.split(':').next().unwrap_or_default().to_owned();
            by_transaction.entry(start).or_default().push(quote);
        }
        let mut open: Vec<&BTreeSet<String>> = begun.values().collect();
        for (key, quotes) in &by_transaction {
            let ids: BTreeSet<String> = quotes.iter().map(|quote| quote.opportunity.clone()).collect();
            let place = open.iter().position(|transaction| **transaction == ids);
            open.swap_remove(
                place.with_context(|| format!("no transaction has the Opportunities of key {key}: {ids:?}"))?,
            );
            let sample =
                self.sample.iter().filter(|(id, _)| ids.contains(*id)).map(|(id, expected)| (id.clone(), *expected));
            sample::compare(&sample.collect(), quotes).with_context(|| format!("key {key}"))?;
        }
        ensure!(open.is_empty(), "{} transactions have no Quotes", open.len());
        Ok(())
    }
}

/// Nothing waits, and all jobs have ended.
fn ended(info: &Value) -> Result<bool> {
    let jobs = info["recentJobs"].as_array().context("no jobs")?;
    let ended = |job: &Value| ["completed", "failed", "cancelled"].iter().any(|state| job["state"] == *state);
    Ok(info["openTransactions"] == 0 && jobs.iter().all(ended))
}
