//! One cycle: every pattern does some of its work, all at the same time; then the org is as it was before.

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use test_support::{Browser, eventually};
use tokio::time::sleep;

use crate::stack::{Ground, ORG, Team, USER};
use crate::world::{LIMIT, World};

/// Jobs over at least this many Opportunities are written through the Bulk API.
pub(super) const BULK_THRESHOLD: u32 = 150;
const OPPORTUNITIES: u32 = 200;
const LINES: u32 = 2;
/// Accounts that are loaded and deleted.
const ACCOUNTS: u64 = 300;
/// Quotes that a caller waits for, and those that are called back.
const WAITED: usize = 10;
const CALLED_BACK: usize = 5;
/// Edits in a cycle, and Opportunities of each.
const EDITS: usize = 3;
const EDITED: usize = 40;
/// Pages of every web process.
const PAGES: [&str; 5] = ["/health", "/ready", "/metrics", "/docs", "/api-docs.yaml"];
const SEEDED_ACCOUNTS: &str = "SELECT COUNT() FROM Account";

pub(super) struct Load<'a> {
    ground: &'a Ground,
    org_job: World,
    org_action: World,
    api_access: World,
    eventing: World,
    browser: Browser,
    accounts: u64,
}

impl<'a> Load<'a> {
    /// Waits until all patterns are ready.
    pub(super) async fn new(ground: &'a Ground, teams: &[Team]) -> Result<Self> {
        let [org_job, org_action, api_access, eventing] = teams else { bail!("four patterns are needed") };
        let world = |team| World::new(ground, team, 0);
        let user = ground.org.org(ORG).await?.1.username;
        // What was deleted for good takes no memory.
        ground.org.set_settings(ORG, &json!({ "hardDelete": [user] })).await?;
        let api_access = world(api_access)?;
        let browser = Browser::new(api_access.web()?)?;
        let page = browser.log_in(USER, &ground.keys.app_password).await?;
        ensure!(page.status == StatusCode::SEE_OTHER, "the login answered {}", page.status);
        let accounts = ground.org.count(ORG, SEEDED_ACCOUNTS).await?;
        let (org_job, org_action, eventing) = (world(org_job)?, world(org_action)?, world(eventing)?);
        let load = Self { ground, org_job, org_action, api_access, eventing, browser, accounts };
        eventually(LIMIT, "the subscription has a position", async || {
            let info = load.info().await?;
            ensure!(info["position"].is_string(), "{info}");
            Ok(())
        })
        .await?;
        Ok(load)
    }

    /// Jobs that stay in Redis for some days: sample data, two batches and the deletion, single Quotes, a load and its deletion, edits.
    pub(super) fn jobs_in_a_cycle(&self) -> usize {
        4 + CALLED_BACK + 2 + EDITS
    }

    /// Secrets in the bodies of answers since the last call.
    pub(super) fn leaks(&self) -> Vec<String> {
        let worlds = [&self.org_job, &self.org_action, &self.api_access, &self.eventing];
        worlds.iter().flat_map(|world| world.take_leaks(&self.ground.secrets)).collect()
    }

    /// All patterns do their work; the org has all of it, and then nothing of it.
    pub(super) async fn cycle(&self, number: u64) -> Result<()> {
        let org = &self.ground.org;
        let create = format!("/api/data/create?numberOfOpportunities={OPPORTUNITIES}&lines={LINES}");
        let answer = self.org_job.ask(Method::POST, &create, |request| request).await?;
        self.completes(&self.org_job, &id(&answer.json(StatusCode::ACCEPTED)?, "jobId")?).await?;
        let found = org.query(ORG, "SELECT Id FROM Opportunity ORDER BY Id").await?.records;
        let ids: Vec<String> = found.iter().filter_map(|row| row["Id"].as_str().map(str::to_owned)).collect();
        ensure!(ids.len() == usize::try_from(OPPORTUNITIES)?, "{} Opportunities", ids.len());
        let some = org.count(ORG, "SELECT COUNT() FROM Opportunity WHERE Name LIKE 'Sample Opportunity 1%'").await?;
        let (batch, smaller, single, loaded, edited, pages) = tokio::join!(
            Box::pin(self.batch("Name LIKE 'Sample Opportunity%'", ids.len() as u64)),
            Box::pin(self.batch("Name LIKE 'Sample Opportunity 1%'", some)),
            Box::pin(self.single(number, &ids)),
            Box::pin(self.load()),
            Box::pin(self.edit(number, &ids)),
            Box::pin(self.pages()),
        );
        batch.context("a batch in bulk")?;
        smaller.context("a batch by graphs")?;
        single.context("single Quotes")?;
        loaded.context("a load of Accounts")?;
        edited.context("edits")?;
        pages.context("pages")?;
        let expected = ids.len() as u64 + some + (WAITED + CALLED_BACK + EDITS * EDITED) as u64;
        let quotes = eventually(LIMIT, "all Quotes are there", async || {
            let quotes = org.count(ORG, "SELECT COUNT() FROM Quote").await?;
            ensure!(quotes >= expected, "{quotes} of {expected}");
            self.at_rest().await?;
            Ok(quotes)
        })
        .await?;
        ensure!(quotes == expected, "{quotes} Quotes, not {expected}");
        self.clean().await.context("cleaning up")
    }

    /// A batch of Quotes with its stream of events.
    async fn batch(&self, clause: &str, expected: u64) -> Result<()> {
        let body = json!({ "soqlWhereClause": clause });
        let answer = self.org_job.ask(Method::POST, "/api/executebatch", |request| request.json(&body)).await?;
        let job = self.completes(&self.org_job, &id(&answer.json(StatusCode::ACCEPTED)?, "jobId")?).await?;
        ensure!(job["succeeded"] == expected && job["failed"] == 0, "{job}");
        Ok(())
    }

    /// Follows a job by its events, and then asks for it.
    async fn completes(&self, world: &World, id: &str) -> Result<Value> {
        let path = format!("/api/jobs/{id}");
        eventually(LIMIT, &format!("job {id} completes"), async || {
            // The stream ends with the job; a request has its own limit of time.
            drop(world.ask(Method::GET, &format!("{path}/events"), |request| request).await?);
            let job = world.ask(Method::GET, &path, |request| request).await?.json(StatusCode::OK)?;
            if job["state"] == "completed" {
                return Ok(job);
            }
            sleep(Duration::from_millis(50)).await;
            bail!("{job}")
        })
        .await
    }

    /// Single Quotes, one after the other.
    async fn single(&self, number: u64, ids: &[String]) -> Result<()> {
        let world = &self.org_action;
        let mut jobs = Vec::new();
        for (place, opportunity) in ids.iter().take(WAITED + CALLED_BACK).enumerate() {
            let url = format!("{}{number}", world.callback_url);
            let body = json!({ "opportunityId": opportunity, "callbackUrl": url });
            if place < WAITED {
                let answer = world.ask(Method::POST, "/api/generatequote", |request| request.json(&body)).await?;
                id(&answer.json(StatusCode::OK)?, "quoteId")?;
            } else {
                let answer = world.ask(Method::POST, "/api/generatequoteasync", |request| request.json(&body)).await?;
                jobs.push(id(&answer.json(StatusCode::ACCEPTED)?, "jobId")?);
            }
        }
        for job in &jobs {
            self.completes(world, job).await?;
        }
        let received = self.ground.receiver.received();
        let received = received.iter().filter(|callback| callback.target.ends_with(&format!("/{number}"))).count();
        ensure!(received == jobs.len(), "{received} callbacks of {} jobs", jobs.len());
        Ok(())
    }

    /// A load of Accounts, and its deletion.
    async fn load(&self) -> Result<()> {
        let count = ACCOUNTS.to_string();
        self.press("", &[("connection", ORG), ("count", &count)]).await?;
        self.shows(&format!("{ACCOUNTS} of {ACCOUNTS} loaded")).await?;
        drop(self.browser.open("/").await?);
        self.press("/reset", &[("connection", ORG)]).await?;
        self.shows(&format!("{ACCOUNTS} accounts deleted")).await?;
        let left = self.ground.org.count(ORG, SEEDED_ACCOUNTS).await?;
        ensure!(left == self.accounts, "{left} Accounts, not {}", self.accounts);
        Ok(())
    }

    async fn press(&self, button: &str, fields: &[(&str, &str)]) -> Result<()> {
        let page = self.browser.submit("/bulk-demo", &format!("/bulk-demo{button}"), fields).await?;
        self.api_access.saw(&page.text);
        ensure!(page.status == StatusCode::SEE_OTHER, "answered {}: {}", page.status, page.text);
        Ok(())
    }

    async fn shows(&self, text: &str) -> Result<()> {
        eventually(LIMIT, &format!("the page shows {text}"), async || {
            let page = self.browser.open("/bulk-demo").await?;
            self.api_access.saw(&page.text);
            let card = page.card(&format!("load-{ORG}"))?.text;
            if card.contains(text) {
                return Ok(());
            }
            sleep(Duration::from_millis(50)).await;
            bail!("{card}")
        })
        .await
    }

    /// Edits, each a transaction.
    async fn edit(&self, number: u64, ids: &[String]) -> Result<()> {
        for edit in 0..EDITS {
            let ids = ids.get(edit * EDITED..(edit + 1) * EDITED).context("too few Opportunities")?;
            self.eventing.edit(ids, &format!("cycle {number} edit {edit}")).await?;
        }
        Ok(())
    }

    async fn pages(&self) -> Result<()> {
        for world in [&self.org_job, &self.org_action, &self.api_access, &self.eventing] {
            for path in PAGES {
                let answer = world.ask(Method::GET, path, |request| request).await?;
                ensure!(
                    answer.status == StatusCode::OK
                        || answer.status == StatusCode::NOT_FOUND
                        || answer.status.is_redirection(),
                    "{path} answered {}",
                    answer.status
                );
            }
        }
        for world in [&self.org_job, &self.org_action] {
            drop(world.ask(Method::GET, "/api/jobs?limit=100", |request| request).await?.json(StatusCode::OK)?);
        }
        Ok(())
    }

    async fn info(&self) -> Result<Value> {
        self.eventing.ask_with_token("/info").await
    }

    /// No transaction waits, and no job of eventing runs.
    async fn at_rest(&self) -> Result<()> {
        let info = self.info().await?;
        let jobs = info["recentJobs"].as_array().context("no jobs")?;
        ensure!(info["openTransactions"] == 0 && jobs.iter().all(|job| job["state"] == "completed"), "{info}");
        Ok(())
    }

    /// Deletes Opportunities and with them Quotes for good; the org forgets what it would keep for days.
    async fn clean(&self) -> Result<()> {
        let answer = self.org_job.ask(Method::POST, "/api/data/delete?hardDelete=true", |request| request).await?;
        let job = self.completes(&self.org_job, &id(&answer.json(StatusCode::ACCEPTED)?, "jobId")?).await?;
        let counts = self.ground.org.counts(ORG).await?;
        for object in ["Opportunity", "OpportunityLineItem", "Quote", "QuoteLineItem"] {
            let left = counts.get(object).copied().unwrap_or_default();
            ensure!(left == 0, "{left} {object} are left: {job}");
        }
        self.ground.org.forget_kept(ORG).await?;
        self.ground.org.forget_events(ORG).await
    }
}

fn id(answer: &Value, name: &str) -> Result<String> {
    Ok(answer[name].as_str().with_context(|| format!("no {name} in {answer}"))?.to_owned())
}
