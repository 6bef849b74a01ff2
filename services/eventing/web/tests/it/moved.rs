//! An operator authorizes another org under the name of the authorization: nothing of one org is taken for the other's.

use crate::support::{ORG, PATIENCE, Stack, changes, ids, info, jobs_become, send, spec, subscriber_spec};
use anyhow::{Context, Result, ensure};
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::time::Duration;
use test_support::{Disconnect, MovingAddon, Org, PubsubSettings, Service, User, eventually, http_client};

const OTHER: &str = "my-org-sales-a";

/// Changes a record of an org, as its user would, and gives its id.
async fn edit(stack: &Stack, (org, user): &(Org, User), text: &str) -> Result<String> {
    let found = stack.org.query(&org.name, "SELECT Id FROM Opportunity ORDER BY Id LIMIT 1").await?.records;
    let id = found[0]["Id"].as_str().context("no Id")?.to_owned();
    let url = format!("{}/services/data/v{}/sobjects/Opportunity/{id}", org.instance_url, org.api_version);
    let request = http_client()?.patch(url).bearer_auth(&user.access_token);
    request.json(&json!({ "NextStep": text })).send().await?.error_for_status()?;
    Ok(id)
}

async fn subscribed(stack: &Stack, web: &Service) -> Result<()> {
    eventually(PATIENCE, "the subscription in the other org", async || {
        let streams = stack.org.pubsub_streams(OTHER).await?;
        ensure!(streams.iter().any(|stream| stream.topic.is_some()), "{}", web.log().tail(5));
        Ok(())
    })
    .await
}

async fn positioned(web: &Service, before: &Value) -> Result<Value> {
    eventually(PATIENCE, "a position", async || {
        let shown = info(web).await?;
        ensure!(shown["position"].is_string() && shown["position"] != *before, "{shown}");
        Ok(shown)
    })
    .await
}

#[tokio::test]
async fn a_subscription_begins_anew_in_the_org_to_which_it_moves() -> Result<()> {
    let stack = Stack::start(3).await?;
    stack.org.seed(OTHER, 3, 1).await?;
    stack.org.set_pubsub_settings(OTHER, &PubsubSettings { keepalive_ms: 400, ..PubsubSettings::default() }).await?;
    let (own, other) = (stack.org.org(ORG).await?, stack.org.org(OTHER).await?);
    let addon = MovingAddon::start(&own.0, &own.1).await;
    let web = subscriber_spec(&stack.redis, &stack.org, "web.1")?
        .envs(addon.env())
        .env("EVENT_QUIET_MILLISECONDS", 200)
        .start()
        .await?;
    positioned(&web, &Value::Null).await?;
    let first = edit(&stack, &own, "in its own org").await?;
    let jobs = jobs_become(&stack.jobs, 1).await?;
    assert_eq!((ids(&jobs[0]), jobs[0].org_id), (vec![first], Some(own.0.id.parse()?)));

    let before = info(&web).await?["position"].clone();
    addon.moves_to(&other.0, &other.1);
    // Nobody is told of what was changed before it was this app's business.
    tokio::time::sleep(Duration::from_secs(11)).await;
    stack.org.expire_sessions(ORG).await?;
    stack.org.disconnect(ORG, Disconnect::Unauthenticated).await?;
    subscribed(&stack, &web).await?;
    let second = edit(&stack, &other, "in the other org").await?;
    let jobs = jobs_become(&stack.jobs, 2).await?;
    assert_eq!((ids(&jobs[1]), jobs[1].org_id), (vec![second], Some(other.0.id.parse()?)));
    let shown = positioned(&web, &before).await?;
    assert!(shown["positionLostAt"].is_null(), "the other org was asked for a place of the one before: {shown}");
    assert!(web.log().contains("the subscription begins anew"), "{}", web.log().tail(20));
    assert_eq!(changes(&stack.jobs).await?.len(), 2);
    Ok(())
}

/// What another process stored, or this one before it was started again.
#[tokio::test]
async fn a_position_of_another_org_is_not_used_after_a_restart() -> Result<()> {
    let stack = Stack::start(3).await?;
    stack.org.seed(OTHER, 3, 1).await?;
    stack.org.set_pubsub_settings(OTHER, &PubsubSettings { keepalive_ms: 400, ..PubsubSettings::default() }).await?;
    let (own, other) = (stack.org.org(ORG).await?, stack.org.org(OTHER).await?);
    let addon = MovingAddon::start(&own.0, &own.1).await;
    let mut web = subscriber_spec(&stack.redis, &stack.org, "web.1")?
        .envs(addon.env())
        .env("EVENT_QUIET_MILLISECONDS", 200)
        .start()
        .await?;
    positioned(&web, &Value::Null).await?;
    web.terminate(PATIENCE).await?;
    addon.moves_to(&other.0, &other.1);
    web.restart().await?;
    eventually(PATIENCE, "it begins anew", async || {
        ensure!(web.log().contains("the subscription begins anew"), "{}", web.log().tail(5));
        Ok(())
    })
    .await?;
    subscribed(&stack, &web).await?;
    let edited = edit(&stack, &other, "in the other org").await?;
    let jobs = eventually(PATIENCE, "its job", async || {
        let jobs = changes(&stack.jobs).await?;
        ensure!(jobs.iter().any(|job| ids(job) == [edited.clone()]), "{jobs:?}");
        Ok(jobs)
    })
    .await?;
    let org = Some(other.0.id.parse()?);
    assert!(jobs.iter().all(|job| job.org_id == org), "{jobs:?}");
    assert!(info(&web).await?["positionLostAt"].is_null());
    Ok(())
}

#[tokio::test]
async fn what_comes_by_the_webhook_is_for_the_org_of_now() -> Result<()> {
    let stack = Stack::start(1).await?;
    let (own, other) = (stack.org.org(ORG).await?, stack.org.org(OTHER).await?);
    let addon = MovingAddon::start(&own.0, &own.1).await;
    let web = spec(&stack.redis, "web.1")?
        .envs(addon.env())
        .env("ALLOWED_ORG_HOSTS", "127.0.0.1:*")
        .env("EVENT_QUIET_MILLISECONDS", 200)
        .start()
        .await?;
    for number in 0..3 {
        assert_eq!(send(&web, &format!("t-{number}"), &stack.opportunities).await?.status(), StatusCode::NO_CONTENT);
    }
    let jobs = jobs_become(&stack.jobs, 3).await?;
    let org = Some(own.0.id.parse()?);
    assert!(jobs.iter().all(|job| job.org_id == org), "{jobs:?}");
    assert!(addon.asked() < 3, "events that come within seconds share an answer");
    addon.moves_to(&other.0, &other.1);
    tokio::time::sleep(Duration::from_millis(10_100)).await;
    send(&web, "t-3", &stack.opportunities).await?;
    let jobs = jobs_become(&stack.jobs, 4).await?;
    assert_eq!(jobs[3].org_id, Some(other.0.id.parse()?));
    Ok(())
}
