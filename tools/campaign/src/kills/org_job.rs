//! Batches of Quotes: one or two jobs over all Opportunities.

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use rand::RngExt;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use test_support::eventually;
use tokio::time::sleep;

use super::plan::Plan;
use super::sample::{self, Sample};
use crate::stack::Ground;
use crate::world::{LIMIT, World};

const CLAUSE: &str = "Name LIKE 'Sample Opportunity%'";

pub(super) struct Work {
    sample: Sample,
    /// When each job is posted.
    jobs: Vec<Duration>,
}

impl Work {
    pub(super) async fn prepare(plan: &Plan, ground: &Ground) -> Result<Self> {
        let mut rng = plan.rng();
        // One Opportunity in some rounds, whose Quote takes several graphs.
        let (alike, lines) =
            if rng.random_bool(0.2) { (1, 620) } else { (rng.random_range(20..60), rng.random_range(1..4)) };
        let sample = sample::make(&ground.org, &mut rng, alike, lines, 3).await?;
        let jobs = (0..rng.random_range(1..=2)).map(|_| Duration::from_millis(rng.random_range(0..1_500))).collect();
        Ok(Self { sample, jobs })
    }

    /// Posts the jobs, each until it is accepted.
    pub(super) async fn begin(&self, world: &World) -> Result<Vec<String>> {
        let mut ids = Vec::new();
        for (number, wait) in self.jobs.iter().enumerate() {
            sleep(*wait).await;
            let key = format!("round-{}-{number}", world.seed);
            let body = json!({ "soqlWhereClause": CLAUSE });
            let answer = world
                .ask(Method::POST, "/api/executebatch", |request| request.header("Idempotency-Key", &key).json(&body))
                .await?;
            ids.push(sample::text(&answer.json(StatusCode::ACCEPTED)?, "jobId")?);
        }
        Ok(ids)
    }

    pub(super) async fn end(&self, world: &World, ids: Vec<String>) -> Result<()> {
        for id in &ids {
            self.completes(world, id).await?;
        }
        let quotes = sample::quotes(&world.org).await?;
        ensure!(
            quotes.len() == ids.len() * self.sample.len(),
            "{} Quotes of {} jobs over {} Opportunities",
            quotes.len(),
            ids.len(),
            self.sample.len()
        );
        for id in &ids {
            // The Quotes' keys begin with the digits of the id.
            let start = format!("{}:", id.replace('-', ""));
            let of_job = quotes.iter().filter(|quote| quote.key.starts_with(&start));
            sample::compare(&self.sample, of_job).with_context(|| format!("job {id}"))?;
        }
        Ok(())
    }

    /// The job ends well and once, and its counts are the org's.
    async fn completes(&self, world: &World, id: &str) -> Result<()> {
        let job = eventually(LIMIT, &format!("job {id} ends"), async || {
            let job = job(world, id).await?;
            match job["state"].as_str() {
                Some("completed" | "failed" | "cancelled") => return Ok(job),
                // A person would log in again and go on.
                Some("needsAuthorization") => {
                    drop(world.ask(Method::POST, &format!("/api/jobs/{id}/resume"), |request| request).await?);
                }
                _ => sleep(Duration::from_millis(100)).await,
            }
            bail!("{job}")
        })
        .await?;
        let opportunities = self.sample.len() as u64;
        let lines: u64 = self.sample.values().map(|expected| expected.lines).sum();
        let count = |value: &Value| value.as_u64().unwrap_or_default();
        let counted =
            [&job["processed"], &job["succeeded"], &job["counters"]["quotes"], &job["counters"]["quoteLineItems"]];
        let right = [opportunities, opportunities, opportunities, lines];
        let clean = ["failed", "skipped", "deadChunks", "droppedChunks"].iter().all(|name| count(&job[*name]) == 0);
        ensure!(
            job["state"] == "completed" && clean && counted.map(count) == right,
            "expected {right:?} of {job}{}",
            letters(world, id).await?
        );
        let request = world.ask(Method::GET, &format!("/api/jobs/{id}/events"), |request| request).await?;
        let completed = request.text.matches("event: completed").count();
        ensure!(completed == 1, "job {id} completed {completed} times: {}", request.text);
        Ok(())
    }
}

/// The job as the API shows it.
pub(super) async fn job(world: &World, id: &str) -> Result<Value> {
    world.ask(Method::GET, &format!("/api/jobs/{id}"), |request| request).await?.json(StatusCode::OK)
}

/// Why chunks and records were given up.
async fn letters(world: &World, id: &str) -> Result<String> {
    let mut text = String::new();
    for part in ["deadletters", "errors"] {
        text.push('\n');
        text.push_str(&world.ask(Method::GET, &format!("/api/jobs/{id}/{part}"), |request| request).await?.text);
    }
    Ok(text)
}
