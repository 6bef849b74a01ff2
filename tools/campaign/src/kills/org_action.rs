//! One Quote a call, waited for or called back.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use futures_util::future::join_all;
use rand::RngExt;
use reqwest::{Method, StatusCode};
use serde_json::json;
use test_support::{Receiver, Reply, eventually};

use tokio::time::sleep;

use super::org_job::job;
use super::plan::Plan;
use super::sample::{self, Sample};
use crate::stack::Ground;
use crate::world::{LIMIT, World};

pub(super) struct Work {
    sample: Sample,
    /// When each Opportunity's Quote is asked for, and whether the caller waits.
    calls: Vec<(String, Duration, bool)>,
}

/// Quotes and jobs by Opportunity.
pub(super) struct Begun {
    quotes: Vec<(String, String)>,
    jobs: Vec<(String, String)>,
}

impl Work {
    pub(super) async fn prepare(plan: &Plan, ground: &Ground) -> Result<Self> {
        let mut rng = plan.rng();
        let (alike, lines) =
            if rng.random_bool(0.2) { (2, 620) } else { (rng.random_range(4..10), rng.random_range(1..4)) };
        let sample = sample::make(&ground.org, &mut rng, alike, lines, 3).await?;
        let calls = sample
            .keys()
            .map(|id| (id.clone(), Duration::from_millis(rng.random_range(0..2_500)), rng.random_bool(0.5)));
        let calls = calls.collect();
        let replies = (0..rng.random_range(0..5)).map(|_| match rng.random_range(0..4) {
            0 => Reply::Hang,
            1 => Reply::Status(503),
            2 => Reply::Status(500),
            _ => Reply::Status(200),
        });
        ground.receiver.reply(replies);
        Ok(Self { sample, calls })
    }

    /// Makes all calls, each until it is answered.
    pub(super) async fn begin(&self, world: &World) -> Result<Begun> {
        let mut begun = Begun { quotes: Vec::new(), jobs: Vec::new() };
        let calls = self.calls.iter().map(|(opportunity, wait, waits)| async move {
            sleep(*wait).await;
            let key = format!("round-{}-{opportunity}", world.seed);
            let url = format!("{}{opportunity}", world.callback_url);
            let body = json!({ "opportunityId": opportunity, "callbackUrl": url });
            let (path, status, name) = match waits {
                true => ("/api/generatequote", StatusCode::OK, "quoteId"),
                false => ("/api/generatequoteasync", StatusCode::ACCEPTED, "jobId"),
            };
            let answer = world
                .ask(Method::POST, path, |request| request.header("Idempotency-Key", &key).json(&body))
                .await
                .with_context(|| format!("{path} for {opportunity}"))?;
            let id = sample::text(&answer.json(status).with_context(|| format!("{path} for {opportunity}"))?, name)?;
            anyhow::Ok((*waits, opportunity.clone(), id))
        });
        for call in join_all(calls).await {
            let (waits, opportunity, id) = call?;
            if waits { begun.quotes.push((opportunity, id)) } else { begun.jobs.push((opportunity, id)) }
        }
        Ok(begun)
    }

    pub(super) async fn end(&self, world: &World, receiver: &Receiver, begun: Begun) -> Result<()> {
        for (_, id) in &begun.jobs {
            let job = eventually(LIMIT, &format!("job {id} ends"), async || {
                let job = job(world, id).await?;
                let ended = ["completed", "failed", "cancelled"].iter().any(|state| job["state"] == *state);
                if ended { Ok(job) } else { bail!("{job}") }
            })
            .await?;
            ensure!(job["state"] == "completed" && job["succeeded"] == 1, "{job}");
        }
        // Quotes in stages that a deadline cut off are removed in the background.
        let quotes = eventually(Duration::from_secs(30), "the org has the right Quotes", async || {
            let quotes = sample::quotes(&world.org).await?;
            sample::compare(&self.sample, &quotes)?;
            Ok(quotes)
        })
        .await?;
        let is_there =
            |opportunity: &str, id: &str| quotes.iter().any(|quote| quote.id == id && quote.opportunity == opportunity);
        for (opportunity, id) in &begun.quotes {
            ensure!(
                is_there(opportunity, id),
                "the caller was told of Quote {id} of {opportunity}, which is not there"
            );
        }
        let received = receiver.received();
        for (opportunity, job) in &begun.jobs {
            let mut told = BTreeSet::new();
            for callback in received.iter().filter(|callback| callback.target.ends_with(opportunity)) {
                let body = callback.json()?;
                ensure!(body["jobId"] == *job, "a callback of another job: {body}");
                let id = sample::text(&body, "quoteId")?;
                ensure!(is_there(opportunity, &id), "Quote {id} of {opportunity} was called back and is not there");
                told.insert((id, callback.header("idempotency-key").map(str::to_owned)));
            }
            // The same one may come again, with the same key.
            ensure!(told.len() == 1, "job {job} was called back with {told:?}");
        }
        Ok(())
    }
}
