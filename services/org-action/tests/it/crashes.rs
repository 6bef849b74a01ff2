//! Workers die; there is one Quote, and the caller learns of it once.

use crate::support::{GRAPH, ORG, Stack};
use anyhow::{Result, bail};
use reqwest::Method;
use serde_json::json;
use std::time::Duration;
use test_support::{Fault, FaultAction, RedisDump, Reply, eventually};

/// Long enough that a process is killed while it waits.
const HELD: FaultAction = FaultAction::DelayAfter { ms: 60_000 };

#[tokio::test]
async fn worker_killed_between_the_write_and_its_answer() -> Result<()> {
    let mut stack = Stack::start(1).await?;
    let opportunity = stack.opportunity(2).await?;
    let held = stack.fault(Fault::new(HELD).path(GRAPH).times(1)).await?;
    let job = stack.quote_async(&opportunity).await?;
    stack.hit(held).await?;
    stack.workers[0].kill().await?;
    stack.add_worker("successor").await?;
    assert!(stack.only_callback(&job).await?["quoteId"].is_string());
    assert_eq!(stack.counts().await?, (1, 2));
    Ok(())
}

#[tokio::test]
async fn worker_killed_between_the_write_and_the_callback() -> Result<()> {
    let mut stack = Stack::start(1).await?;
    let opportunity = stack.opportunity(2).await?;
    let fault = stack.fault(Fault::new(FaultAction::DelayAfter { ms: 500 }).path(GRAPH).times(1)).await?;
    let job = stack.quote_async(&opportunity).await?;
    stack.hit(fault).await?;
    // Redis answers nobody for a while: the worker knows of the Quote and cannot go on.
    stack.redis.pause_clients(Duration::from_secs(4)).await?;
    eventually(Duration::from_secs(10), "the graph request has been answered", async || {
        if stack.org.counters(ORG).await?.concurrent.now == 0 { Ok(()) } else { bail!("under way") }
    })
    .await?;
    assert_eq!(stack.counts().await?, (1, 2));
    stack.workers[0].kill().await?;
    stack.add_worker("successor").await?;
    assert!(stack.only_callback(&job).await?["quoteId"].is_string());
    assert_eq!(stack.counts().await?, (1, 2));
    Ok(())
}

#[tokio::test]
async fn worker_killed_while_it_calls_back() -> Result<()> {
    let mut stack = Stack::start(1).await?;
    stack.receiver.reply([Reply::Hang]);
    let opportunity = stack.opportunity(2).await?;
    let job = stack.quote_async(&opportunity).await?;
    stack.callbacks(1).await?;
    stack.workers[0].kill().await?;
    stack.add_worker("successor").await?;
    let received = stack.callbacks(2).await?;
    assert_eq!(stack.ended(&job).await?["state"], "completed");
    // Nobody knows what the receiver made of the first one, so it is told that the second is the same.
    let key = Some(format!("{job}-1"));
    assert!(received.iter().all(|callback| callback.header("idempotency-key").map(str::to_owned) == key));
    assert_eq!(received[0].body, received[1].body);
    assert_eq!((stack.receiver.received().len(), stack.counts().await?), (2, (1, 2)));
    Ok(())
}

#[tokio::test]
async fn worker_killed_in_the_middle_of_a_big_quote() -> Result<()> {
    let mut stack = Stack::start(1).await?;
    let opportunity = stack.big_opportunity(1_200).await?;
    let held = stack.fault(Fault::new(HELD).path(GRAPH).skip(1).times(1)).await?;
    let job = stack.quote_async(&opportunity).await?;
    stack.hit(held).await?;
    stack.workers[0].kill().await?;
    stack.add_worker("successor").await?;
    assert!(stack.only_callback(&job).await?["quoteId"].is_string());
    assert_eq!(stack.counts().await?, (1, 1_200));
    Ok(())
}

#[tokio::test]
async fn a_worker_told_to_stop_gives_its_quote_back() -> Result<()> {
    let mut stack = Stack::start(1).await?;
    stack.receiver.reply([Reply::Hang]);
    let opportunity = stack.opportunity(2).await?;
    let job = stack.quote_async(&opportunity).await?;
    stack.callbacks(1).await?;
    assert!(stack.workers[0].terminate(Duration::from_secs(28)).await?.success());
    stack.add_worker("successor").await?;
    stack.callbacks(2).await?;
    let ended = stack.ended(&job).await?;
    assert_eq!((&ended["state"], stack.counts().await?), (&serde_json::json!("completed"), (1, 2)), "{ended}");
    Ok(())
}

/// Incomplete Quotes in the org.
async fn incomplete(stack: &Stack) -> Result<u64> {
    stack.org.count(ORG, "SELECT COUNT() FROM Quote WHERE QuoteJobKey__c LIKE '%:staging'").await
}

/// Calls for a Quote of 1,200 lines, and kills the web process when its first graphs are written.
async fn web_killed_in_the_middle(stack: &mut Stack) -> Result<()> {
    let opportunity = stack.big_opportunity(1_200).await?;
    let held = stack.fault(Fault::new(HELD).path(GRAPH).skip(1).times(1)).await?;
    let request = stack.call(Method::POST, "/api/generatequote").await?;
    let call = tokio::spawn(request.json(&json!({ "opportunityId": opportunity })).send());
    stack.hit(held).await?;
    stack.web.kill().await?;
    assert!(call.await?.is_err(), "the call was answered");
    assert_eq!(incomplete(stack).await?, 1);
    Ok(())
}

async fn all_gone(stack: &Stack) -> Result<()> {
    eventually(Duration::from_secs(90), "the incomplete Quote is gone", async || {
        let counts = stack.counts().await?;
        if counts == (0, 0) { Ok(()) } else { bail!("{counts:?}") }
    })
    .await
}

/// Nobody repeats the call.
#[tokio::test]
async fn web_killed_in_the_middle_of_a_big_quote() -> Result<()> {
    let mut stack = Stack::start_with_deadline(10).await?;
    stack.add_worker("worker.1").await?;
    web_killed_in_the_middle(&mut stack).await?;
    all_gone(&stack).await
}

/// The caller's session has ended by then, so the user of the authorization removes the Quote.
#[tokio::test]
async fn web_killed_in_the_middle_of_a_big_quote_whose_session_ends() -> Result<()> {
    let mut stack = Stack::start_with_deadline(10).await?;
    web_killed_in_the_middle(&mut stack).await?;
    stack.org.expire_sessions(ORG).await?;
    let addon = stack.org.applink_env()?;
    let mut variables: Vec<(&str, &str)> = addon.iter().map(|(name, value)| (*name, value.as_str())).collect();
    variables.push(("CALLBACK_AUTHORIZATION", ORG));
    stack.add_worker_with("worker.1", &variables).await?;
    all_gone(&stack).await
}

/// A call that comes to a good end leaves no job that would run, and no session in Redis.
#[tokio::test]
async fn a_big_quote_that_is_complete_leaves_no_session_behind() -> Result<()> {
    let mut stack = Stack::start_with_deadline(28).await?;
    let (_, user) = stack.org.org(ORG).await?;
    let opportunity = stack.big_opportunity(600).await?;
    let held = stack.fault(Fault::new(FaultAction::DelayBefore { ms: 1_000 }).path(GRAPH).skip(1).times(1)).await?;
    let (quote, during) = tokio::try_join!(stack.quote(&opportunity), async {
        stack.hit(held).await?;
        stack.redis.dump().await
    })?;
    let sessions = |dump: &RedisDump| dump.keys.keys().filter(|key| key.starts_with(b"{org-action}:session:")).count();
    assert_eq!((sessions(&during), during.keys_with(&user.access_token)), (1, Vec::new()), "it is sealed");
    stack.add_worker("worker.1").await?;
    eventually(Duration::from_secs(60), "the job has ended", async || {
        let dump = stack.redis.dump().await?;
        if sessions(&dump) == 0 { Ok(()) } else { bail!("its session is still kept") }
    })
    .await?;
    assert_eq!((stack.total(&quote).await?.is_some(), stack.counts().await?), (true, (1, 600)));
    Ok(())
}

/// Redis is not needed for the Quote of a synchronous call, however big it is.
#[tokio::test]
async fn a_big_quote_is_made_without_redis() -> Result<()> {
    let mut stack = Stack::start_with_deadline(28).await?;
    let opportunity = stack.big_opportunity(600).await?;
    stack.redis.kill().await?;
    stack.quote(&opportunity).await?;
    assert_eq!(stack.counts().await?, (1, 600));
    assert!(stack.logs().contains("nothing removes the incomplete Quote if this process is killed"));
    Ok(())
}
