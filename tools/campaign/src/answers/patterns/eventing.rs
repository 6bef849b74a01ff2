//! eventing: a change, its Quote, and the event that tells of it.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use test_support::{LocalOrg, PubsubSettings, Service, TestRedis, free_port};

use super::common::{ORG, number, soon, spec};
use crate::answers::report::Verdict;

const TOPIC: &str = "/event/QuoteGenerationComplete__e";
const TOKEN: &str = "0123456789abcdef0123456789abcdef";

pub(in crate::answers) struct Eventing {
    pub(super) org: LocalOrg,
    opportunity: String,
    edits: u32,
    _web: Service,
    _worker: Service,
    // Ends last.
    _redis: TestRedis,
}

impl Eventing {
    pub(super) async fn start() -> Result<Self> {
        let (redis, org) = (TestRedis::start().await?, LocalOrg::start().await?);
        org.seed(ORG, 1, 2).await?;
        org.forget_events(ORG).await?;
        // A subscriber learns soon that it has read all.
        org.set_pubsub_settings(ORG, &PubsubSettings { keepalive_ms: 500, ..PubsubSettings::default() }).await?;
        let found = org.query(ORG, "SELECT Id FROM Opportunity").await?.records;
        let opportunity = found.first().and_then(|record| record["Id"].as_str()).context("nothing was seeded")?;
        let settings = |binary: &str| -> Result<_> {
            Ok(spec(binary, &redis, "127.0.0.1:*")?
                .envs(org.applink_env()?)
                .env("EVENT_AUTHORIZATION", ORG)
                .env("EVENT_STAGES", "")
                .env("PUBSUB_ENDPOINT", org.pubsub_url()?))
        };
        let web = settings("eventing-web")?
            .env("PORT", free_port()?)
            .env("WEBHOOK_TOKEN", TOKEN)
            .env("PUBSUB_START", "earliest")
            .env("PUBSUB_BACKOFF_SECONDS", 1)
            .env("EVENT_QUIET_MILLISECONDS", 100)
            .ready("listening on http://");
        let worker = settings("eventing-worker")?.ready("worker ready");
        let (web, worker) = (web.start().await?, worker.start().await?);
        let opportunity = opportunity.to_owned();
        Ok(Self { org, opportunity, edits: 0, _web: web, _worker: worker, _redis: redis })
    }

    pub(super) async fn prepare(&mut self) -> Result<()> {
        // The services ask for the authorization again.
        self.org.expire_sessions(ORG).await
    }

    pub(super) async fn run(&mut self) -> Result<Verdict> {
        self.edits += 1;
        let (events, quotes) = (self.events().await?.len(), self.quotes().await?);
        let edit = json!({ "NextStep": format!("Step {}", self.edits) });
        self.org.update(ORG, "Opportunity", &self.opportunity, &edit).await?;
        let told = soon(async || Ok(self.events().await?.get(events).cloned())).await?;
        let Some(event) = told else {
            return Ok(Verdict::Hangs(format!("no event tells the end; {} Quotes", self.quotes().await?)));
        };
        let made = self.quotes().await? - quotes;
        let incomplete = self.org.count(ORG, "SELECT COUNT() FROM Quote WHERE LineItemCount != 2").await?;
        // Its numbers are doubles, as all numbers of events.
        let said = event["Quotes__c"].as_f64().map_or(number(&event, "Quotes__c"), |said| said as u64);
        let published = self.events().await?.len() - events;
        if made != said || incomplete > 0 || published != 1 {
            return Ok(Verdict::Wrong(format!("{made} Quotes, {incomplete} incomplete, {published} events: {event}")));
        }
        Ok(match made {
            1 => Verdict::Done,
            _ => Verdict::Refused(event["Message__c"].as_str().unwrap_or("without a reason").to_owned()),
        })
    }

    async fn events(&self) -> Result<Vec<Value>> {
        Ok(self.org.events(ORG, TOPIC, None).await?.events.into_iter().map(|event| event.payload).collect())
    }

    async fn quotes(&self) -> Result<u64> {
        self.org.count(ORG, "SELECT COUNT() FROM Quote").await
    }
}
