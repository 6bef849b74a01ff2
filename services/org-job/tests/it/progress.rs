//! `JobProgress__e`: how far a job is, told in Salesforce.

use crate::support::{ALL, ORG, Stack};
use anyhow::{Context, Result, ensure};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use test_support::{Costs, Fault, FaultAction, Receiver, Reply, client_context};

const PUBLISH: &str = "/sobjects/JobProgress__e";

/// A stack whose calls take so long that its jobs do, too.
async fn slow(opportunities: u32, workers: usize) -> Result<Stack> {
    let stack = Stack::start(opportunities, 2, workers).await?;
    stack.org.set_costs(&Costs { call_ms: 250, ..Costs::default() }).await?;
    Ok(stack)
}

/// The job's events, in their order.
async fn told(stack: &Stack, id: &str) -> Result<Vec<Value>> {
    let events = stack.org.events(ORG, "/event/JobProgress__e", None).await?.events;
    Ok(events.into_iter().map(|event| event.payload).filter(|event| event["JobId__c"] == id).collect())
}

fn number(event: &Value, field: &str) -> Result<u64> {
    event[field].to_string().trim_end_matches(".0").parse().with_context(|| format!("no {field} in {event}"))
}

#[tokio::test]
async fn progress_is_told_at_most_once_a_second_over_all_workers_and_at_the_end() -> Result<()> {
    let stack = slow(700, 2).await?;
    let started = Instant::now();
    let id = stack.post(ALL).await?;
    stack.assert_quoted(&id, 700, 1_400).await?;
    let seconds = started.elapsed().as_secs();
    let events = told(&stack, &id).await?;
    let count = u64::try_from(events.len())?;
    ensure!((3..=seconds + 2).contains(&count), "{count} events in {seconds} s: {events:?}");
    for event in &events {
        let field = |name| number(event, name);
        assert_eq!(field("Processed__c")?, field("Succeeded__c")? + field("Skipped__c")? + field("Failed__c")?);
        assert_eq!(field("Progress__c")?, field("Percent__c")?, "the name of Heroku's sample");
    }
    for pair in events.windows(2) {
        for field in ["Percent__c", "Processed__c", "Planned__c"] {
            assert!(number(&pair[0], field)? <= number(&pair[1], field)?, "{pair:?}");
        }
    }
    let (last, earlier) = events.split_last().context("no event")?;
    for event in earlier {
        assert!(event["State__c"] != "completed" && number(event, "Percent__c")? < 100, "{event}");
    }
    assert_eq!((last["State__c"].as_str(), number(last, "Percent__c")?), (Some("completed"), 100));
    assert_eq!((number(last, "Planned__c")?, number(last, "Succeeded__c")?), (700, 700));
    Ok(())
}

/// An event that takes long does not come after the last one.
#[tokio::test]
async fn the_end_is_told_last() -> Result<()> {
    let stack = Stack::start(300, 2, 2).await?;
    stack.org.set_costs(&Costs { call_ms: 100, ..Costs::default() }).await?;
    let late = FaultAction::DelayBefore { ms: 1_500 };
    let late = stack.fault(Fault::new(late).path(PUBLISH).times(1)).await?;
    let id = stack.post(ALL).await?;
    stack.assert_quoted(&id, 300, 600).await?;
    ensure!(stack.org.fault_hits(late).await? == 1, "no event was late");
    let events = told(&stack, &id).await?;
    let last = events.last().context("no event")?;
    assert_eq!((last["State__c"].as_str(), number(last, "Percent__c")?), (Some("completed"), 100), "{events:?}");
    ensure!(events.len() >= 2, "only the end was told: {events:?}");
    Ok(())
}

#[tokio::test]
async fn a_failed_and_a_cancelled_job_tell_their_end() -> Result<()> {
    let stack = slow(400, 1).await?;
    let failed = stack.post_unknown().await?;
    stack.reaches(&failed, "failed").await?;
    let cancelled = stack.post(ALL).await?;
    stack.reaches(&cancelled, "running").await?;
    stack.act(&cancelled, "cancel").await?;
    stack.reaches(&cancelled, "cancelled").await?;
    for (id, state) in [(failed, "failed"), (cancelled, "cancelled")] {
        let events = told(&stack, &id).await?;
        let last = events.last().context("no event")?;
        assert_eq!((last["State__c"].as_str(), number(last, "Percent__c")?), (Some(state), 100));
    }
    Ok(())
}

#[tokio::test]
async fn a_user_who_may_not_publish_is_told_about_once_and_the_job_goes_on() -> Result<()> {
    let stack = slow(200, 1).await?;
    let refused = FaultAction::status(403, "INSUFFICIENT_ACCESS", "insufficient access rights");
    let refused = stack.fault(Fault::new(refused).path(PUBLISH).always()).await?;
    for round in 1..=2 {
        let id = stack.post(ALL).await?;
        let job = stack.reaches(&id, "completed").await?;
        assert_eq!((&job["succeeded"], &job["failed"]), (&json!(200), &json!(0)));
        // One while it runs, one at its end.
        assert_eq!(stack.org.fault_hits(refused).await?, 2 * round);
    }
    let logs = stack.logs();
    assert_eq!(logs.matches("Salesforce does not take the progress of jobs").count(), 1);
    Ok(())
}

#[tokio::test]
async fn events_that_hang_hold_up_neither_chunks_nor_the_end() -> Result<()> {
    let stack = Stack::start(200, 2, 1).await?;
    let hangs = stack.fault(Fault::new(FaultAction::DelayBefore { ms: 60_000 }).path(PUBLISH).always()).await?;
    let started = Instant::now();
    let id = stack.post(ALL).await?;
    stack.assert_quoted(&id, 200, 400).await?;
    assert!(stack.org.fault_hits(hangs).await? > 0);
    assert!(started.elapsed() < Duration::from_secs(40), "{:?}", started.elapsed());
    Ok(())
}

#[tokio::test]
async fn an_everyday_user_may_publish_with_the_permission_set_of_the_call() -> Result<()> {
    let stack = Stack::start(30, 2, 1).await?;
    let (org, _) = stack.org.org(ORG).await?;
    let mut published = Vec::new();
    for sets in [&[][..], &["GenerateQuoteJobPermissions"]] {
        let user = stack.org.open_session(ORG, "sales.user@my-org.local", sets).await?;
        let request = stack.anonymous(Method::POST, "/api/executebatch")?;
        let request = request.header("x-client-context", client_context(&org, &user));
        let answer: Value = request.json(&json!({ "soqlWhereClause": ALL })).send().await?.json().await?;
        let id = answer["jobId"].as_str().context("no jobId")?;
        test_support::eventually(Duration::from_secs(60), "the job ends", async || {
            let job = stack.job(id).await?;
            let ended = ["completed", "failed"].iter().any(|state| job["state"] == *state);
            if ended { Ok(()) } else { anyhow::bail!("{job}") }
        })
        .await?;
        published.push(told(&stack, id).await?.len());
    }
    assert_eq!(published[0], 0);
    assert!(published[1] > 0, "{published:?}");
    Ok(())
}

#[tokio::test]
async fn it_can_be_switched_off() -> Result<()> {
    let mut stack = Stack::start(30, 2, 0).await?;
    stack.progress_events = false;
    stack.add_worker("worker.1").await?;
    let id = stack.post(ALL).await?;
    stack.assert_quoted(&id, 30, 60).await?;
    assert_eq!(told(&stack, &id).await?, Vec::<Value>::new());
    Ok(())
}

/// All but a worker, and a receiver of callbacks in front of the org, which always answers this.
async fn with_receiver(reply: Reply) -> Result<(Stack, Receiver)> {
    let mut stack = Stack::start_allowing("127.0.0.1:*", 30, 2, 0).await?;
    let receiver = Receiver::in_front_of(&stack.org).await?;
    receiver.reply([reply; 100]);
    stack.front = Some(receiver.url(""));
    Ok((stack, receiver))
}

/// Starts a job with a callback.
async fn post_with_callback(stack: &Stack, receiver: &Receiver) -> Result<String> {
    let request = stack.call(Method::POST, "/api/executebatch").await?;
    let body = json!({ "soqlWhereClause": ALL, "callbackUrl": receiver.url("/callback/1") });
    let answer: Value = request.json(&body).send().await?.error_for_status()?.json().await?;
    Ok(answer["jobId"].as_str().context("no jobId")?.to_owned())
}

/// The job's events end with one of 100 %, and there is no other like it.
async fn assert_end_told_once(stack: &Stack, id: &str) -> Result<()> {
    let events = told(stack, id).await?;
    let ends = events.iter().filter(|event| number(event, "Percent__c").is_ok_and(|percent| percent == 100)).count();
    assert_eq!(ends, 1, "{events:?}");
    let last = events.last().context("no event")?;
    assert_eq!((last["State__c"].as_str(), number(last, "Percent__c")?), (Some("completed"), 100), "{events:?}");
    Ok(())
}

/// The callback is never taken, so the last step is given up. The end is told all the same.
#[tokio::test]
async fn the_end_is_told_when_the_last_step_is_given_up() -> Result<()> {
    let (mut stack, receiver) = with_receiver(Reply::Status(503)).await?;
    stack.max_attempts = 3;
    stack.add_worker("worker.1").await?;
    let id = post_with_callback(&stack, &receiver).await?;
    let job = stack.reaches(&id, "completed").await?;
    ensure!(job["reason"].as_str().is_some_and(|reason| reason.contains("503")), "{job}");
    assert_eq!(receiver.received().len(), 3);
    assert_end_told_once(&stack, &id).await
}

/// Nor does it need a step that comes to an end: the workers are lost with it, every time.
#[tokio::test]
async fn the_end_is_told_when_workers_are_lost_with_the_last_step() -> Result<()> {
    let (mut stack, receiver) = with_receiver(Reply::Hang).await?;
    stack.add_worker("worker.1").await?;
    let id = post_with_callback(&stack, &receiver).await?;
    for number in 1..=6 {
        receiver.wait_for(number, Duration::from_secs(60)).await?;
        stack.workers.remove(0).kill().await?;
        stack.add_worker(&format!("successor.{number}")).await?;
    }
    let job = stack.reaches(&id, "completed").await?;
    ensure!(job["reason"].as_str().is_some_and(|reason| reason.contains("crash loop")), "{job}");
    assert_end_told_once(&stack, &id).await
}
