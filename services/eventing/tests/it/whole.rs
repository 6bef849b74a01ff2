//! The whole pattern: edits in local-org, two web processes that share the buffer, two workers, Quotes, event and notification.

use crate::support::{ORG, Stack, number};
use anyhow::{Context, Result, bail, ensure};
use rand::RngExt;
use serde_json::{Value, json};
use shared::jobs::JobView;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use test_support::{Service, ServiceSpec, eventually, free_port, http_client};

pub(crate) const TOKEN: &str = "0123456789abcdef0123456789abcdef";
const CHANGES: &str = "/data/OpportunityChangeEvent";
/// A lease must run out, and Redis come back, on a busy machine.
const LIMIT: Duration = Duration::from_secs(90);

/// Starts a web process, and waits until the subscription has a position: events from now on count.
async fn web(stack: &Stack, name: &str) -> Result<Service> {
    web_with(stack, name, &[]).await
}

/// The same with more variables.
pub(crate) async fn web_with(stack: &Stack, name: &str, variables: &[(&'static str, String)]) -> Result<Service> {
    let web = ServiceSpec::new("eventing-web")?
        .named(name)
        .env("PORT", free_port()?)
        .env("BIND_ADDRESS", "127.0.0.1")
        .env("DYNO", name)
        .env("REDIS_URL", stack.redis.url())
        .env("JOB_SECRET_KEY", crate::support::SECRET)
        .envs(stack.org.applink_env()?)
        .env("EVENT_AUTHORIZATION", ORG)
        .env("WEBHOOK_TOKEN", TOKEN)
        .env("EVENT_QUIET_MILLISECONDS", 300)
        .env("PUBSUB_ENDPOINT", stack.org.pubsub_url()?)
        .env("PUBSUB_BACKOFF_SECONDS", 0)
        .env("ALLOWED_ORG_HOSTS", "127.0.0.1:*")
        .envs(variables.to_vec())
        .ready("listening on http://")
        .start()
        .await?;
    let info = format!("{}/info", web.url()?);
    eventually(LIMIT, "the first position", async || {
        let info: Value = http_client()?.get(&info).bearer_auth(TOKEN).send().await?.error_for_status()?.json().await?;
        ensure!(info["position"].is_string(), "{info}");
        Ok(())
    })
    .await?;
    Ok(web)
}

/// Edits Opportunities in one transaction, as a user would, each in another way: as many events as records.
pub(crate) async fn edit(stack: &Stack, ids: &[String], text: &str) -> Result<()> {
    let (org, user) = stack.org.org(ORG).await?;
    let url = format!("{}/services/data/v{}/composite/sobjects", org.instance_url, org.api_version);
    let record = |(place, id): (usize, &String)| json!({ "attributes": { "type": "Opportunity" }, "Id": id, "NextStep": format!("{text} {place}") });
    let records: Vec<_> = ids.iter().enumerate().map(record).collect();
    let body = json!({ "allOrNone": true, "records": records });
    let answer = http_client()?.patch(url).bearer_auth(&user.access_token).json(&body).send().await?;
    let answer: Value = answer.error_for_status()?.json().await?;
    ensure!(answer.as_array().is_some_and(|all| all.iter().all(|one| one["success"] == true)), "{answer}");
    Ok(())
}

pub(crate) async fn all(stack: &Stack) -> Result<Vec<String>> {
    Ok(stack.all().await?.iter().map(ToString::to_string).collect())
}

/// The records of each transaction that local-org has told of.
async fn transactions(stack: &Stack) -> Result<BTreeMap<String, BTreeSet<String>>> {
    let (mut after, mut told) = (None, BTreeMap::<String, BTreeSet<String>>::new());
    loop {
        let page = stack.org.events(ORG, CHANGES, after).await?;
        for event in &page.events {
            let header = &event.payload["ChangeEventHeader"];
            let key = header["transactionKey"].as_str().context("no transaction")?;
            let ids = header["recordIds"].as_array().context("no records")?;
            let ids = ids.iter().filter_map(Value::as_str).map(str::to_owned);
            if header["changeType"] == "UPDATE" {
                told.entry(key.to_owned()).or_default().extend(ids);
            }
        }
        if page.events.is_empty() {
            return Ok(told);
        }
        after = Some(page.position);
    }
}

/// Waits until all jobs have ended and there are as many as `count`.
pub(crate) async fn ended(stack: &Stack, count: usize) -> Result<Vec<JobView>> {
    eventually(LIMIT, &format!("{count} jobs end"), async || {
        let jobs = stack.jobs.list(ORG, 1_000, None).await?;
        ensure!(jobs.len() == count, "there are {}", jobs.len());
        match jobs.iter().find(|job| !job.state.is_final()) {
            Some(job) => bail!("{job:?}"),
            None => Ok(jobs),
        }
    })
    .await
}

#[tokio::test]
async fn fifty_edits_become_one_job_fifty_quotes_one_event_and_one_notification() -> Result<()> {
    let stack = Stack::start(50, 2).await?;
    let _webs = [web(&stack, "web.1").await?, web(&stack, "web.2").await?];
    edit(&stack, &all(&stack).await?, "step").await?;
    let jobs = ended(&stack, 1).await?;
    stack.assert_quoted(&jobs[0].id, 50).await?;
    let sent = stack.notifications(1).await?;
    let editor = stack.org.org(ORG).await?.1;
    assert_eq!(sent[0].recipient, editor.id, "the one who edited");
    assert_eq!(number(&stack.event_of(&jobs[0].id).await?, "Quotes__c"), Some(50));
    let events = stack.org.events(ORG, CHANGES, None).await?.events;
    assert_eq!(events.iter().filter(|event| event.payload["ChangeEventHeader"]["changeType"] == "UPDATE").count(), 50);
    // Quotes are changes, too; they start nothing.
    tokio::time::sleep(Duration::from_secs(2)).await;
    ended(&stack, 1).await.map(drop)
}

#[tokio::test]
async fn an_opportunity_that_comes_back_from_the_recycle_bin_gets_its_quote() -> Result<()> {
    let stack = Stack::start(2, 1).await?;
    let _web = web(&stack, "web.1").await?;
    let id = all(&stack).await?.remove(0);
    stack.org.delete_record(ORG, "Opportunity", &id).await?;
    stack.org.undelete(ORG, "Opportunity", &id).await?;
    let jobs = ended(&stack, 1).await?;
    stack.assert_quoted(&jobs[0].id, 1).await?;
    let of = format!("SELECT COUNT() FROM Quote WHERE OpportunityId = '{id}'");
    assert_eq!(stack.org.count(ORG, &of).await?, 1, "with the lines that came back with it");
    Ok(())
}

#[tokio::test]
async fn every_edit_has_its_quote_once_whatever_is_killed() -> Result<()> {
    let mut stack = Stack::start(40, 2).await?;
    let mut webs = [web(&stack, "web.1").await?, web(&stack, "web.2").await?];
    let ids = all(&stack).await?;
    let random = || Duration::from_millis(rand::rng().random_range(0..500));
    for round in 0..9 {
        for step in 0..4 {
            let from = rand::rng().random_range(0..30);
            edit(&stack, &ids[from..from + 10], &format!("{round} {step}")).await?;
            tokio::time::sleep(random()).await;
        }
        match round % 3 {
            0 => {
                let victim = rand::rng().random_range(0..webs.len());
                webs[victim].kill().await?;
                tokio::time::sleep(random()).await;
                webs[victim].restart().await?;
            }
            1 => {
                stack.workers.remove(0).kill().await?;
                stack.add_worker(&format!("worker.{round}")).await?;
            }
            _ => {
                stack.redis.kill().await?;
                tokio::time::sleep(random()).await;
                stack.redis.start_again().await?;
            }
        }
    }
    let told = transactions(&stack).await?;
    let jobs = ended(&stack, told.len()).await?;
    assert!(jobs.len() >= 36, "{} jobs", jobs.len());
    assert!(jobs.iter().all(|job| job.failed == 0), "{jobs:?}");
    let records: usize = told.values().map(BTreeSet::len).sum();
    let counts = stack.org.counts(ORG).await?;
    assert_eq!((counts["Quote"], counts["QuoteLineItem"]), (records as u64, 2 * records as u64));
    for job in &jobs {
        stack.event_of(&job.id).await?;
    }
    stack.notifications(jobs.len()).await.map(drop)
}

/// Edits Opportunities as these services would: nobody is told of it, as little as of the records of an overflow.
async fn edit_untold(stack: &Stack, ids: &[String]) -> Result<()> {
    let (org, user) = stack.org.org(ORG).await?;
    for id in ids {
        let url = format!("{}/services/data/v{}/sobjects/Opportunity/{id}", org.instance_url, org.api_version);
        let own = http_client()?.patch(url).bearer_auth(&user.access_token);
        let own = own.header("sforce-call-options", "client=heroku-applink-patterns-rust");
        own.json(&json!({ "NextStep": "untold" })).send().await?.error_for_status()?;
    }
    Ok(())
}

async fn overflow(stack: &Stack) -> Result<()> {
    let url = format!("{}/local/orgs/{ORG}/events/gap", stack.org.url()?);
    let gap = json!({ "object": "Opportunity", "changeType": "GAP_OVERFLOW" });
    http_client()?.post(url).json(&gap).send().await?.error_for_status().map(drop).map_err(Into::into)
}

/// What changed shortly before an overflow and was told has its Quote by that; the rest gets it by the overflow.
#[tokio::test]
async fn an_overflow_quotes_what_no_event_told_and_nothing_else() -> Result<()> {
    let stack = Stack::start(12, 1).await?;
    let _web = web(&stack, "web.1").await?;
    let ids = all(&stack).await?;
    edit(&stack, &ids[..5], "told").await?;
    let first = ended(&stack, 1).await?;
    stack.assert_quoted(&first[0].id, 5).await?;
    edit_untold(&stack, &ids[5..7]).await?;
    // Told, and its job is still to be made when the overflow comes.
    edit(&stack, &ids[7..9], "told, too").await?;
    overflow(&stack).await?;
    let jobs = ended(&stack, 3).await?;
    // The sample data itself was not told either: its subscriber came later.
    stack.assert_quotes(12).await?;
    let overflown = jobs.iter().find(|job| job.processed == 5).context("no job over the other five")?;
    assert_eq!((overflown.succeeded, overflown.failed), (5, 0), "{overflown:?}");
    // An Opportunity that was quoted, and then changed by what was not told, is quoted again.
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    edit_untold(&stack, &ids[..1]).await?;
    overflow(&stack).await?;
    ended(&stack, 4).await?;
    let again = format!("SELECT COUNT() FROM Quote WHERE OpportunityId = '{}'", ids[0]);
    assert_eq!(stack.org.count(ORG, &again).await?, 2);
    Ok(())
}
