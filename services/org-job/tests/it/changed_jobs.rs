//! Somebody who can write to Redis changes what jobs do, or which records they do it to.

use crate::support::{ALL, ORG, Stack, digits};
use anyhow::{Context, Result, bail};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::time::Duration;
use test_support::{Fault, FaultAction, eventually};

/// Its administrator may steer the jobs of all users of the org.
const SALES: &str = "sales.user@my-org.local";

/// The ways to have a job do something else, or to hide that it was made to.
const CHANGES: [&str; 5] = ["user", "kind", "params", "proof gone", "proof of another job"];

fn key(name: &str, id: &str) -> String {
    format!("{{org-job}}:{name}:{}", digits(id))
}

/// Changes a job in Redis.
async fn change(stack: &Stack, how: &str, id: &str, other: &str) -> Result<()> {
    let (job, params) = (key("job", id), key("params", id));
    let sales = stack.org.open_session(ORG, SALES, &[]).await?.id;
    let command: Vec<String> = match how {
        "user" => vec!["HSET".into(), job, "user".into(), sales],
        "kind" => vec!["HSET".into(), job, "kind".into(), "createSampleData".into()],
        "params" => {
            let before = stack.redis.text(&params).await?;
            let changed = before.replace(ALL, "Name != null");
            assert_ne!(before, changed);
            vec!["SET".into(), params, changed]
        }
        "proof gone" => vec!["HDEL".into(), job, "proof".into()],
        "proof of another job" => {
            let script = "return redis.call('HSET', KEYS[1], 'proof', redis.call('HGET', KEYS[2], 'proof') or '')";
            vec!["EVAL".into(), script.into(), "2".into(), job, key("job", other)]
        }
        _ => bail!("no such change"),
    };
    stack.redis.command(&command.iter().map(String::as_str).collect::<Vec<_>>()).await?;
    Ok(())
}

/// What Redis keeps as the session of a job.
async fn session(stack: &Stack, id: &str) -> Result<redis::Value> {
    stack.redis.command(&["GET", &key("session", id)]).await
}

/// The request is refused with a reason that tells what to do; nothing is sealed, and the job stays as it is.
async fn is_refused(stack: &Stack, id: &str, action: &str, how: &str) -> Result<()> {
    let (before, state) = (session(stack, id).await?, stack.redis.command(&["HGET", &key("job", id), "state"]).await?);
    let answer = stack.call(Method::POST, &format!("/api/jobs/{id}/{action}")).await?.send().await?;
    assert_eq!(answer.status(), StatusCode::CONFLICT, "{how}: {}", answer.text().await?);
    let answer: Value = answer.json().await?;
    assert_eq!(answer["error"]["code"], "job_not_proven", "{how}: {answer}");
    let message = answer["error"]["message"].as_str().context("no message")?;
    assert!(message.contains("Start it anew"), "{how}: {message}");
    assert_eq!(session(stack, id).await?, before, "{how}: a session was sealed");
    assert_eq!(stack.redis.command(&["HGET", &key("job", id), "state"]).await?, state, "{how}");
    Ok(())
}

#[tokio::test]
async fn a_job_that_was_changed_while_it_was_held_is_not_resumed() -> Result<()> {
    let mut stack = Stack::start(5, 1, 0).await?;
    let intact = stack.post(ALL).await?;
    let mut changed = Vec::new();
    for how in CHANGES {
        changed.push((stack.post(ALL).await?, how));
    }
    stack.org.expire_sessions(ORG).await?;
    stack.add_worker("worker.1").await?;
    for id in changed.iter().map(|(id, _)| id).chain([&intact]) {
        stack.reaches(id, "needsAuthorization").await?;
    }
    for (id, how) in &changed {
        change(&stack, how, id, &intact).await?;
        is_refused(&stack, id, "resume", how).await?;
    }
    stack.act(&intact, "resume").await?;
    stack.assert_quoted(&intact, 5, 5).await
}

#[tokio::test]
async fn a_failed_job_that_was_changed_is_not_retried() -> Result<()> {
    let stack = Stack::start(5, 1, 1).await?;
    let refused = FaultAction::status(400, "INVALID_FIELD", "No such column");
    stack.fault(Fault::new(refused).path("/query").always()).await?;
    let intact = stack.post(ALL).await?;
    let mut changed = Vec::new();
    for how in CHANGES {
        changed.push((stack.post(ALL).await?, how));
    }
    for id in changed.iter().map(|(id, _)| id).chain([&intact]) {
        stack.reaches(id, "failed").await?;
    }
    stack.org.clear_faults().await?;
    for (id, how) in &changed {
        change(&stack, how, id, &intact).await?;
        is_refused(&stack, id, "retry", how).await?;
    }
    stack.act(&intact, "retry").await?;
    stack.reaches(&intact, "completed").await?;
    assert_eq!(stack.org.counts(ORG).await?["Quote"], 5);
    Ok(())
}

#[tokio::test]
async fn a_chunk_whose_ids_were_changed_quotes_nothing() -> Result<()> {
    let stack = Stack::start(76, 1, 1).await?;
    let found = stack.org.query(ORG, &format!("SELECT Id FROM Opportunity WHERE {ALL} LIMIT 1")).await?;
    let outside = found.records[0]["Id"].as_str().context("no Id")?.to_owned();
    let slow = Fault::new(FaultAction::DelayBefore { ms: 3_000 }).path("/composite/graph");
    let slow = stack.fault(slow.always()).await?;
    let id = stack.post(&format!("{ALL} AND Id != '{outside}'")).await?;
    stack.hit(slow).await?;
    // Two of three chunks run; the last one waits.
    let planned = async || match stack.redis.command(&["HGET", &key("chunk", &id), "2"]).await? {
        redis::Value::BulkString(chunk) => Ok(String::from_utf8(chunk)?),
        other => bail!("{other:?}"),
    };
    let chunk = eventually(Duration::from_secs(30), "the last chunk is planned", planned).await?;
    let (records, payload) = chunk.split_once(' ').context("no payload")?;
    let changed = format!("{records} {}{}", &outside[..15], &payload[15..]);
    stack.redis.command(&["HSET", &key("chunk", &id), "2", &changed]).await?;
    stack.org.clear_faults().await?;
    let job = stack.reaches(&id, "completed").await?;
    assert_eq!((&job["deadChunks"], &job["succeeded"], &job["failed"]), (&json!(1), &json!(50), &json!(25)), "{job}");
    let request = stack.call(Method::GET, &format!("/api/jobs/{id}/deadletters")).await?;
    let letters: Value = request.send().await?.error_for_status()?.json().await?;
    let reason = letters["deadLetters"][0]["reason"].as_str().context("no reason")?;
    assert!(reason.starts_with("unproven chunk"), "{letters}");
    let quoted = format!("SELECT COUNT() FROM Quote WHERE OpportunityId = '{outside}'");
    assert_eq!(stack.org.count(ORG, &quoted).await?, 0, "an Opportunity outside the condition was quoted");
    assert_eq!(stack.org.counts(ORG).await?["Quote"], 50);
    // A retry does not make it right.
    stack.act(&id, "retry").await?;
    let job = stack.reaches(&id, "completed").await?;
    assert_eq!((&job["run"], &job["deadChunks"]), (&json!(2), &json!(1)), "{job}");
    assert_eq!(stack.org.counts(ORG).await?["Quote"], 50);
    Ok(())
}
