//! Events of the Pub/Sub API become jobs.

use crate::ledger::{check, published, settles};
use crate::support::{ORG, PATIENCE, Stack, TOPIC, changes, ids, info, jobs_become, subscriber_spec};
use anyhow::{Result, bail, ensure};
use chrono::Utc;
use serde_json::json;
use shared::contracts::eventing::Changed;
use std::time::{Duration, Instant};
use test_support::{Memory, eventually, http_client};

#[tokio::test]
async fn fifty_edits_in_one_transaction_are_one_job() -> Result<()> {
    let stack = Stack::start(50).await?;
    let web = stack.web("web.1", &[]).await?;
    stack.edit(&stack.opportunities, "call").await?;
    let found = jobs_become(&stack.jobs, 1).await?;
    assert_eq!(ids(&found[0]), stack.opportunities);
    let (_, user) = stack.org.org(ORG).await?;
    assert_eq!(found[0].user.map(|user| user.to_string()), Some(user.id.clone()));
    let shown = info(&web).await?;
    assert_eq!(shown["subscriber"], "web.1", "{shown}");
    assert!(shown["lastEventAt"].is_string() && shown["received"].as_u64() >= Some(1), "{shown}");
    let dump = stack.redis.dump().await?;
    assert!(dump.keys_with(&user.access_token).is_empty() && !web.log().contains(&user.access_token));
    Ok(())
}

#[tokio::test]
async fn a_single_edit_starts_its_job_soon() -> Result<()> {
    let stack = Stack::start(6).await?;
    let _web = stack.web("web.1", &[]).await?;
    let mut times = Vec::new();
    for number in 0..5 {
        let started = Instant::now();
        stack.edit(&stack.opportunities[number..=number], "call").await?;
        jobs_become(&stack.jobs, number + 1).await?;
        times.push(started.elapsed());
    }
    eprintln!("from the edit to the job: {times:?}");
    Ok(())
}

/// Each transaction waits for itself alone, so edits that never pause hold nothing back.
#[tokio::test]
async fn an_edit_every_five_seconds_starves_nothing() -> Result<()> {
    let stack = Stack::start(4).await?;
    let _web = stack.web("web.1", &[]).await?;
    for number in 0..stack.opportunities.len() {
        if number > 0 {
            tokio::time::sleep(Duration::from_secs(5)).await;
        }
        stack.edit(&stack.opportunities[number..=number], "step").await?;
        let found = changes(&stack.jobs).await?;
        assert!(found.len() >= number, "edit {number} comes, and {} of those before it have a job", found.len());
    }
    jobs_become(&stack.jobs, stack.opportunities.len()).await.map(drop)
}

#[tokio::test]
async fn own_writes_deletes_and_new_records() -> Result<()> {
    let stack = Stack::start(3).await?;
    let web = stack.web("web.1", &[("EVENT_QUIET_MILLISECONDS", "200")]).await?;
    let (org, user) = stack.org.org(ORG).await?;
    let url = format!("{}/services/data/v{}/sobjects/Opportunity", org.instance_url, org.api_version);
    let own = http_client()?
        .patch(format!("{url}/{}", stack.opportunities[0]))
        .bearer_auth(&user.access_token)
        .header("sforce-call-options", "client=heroku-applink-patterns-rust")
        .json(&json!({ "NextStep": "own" }));
    own.send().await?.error_for_status()?;
    stack.org.delete_record(ORG, "Opportunity", &stack.opportunities[1]).await?;
    let fields = json!({ "Name": "New", "StageName": "Prospecting", "CloseDate": "2030-01-01" });
    let created = stack.org.create(ORG, "Opportunity", &fields).await?;
    let found = jobs_become(&stack.jobs, 1).await?;
    assert_eq!(ids(&found[0]), [created]);
    eventually(PATIENCE, "the counts", async || {
        let shown = info(&web).await?;
        ensure!(shown["ignored"].as_u64() >= Some(2), "{shown}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn gaps_and_overflows_become_jobs() -> Result<()> {
    let stack = Stack::start(2).await?;
    let _web = stack.web("web.1", &[("EVENT_QUIET_MILLISECONDS", "200"), ("EVENT_FIELDS", "Amount")]).await?;
    let url = format!("{}/local/orgs/{ORG}/events/gap", stack.org.url()?);
    let gap = async |body: serde_json::Value| {
        Ok::<_, anyhow::Error>(http_client()?.post(&url).json(&body).send().await?.error_for_status()?)
    };
    let one = &stack.opportunities[0];
    gap(json!({ "object": "Opportunity", "changeType": "GAP_UPDATE", "recordIds": [one] })).await?;
    let found = jobs_become(&stack.jobs, 1).await?;
    assert_eq!(
        ids(&found[0]),
        std::slice::from_ref(one),
        "which fields changed is not told, so it may be one that counts"
    );
    let before = Utc::now();
    gap(json!({ "object": "Opportunity", "changeType": "GAP_OVERFLOW" })).await?;
    let found = jobs_become(&stack.jobs, 2).await?;
    let Changed::Since(since) = found[1].changed else { bail!("{:?}", found[1].changed) };
    let early = before - since;
    ensure!(early.num_minutes() >= 10, "{since} is {early} before the event: a transaction may take ten minutes");
    Ok(())
}

#[tokio::test]
async fn a_position_that_is_too_old_falls_back_as_configured() -> Result<()> {
    let stack = Stack::start(4).await?;
    let mut web = stack.web("web.1", &[("EVENT_QUIET_MILLISECONDS", "200"), ("PUBSUB_FALLBACK", "EARLIEST")]).await?;
    stack.edit(&stack.opportunities[..1], "one").await?;
    jobs_become(&stack.jobs, 1).await?;
    web.terminate(PATIENCE).await?;
    stack.edit(&stack.opportunities[1..2], "forgotten").await?;
    stack.org.forget_events(ORG).await?;
    stack.edit(&stack.opportunities[2..3], "kept").await?;
    web.restart().await?;
    let found = jobs_become(&stack.jobs, 2).await?;
    assert_eq!(ids(&found[1]), stack.opportunities[2..3], "the oldest event that is kept, and no other");
    let shown = info(&web).await?;
    assert!(shown["positionLostAt"].is_string(), "{shown}");
    assert!(web.log().contains("Salesforce does not know the position any more"));
    Ok(())
}

#[tokio::test]
async fn a_position_that_is_too_old_may_mean_new_events_only() -> Result<()> {
    let stack = Stack::start(4).await?;
    let mut web = stack.web("web.1", &[("EVENT_QUIET_MILLISECONDS", "200"), ("PUBSUB_FALLBACK", "LATEST")]).await?;
    stack.edit(&stack.opportunities[..1], "one").await?;
    jobs_become(&stack.jobs, 1).await?;
    web.terminate(PATIENCE).await?;
    stack.org.forget_events(ORG).await?;
    stack.edit(&stack.opportunities[2..3], "kept, but not asked for").await?;
    web.restart().await?;
    eventually(PATIENCE, "the subscription to go on", async || {
        let shown = info(&web).await?;
        ensure!(shown["positionLostAt"].is_string(), "{shown}");
        ensure!(!stack.org.pubsub_streams(ORG).await?.is_empty(), "no stream");
        Ok(())
    })
    .await?;
    // The stream may have been opened, refused and not yet opened again.
    tokio::time::sleep(Duration::from_secs(1)).await;
    stack.edit(&stack.opportunities[3..], "new").await?;
    let found = jobs_become(&stack.jobs, 2).await?;
    assert_eq!(ids(&found[1]), stack.opportunities[3..]);
    Ok(())
}

#[tokio::test]
async fn a_subscription_that_fails_for_good_is_shown_and_tried_again() -> Result<()> {
    let stack = Stack::start(1).await?;
    let web = subscriber_spec(&stack.redis, &stack.org, "web.1")?
        .env("EVENT_TOPIC", "/data/NothingChangeEvent")
        .start()
        .await?;
    let error = eventually(PATIENCE, "the error", async || {
        let shown = info(&web).await?;
        ensure!(shown["lastError"].is_string(), "{shown}");
        Ok(shown["lastError"].to_string())
    })
    .await?;
    assert!(error.contains("NothingChangeEvent") || error.contains("NotFound"), "{error}");
    let ready = http_client()?.get(format!("{}/ready", web.url()?)).send().await?;
    assert!(ready.status().is_success(), "the webhook works all the same");
    eventually(PATIENCE, "a second try", async || {
        let tries = web.log().lines().iter().filter(|line| line.contains("the subscription has ended")).count();
        ensure!(tries >= 2, "{tries}");
        Ok(())
    })
    .await
}

/// Many events behind one another, in batches and transactions of all sizes.
#[tokio::test]
async fn a_backlog_is_taken_in_whole() -> Result<()> {
    let stack = Stack::start(100).await?;
    let mut web = stack.web("web.1", &[("EVENT_QUIET_MILLISECONDS", "200")]).await?;
    web.terminate(PATIENCE).await?;
    for number in 0..60 {
        stack.edit(&stack.opportunities[number..number + 1 + number % 40], &format!("step {number}")).await?;
    }
    let started = Instant::now();
    web.restart().await?;
    let made = settles(&stack, None, PATIENCE).await?;
    eprintln!("{} jobs of a backlog after {:?}", made.len(), started.elapsed());
    check(&published(&stack, None).await?.0, &made)?;
    assert_eq!(made.len(), 60);
    assert!(made.iter().all(|job| matches!(job.changed, Changed::Records(_))));
    assert_eq!(info(&web).await?["topic"], TOPIC);
    Ok(())
}

/// An event for each record, many of them in each transaction.
#[tokio::test]
async fn a_flood_of_events_is_taken_in_whole() -> Result<()> {
    let stack = Stack::start(200).await?;
    stack.org.merge_events(ORG, false).await?;
    let mut web = stack.web("web.1", &[]).await?;
    web.terminate(PATIENCE).await?;
    for number in 0..25 {
        stack.edit(&stack.opportunities, &format!("step {number}")).await?;
    }
    let started = Instant::now();
    web.restart().await?;
    let events = eventually(PATIENCE, "5,000 events", async || {
        let shown = info(&web).await?;
        let received = shown["received"].as_u64().unwrap_or_default();
        ensure!(received >= 5_000, "{received}");
        Ok(received)
    })
    .await?;
    eprintln!("{events} events {:?} after the start, {:?}", started.elapsed(), Memory::of(web.pid()));
    let made = settles(&stack, None, PATIENCE).await?;
    assert_eq!(made.len(), 25, "one job for each transaction");
    Ok(())
}
