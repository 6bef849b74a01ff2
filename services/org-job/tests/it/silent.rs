//! Orgs that take connections and never answer: others go on beside them, and they themselves when they answer again.

use crate::support::{ALL, ORG, Stack};
use anyhow::{Context, Result, bail, ensure};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use test_support::{Org, SilentFront, User, eventually};

/// An org behind a front, and jobs that it was given.
struct Silent {
    org: Org,
    user: User,
    front: SilentFront,
    jobs: Vec<String>,
}

impl Silent {
    async fn given(stack: &Stack, name: &str, front: SilentFront, jobs: usize) -> Result<Self> {
        let (mut org, user) = stack.org.org(name).await?;
        org.instance_url = front.url();
        let mut silent = Self { org, user, front, jobs: Vec::new() };
        for _ in 0..jobs {
            let request = stack.call_by(&silent.org, &silent.user, Method::POST, "/api/executebatch")?;
            let answer = request.json(&json!({ "soqlWhereClause": ALL })).send().await?;
            ensure!(answer.status() == StatusCode::ACCEPTED, "{}", answer.text().await?);
            let answer: Value = answer.json().await?;
            silent.jobs.push(answer["jobId"].as_str().context("no jobId")?.to_owned());
        }
        Ok(silent)
    }

    async fn job(&self, stack: &Stack, id: &str) -> Result<Value> {
        let request = stack.call_by(&self.org, &self.user, Method::GET, &format!("/api/jobs/{id}"))?;
        Ok(request.send().await?.error_for_status()?.json().await?)
    }
}

#[tokio::test]
async fn two_silent_orgs_hold_up_no_third_and_go_on_when_they_answer() -> Result<()> {
    // local-org's own address is known only once it runs.
    let mut stack = Stack::start(20, 2, 0).await?;
    stack.org.seed("my-org-sales-a", 10, 2).await?;
    let fronts = [SilentFront::of(&stack.org.host()?).await?, SilentFront::of(&stack.org.host()?).await?];
    stack.allow(&fronts.each_ref().map(SilentFront::host)).await?;
    let [one, two] = fronts;
    let silent =
        [Silent::given(&stack, "my-org-sales-a", one, 4).await?, Silent::given(&stack, "empty-org", two, 4).await?];
    stack.add_worker("worker.1").await?;
    eventually(Duration::from_secs(60), "the worker waits for the silent orgs", async || {
        let taken: usize = silent.iter().map(|org| org.front.taken()).sum();
        if taken >= 2 { Ok(()) } else { bail!("{taken} connections") }
    })
    .await?;

    let started = Instant::now();
    let healthy = stack.post(ALL).await?;
    stack.assert_quoted(&healthy, 20, 40).await?;
    let took = started.elapsed();
    assert!(took < Duration::from_secs(60), "the healthy org's job took {took:?}");

    for org in &silent {
        eventually(Duration::from_secs(90), "the org rests", async || {
            let job = org.job(&stack, &org.jobs[0]).await?;
            let reason = job["reason"].as_str().unwrap_or_default();
            if reason.contains("the org does not answer") { Ok(()) } else { bail!("{job}") }
        })
        .await?;
        for id in &org.jobs {
            let job = org.job(&stack, id).await?;
            let state = job["state"].as_str().unwrap_or_default();
            assert!(["queued", "running"].contains(&state), "{job}");
        }
        org.front.answer(true);
    }
    for org in &silent {
        for id in &org.jobs {
            eventually(Duration::from_secs(120), "the jobs of an org that answers end", async || {
                let job = org.job(&stack, id).await?;
                if job["state"] == "completed" { Ok(()) } else { bail!("{job}") }
            })
            .await?;
            let job = org.job(&stack, id).await?;
            assert_eq!((&job["failed"], &job["deadChunks"]), (&json!(0), &json!(0)), "{job}");
        }
    }
    // Each job has made each of its Quotes once.
    let counts = stack.org.counts("my-org-sales-a").await?;
    assert_eq!((counts["Quote"], counts["QuoteLineItem"]), (40, 80));
    Ok(())
}

#[tokio::test]
async fn an_org_that_falls_silent_in_the_middle_gets_every_quote_once() -> Result<()> {
    let mut stack = Stack::start(60, 2, 0).await?;
    let front = SilentFront::of(&stack.org.host()?).await?;
    stack.allow(&[front.host()]).await?;
    front.answer(true);
    let held = stack
        .fault(
            test_support::Fault::new(test_support::FaultAction::DelayAfter { ms: 1_000 })
                .path("/composite/graph")
                .times(1),
        )
        .await?;
    let (mut org, user) = stack.org.org(ORG).await?;
    org.instance_url = front.url();
    stack.add_worker("worker.1").await?;
    let request = stack.call_by(&org, &user, Method::POST, "/api/executebatch")?;
    let answer: Value =
        request.json(&json!({ "soqlWhereClause": ALL })).send().await?.error_for_status()?.json().await?;
    let id = answer["jobId"].as_str().context("no jobId")?.to_owned();
    stack.hit(held).await?;
    front.answer(false);
    eventually(Duration::from_secs(90), "the org rests", async || {
        let log = stack.logs();
        if log.contains("the org does not answer") { Ok(()) } else { bail!("not yet") }
    })
    .await?;
    front.answer(true);
    stack.assert_quoted(&id, 60, 120).await
}
