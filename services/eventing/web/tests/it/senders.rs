//! Senders of a webhook as they are: they send again what was not answered with success, and now and then what was.

use crate::support::{changes, ids, jobs, opportunity, send, send_to, spec};
use anyhow::{Result, bail, ensure};
use reqwest::StatusCode;
use shared::contracts::eventing::QuoteChanges;
use shared::salesforce::SalesforceId;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use test_support::{RedisOptions, Service, TestRedis, eventually};

const SENDERS: u32 = 6;
const EVENTS: u32 = 60;
const CRASHES: usize = 8;
const LIMIT: Duration = Duration::from_secs(60);

/// Records by transaction.
type Records = BTreeMap<String, BTreeSet<String>>;

/// Below `end`.
fn random(end: u32) -> u32 {
    (rand::random::<f64>() * f64::from(end)) as u32
}

/// Sends events of transactions that all senders share, each until it is taken, one in four again afterwards.
async fn sender(urls: [String; 2], number: u32, taken: Arc<Mutex<Records>>) -> Result<()> {
    for event in 0..EVENTS {
        let transaction = format!("t-{}", (event + number) / 4);
        let from = random(200);
        let records: Vec<_> = (from..from + 1 + random(12)).map(opportunity).collect();
        let mut again = u32::from(random(4) == 0) + 1;
        while again > 0 {
            let web = &urls[random(2) as usize];
            match send_to(web, &transaction, &records).await {
                Ok(status) if status == StatusCode::NO_CONTENT => {
                    let mut taken = taken.lock().unwrap_or_else(PoisonError::into_inner);
                    let long = records.iter().map(|id| id.parse::<SalesforceId>());
                    let long = long.map(|id| id.map(|id| id.to_string())).collect::<Result<BTreeSet<_>, _>>()?;
                    taken.entry(transaction.clone()).or_default().extend(long);
                    again -= 1;
                }
                // Nobody is there, nobody answered, or nothing was taken.
                Ok(status) if status != StatusCode::SERVICE_UNAVAILABLE => bail!("answered {status}"),
                _ => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
        tokio::time::sleep(Duration::from_millis(u64::from(random(60)))).await;
    }
    Ok(())
}

/// Every record that was answered with 204 is in a job of its transaction, and no record is in two of them.
fn check(taken: &Records, jobs: &[QuoteChanges]) -> Result<()> {
    let mut made = Records::new();
    for job in jobs {
        let known = made.entry(job.transaction_key.clone()).or_default();
        for id in ids(job) {
            ensure!(known.insert(id.clone()), "{id} of {} is in two jobs", job.transaction_key);
        }
    }
    for (transaction, records) in taken {
        let made = made.get(transaction).map_or(0, |made| made.intersection(records).count());
        ensure!(made == records.len(), "{transaction}: {made} of {} records are in jobs", records.len());
    }
    Ok(())
}

async fn crash(round: usize, redis: &mut TestRedis, webs: &mut [Service; 2]) -> Result<()> {
    tokio::time::sleep(Duration::from_millis(u64::from(random(500)))).await;
    if round % 3 == 2 {
        redis.kill().await?;
        tokio::time::sleep(Duration::from_millis(u64::from(random(600)))).await;
        return redis.start_again().await;
    }
    let web = &mut webs[round % 2];
    web.kill().await?;
    tokio::time::sleep(Duration::from_millis(u64::from(random(300)))).await;
    web.restart().await
}

#[tokio::test]
async fn what_was_answered_becomes_a_job_once_whatever_ends_meanwhile() -> Result<()> {
    let mut redis = TestRedis::start_with(RedisOptions { append_only: true, ..RedisOptions::default() }).await?;
    let quick = |name| {
        let spec = spec(&redis, name)?.env("EVENT_QUIET_MILLISECONDS", 150).env("EVENT_MAX_WAIT_SECONDS", 1);
        Ok::<_, anyhow::Error>(spec)
    };
    let mut webs = [quick("web.1")?.start().await?, quick("web.2")?.start().await?];
    let urls = [webs[0].url()?, webs[1].url()?];
    let taken = Arc::new(Mutex::new(Records::new()));
    let senders: Vec<_> =
        (0..SENDERS).map(|number| tokio::spawn(sender(urls.clone(), number, taken.clone()))).collect();
    for round in 0..CRASHES {
        crash(round, &mut redis, &mut webs).await?;
    }
    for sender in senders {
        sender.await??;
    }
    let taken = taken.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let jobs = jobs(&redis).await?;
    eventually(LIMIT, "all records to become jobs", async || check(&taken, &changes(&jobs).await?)).await?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let made = changes(&jobs).await?;
    check(&taken, &made)?;
    let records: usize = taken.values().map(BTreeSet::len).sum();
    eprintln!("{records} records of {} transactions in {} jobs", taken.len(), made.len());
    ensure!(send(&webs[0], "t-0", &[opportunity(0)]).await?.status().is_success(), "the webs are well");
    Ok(())
}
