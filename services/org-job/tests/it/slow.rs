//! Many orgs that are slow, or do not answer, and one worker: the small job of another org goes on beside them.

use crate::support::{ALL, ORG, Stack};
use anyhow::{Context, Result, bail, ensure};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use test_support::{Org, SilentFront, User, eventually};

/// `WORKER_CONCURRENCY` when nothing is set.
const DEFAULT_CONCURRENCY: u32 = 4;
/// Far below what a call to a slow org may take (130 s), and what one to a silent org takes as long as it is not known (20 s),
/// times the number of these orgs.
const BOUND: Duration = Duration::from_secs(50);

/// Gives `jobs` jobs to each of `count` orgs behind `front`. What an org is called does not matter to who is not answered.
async fn give_jobs(stack: &Stack, front: &SilentFront, count: u32, jobs: usize) -> Result<Vec<(Org, User, String)>> {
    let mut given = Vec::new();
    for number in 1..=count {
        let (mut org, mut user) = stack.org.org(ORG).await?;
        org.instance_url = front.url();
        org.id = format!("00D9{number:011}EAA");
        // A token begins with the org's id.
        let (_, secret) = user.access_token.split_once('!').context("a token")?;
        user.access_token = format!("00D9{number:011}!{secret}");
        for _ in 0..jobs {
            let request = stack.call_by(&org, &user, Method::POST, "/api/executebatch")?;
            let answer = request.json(&json!({ "soqlWhereClause": ALL })).send().await?;
            ensure!(answer.status() == StatusCode::ACCEPTED, "{}", answer.text().await?);
            let answer: Value = answer.json().await?;
            given.push((org.clone(), user.clone(), answer["jobId"].as_str().context("no jobId")?.to_owned()));
        }
    }
    Ok(given)
}

/// A worker that has been given the orgs' jobs, and, as soon as it has `busy` connections to them, a small job of another org.
async fn small_job_beside(stack: &mut Stack, front: &SilentFront, busy: usize) -> Result<Duration> {
    stack.concurrency = DEFAULT_CONCURRENCY;
    stack.add_worker("worker.1").await?;
    eventually(Duration::from_secs(60), "the worker is busy with the other orgs", async || {
        if front.taken() >= busy { Ok(()) } else { bail!("{} connections", front.taken()) }
    })
    .await?;
    let started = Instant::now();
    let small = stack.post(ALL).await?;
    stack.assert_quoted(&small, 20, 40).await?;
    Ok(started.elapsed())
}

/// None of the jobs has lost anything.
async fn assert_waiting(stack: &Stack, given: &[(Org, User, String)]) -> Result<()> {
    for (org, user, id) in given {
        let request = stack.call_by(org, user, Method::GET, &format!("/api/jobs/{id}"))?;
        let job: Value = request.send().await?.error_for_status()?.json().await?;
        let state = job["state"].as_str().unwrap_or_default();
        assert!(["queued", "running"].contains(&state) && job["deadChunks"] == 0, "{job}");
    }
    Ok(())
}

#[tokio::test]
async fn five_slow_orgs_hold_up_no_sixth() -> Result<()> {
    let mut stack = Stack::start(20, 2, 0).await?;
    let front = SilentFront::slow(&stack.org.host()?).await?;
    stack.allow(&[front.host()]).await?;
    let given = give_jobs(&stack, &front, 5, 20).await?;
    let took = small_job_beside(&mut stack, &front, 4).await?;
    assert!(took < BOUND, "the healthy org's job took {took:?}");
    assert_waiting(&stack, &given).await
}

#[tokio::test]
async fn twenty_silent_orgs_hold_up_no_other() -> Result<()> {
    let mut stack = Stack::start(20, 2, 0).await?;
    let front = SilentFront::of(&stack.org.host()?).await?;
    stack.allow(&[front.host()]).await?;
    let given = give_jobs(&stack, &front, 20, 2).await?;
    let took = small_job_beside(&mut stack, &front, 4).await?;
    assert!(took < BOUND, "the healthy org's job took {took:?}");
    assert_waiting(&stack, &given).await
}
