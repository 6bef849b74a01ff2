//! The processes of one test, and short ways to edit, to send and to look.

use anyhow::{Context, Result, ensure};
use reqwest::{RequestBuilder, Response, StatusCode};
use secrecy::SecretString;
use serde_json::{Value, json};
use shared::contracts::eventing::{Changed, QUEUE_PREFIX, QuoteChanges};
use shared::jobs::{JobParams as _, JobView, Jobs, JobsConfig, SealKey};
use std::collections::BTreeSet;
use std::time::Duration;
pub(crate) use test_support::SECRET_KEY as SECRET;
use test_support::{
    LocalOrg, PubsubSettings, RedisOptions, Service, ServiceSpec, TestRedis, eventually, free_port, http_client,
};

pub(crate) const ORG: &str = "my-org";
pub(crate) const TOPIC: &str = "/data/OpportunityChangeEvent";
pub(crate) const TOKEN: &str = "0123456789abcdef0123456789abcdef";
/// 32 bytes for tests only.
/// Longest wait for anything, on a machine that is busy with other tests.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// What a web process needs besides Redis, without a subscriber.
pub(crate) fn spec(redis: &TestRedis, name: &str) -> Result<ServiceSpec> {
    Ok(ServiceSpec::new("eventing-web")?
        .named(name)
        .env("PORT", free_port()?)
        .env("BIND_ADDRESS", "127.0.0.1")
        .env("DYNO", name)
        .env("REDIS_URL", redis.url())
        .env("JOB_SECRET_KEY", SECRET)
        .env("EVENT_AUTHORIZATION", ORG)
        .env("EVENT_SUBSCRIBER", "false")
        .env("WEBHOOK_TOKEN", TOKEN)
        .env("LOG_LEVEL", "info,eventing_web=debug")
        .ready("listening on http://"))
}

/// The same with a subscriber to local-org, and waits for tests.
pub(crate) fn subscriber_spec(redis: &TestRedis, org: &LocalOrg, name: &str) -> Result<ServiceSpec> {
    Ok(spec(redis, name)?
        .env("EVENT_SUBSCRIBER", "true")
        .envs(org.applink_env()?)
        .env("ALLOWED_ORG_HOSTS", "127.0.0.1:*")
        .env("PUBSUB_ENDPOINT", org.pubsub_url()?)
        .env("PUBSUB_WATCHDOG_SECONDS", 2)
        .env("PUBSUB_UNAVAILABLE_SECONDS", 0))
}

/// The jobs in Redis.
pub(crate) async fn jobs(redis: &TestRedis) -> Result<Jobs> {
    let mut config = JobsConfig::new(SecretString::from(redis.url()), SealKey::parse(SECRET)?);
    config.prefix = QUEUE_PREFIX.to_owned();
    Ok(Jobs::connect(config).await?)
}

/// The parameters of all jobs that events started, the oldest first.
pub(crate) async fn changes(jobs: &Jobs) -> Result<Vec<QuoteChanges>> {
    let mut found: Vec<JobView> = jobs.list(ORG, 100_000, None).await?;
    found.reverse();
    // A listing goes by rank, so a job shows twice when newer ones come meanwhile.
    let mut seen = BTreeSet::new();
    found.retain(|job| seen.insert(job.id));
    let made = found.into_iter().filter(|job| job.kind == QuoteChanges::KIND);
    made.map(|job| Ok(serde_json::from_value(job.params)?)).collect()
}

/// The ids of a job.
pub(crate) fn ids(change: &QuoteChanges) -> Vec<String> {
    match &change.changed {
        Changed::Records(ids) => ids.iter().map(ToString::to_string).collect(),
        Changed::Since(_) => Vec::new(),
    }
}

/// Waits for this many jobs.
pub(crate) async fn jobs_become(jobs: &Jobs, count: usize) -> Result<Vec<QuoteChanges>> {
    eventually(PATIENCE, &format!("{count} jobs"), async || {
        let found = changes(jobs).await?;
        ensure!(found.len() == count, "there are {}", found.len());
        Ok(found)
    })
    .await
}

/// Redis that keeps what it has, and local-org with Opportunities.
pub(crate) struct Stack {
    pub(crate) redis: TestRedis,
    pub(crate) org: LocalOrg,
    pub(crate) jobs: Jobs,
    pub(crate) opportunities: Vec<String>,
}

impl Stack {
    pub(crate) async fn start(opportunities: u32) -> Result<Self> {
        let redis = TestRedis::start_with(RedisOptions { append_only: true, ..RedisOptions::default() }).await?;
        let org = LocalOrg::start().await?;
        org.seed(ORG, opportunities, 1).await?;
        // A sign of life tells a subscriber its position before there is an event.
        org.set_pubsub_settings(ORG, &PubsubSettings { keepalive_ms: 400, ..PubsubSettings::default() }).await?;
        let found = org.query(ORG, "SELECT Id FROM Opportunity ORDER BY Id").await?.records;
        let opportunities = found
            .iter()
            .map(|record| record["Id"].as_str().map(str::to_owned).context("no id"))
            .collect::<Result<_>>()?;
        let jobs = jobs(&redis).await?;
        Ok(Self { redis, org, jobs, opportunities })
    }

    /// A web process with a subscriber, once a position is stored: events from now on are not lost.
    pub(crate) async fn web(&self, name: &str, variables: &[(&str, &str)]) -> Result<Service> {
        let web = subscriber_spec(&self.redis, &self.org, name)?.envs(variables.iter().copied()).start().await?;
        eventually(PATIENCE, "the first position", async || {
            let info = info(&web).await?;
            ensure!(info["position"].is_string(), "{info}");
            Ok(())
        })
        .await?;
        Ok(web)
    }

    /// Changes records in one transaction, by a client of another name than ours.
    pub(crate) async fn edit(&self, ids: &[String], text: &str) -> Result<()> {
        let (org, user) = self.org.org(ORG).await?;
        let url = format!("{}/services/data/v{}/composite/sobjects", org.instance_url, org.api_version);
        let record = |id: &String| json!({ "attributes": { "type": "Opportunity" }, "Id": id, "NextStep": text });
        let body = json!({ "allOrNone": true, "records": ids.iter().map(record).collect::<Vec<_>>() });
        let answer = http_client()?.patch(url).bearer_auth(&user.access_token).json(&body).send().await?;
        let answer: Value = answer.error_for_status()?.json().await?;
        ensure!(answer.as_array().is_some_and(|all| all.iter().all(|one| one["success"] == true)), "{answer}");
        Ok(())
    }
}

/// `GET /info` of a web process.
pub(crate) async fn info(web: &Service) -> Result<Value> {
    let answer = http_client()?.get(format!("{}/info", web.url()?)).bearer_auth(TOKEN).send().await?;
    Ok(answer.error_for_status()?.json().await?)
}

/// A request with the token.
pub(crate) fn post(web: &Service, path: &str) -> Result<RequestBuilder> {
    Ok(http_client()?.post(format!("{}{path}", web.url()?)).bearer_auth(TOKEN))
}

/// A change event.
pub(crate) fn change(transaction: &str, ids: &[String]) -> Value {
    json!({
        "ChangeEventHeader": {
            "entityName": "Opportunity", "recordIds": ids, "changeType": "UPDATE", "changeOrigin": "",
            "transactionKey": transaction, "sequenceNumber": 1, "commitTimestamp": 1_700_000_000_000_i64,
            "commitNumber": 1, "commitUser": "005000000000001AAA", "changedFields": ["StageName"],
        },
        "StageName": "Closed Won",
    })
}

/// Sends a change event to the webhook.
pub(crate) async fn send(web: &Service, transaction: &str, ids: &[String]) -> Result<Response> {
    Ok(post(web, "/api/generatequotes")?.json(&cloud_event(transaction, ids)).send().await?)
}

/// The same to a web process at an address; the status of the answer.
pub(crate) async fn send_to(url: &str, transaction: &str, ids: &[String]) -> Result<StatusCode> {
    let request = http_client()?.post(format!("{url}/api/generatequotes")).bearer_auth(TOKEN);
    Ok(request.json(&cloud_event(transaction, ids)).send().await?.status())
}

/// As Heroku Events sent it: without source and type.
fn cloud_event(transaction: &str, ids: &[String]) -> Value {
    json!({ "specversion": "1.0", "id": "1", "source": "", "type": "", "data": change(transaction, ids) })
}

/// The id of Opportunity number `number`, without its checksum: both forms are taken.
pub(crate) fn opportunity(number: u32) -> String {
    format!("006{number:012}")
}

/// The ids of this many Opportunities.
pub(crate) fn opportunities(numbers: std::ops::Range<u32>) -> Vec<String> {
    numbers.map(opportunity).collect()
}

/// The names of all keys in Redis.
pub(crate) async fn keys(redis: &TestRedis) -> Result<Vec<String>> {
    Ok(redis.dump().await?.keys.keys().map(|key| String::from_utf8_lossy(key).into_owned()).collect())
}
