//! The processes of one test, and what it asks of them.

use anyhow::{Context, Result, bail, ensure};
use secrecy::SecretString;
use serde_json::Value;
use shared::contracts::eventing::{Changed, QUEUE_PREFIX, QuoteChanges};
use shared::jobs::{JobId, JobState, JobView, Jobs, JobsConfig, NewJob, SealKey};
use shared::salesforce::SalesforceId;
use std::time::Duration;
pub(crate) use test_support::SECRET_KEY as SECRET;
use test_support::{
    Fault, LocalOrg, MovingAddon, Notification, PubsubSettings, RedisOptions, Service, ServiceSpec, TestRedis,
    eventually,
};

/// The org in which tests work, and the authorization in whose name.
pub(crate) const ORG: &str = "my-org";
/// Topic of the completion events.
pub(crate) const TOPIC: &str = "/event/QuoteGenerationComplete__e";
/// Path of their publication.
pub(crate) const PUBLISH: &str = "/sobjects/QuoteGenerationComplete__e";
/// Redis with its log on disk, local-org, some workers, and the jobs as the web process has them.
pub(crate) struct Stack {
    pub(crate) redis: TestRedis,
    pub(crate) org: LocalOrg,
    pub(crate) workers: Vec<Service>,
    pub(crate) jobs: Jobs,
    /// `EVENT_STAGES` of workers that start.
    pub(crate) stages: &'static str,
    /// `EVENT_AUTHORIZATION` of workers that start.
    pub(crate) authorization: &'static str,
    /// The add-on of workers that start; local-org's without one.
    pub(crate) addon: Option<MovingAddon>,
}

impl Stack {
    /// Starts all with `opportunities` of two lines each and `workers` workers.
    pub(crate) async fn start(opportunities: u32, workers: usize) -> Result<Self> {
        let mut stack = Self::without_workers(opportunities, 2).await?;
        for number in 1..=workers {
            stack.add_worker(&format!("worker.{number}")).await?;
        }
        Ok(stack)
    }

    /// Starts Redis and local-org.
    pub(crate) async fn without_workers(opportunities: u32, lines: u32) -> Result<Self> {
        let redis = TestRedis::start_with(RedisOptions { append_only: true, ..RedisOptions::default() }).await?;
        let org = LocalOrg::start().await?;
        if opportunities > 0 {
            org.seed(ORG, opportunities, lines).await?;
        }
        // A subscriber learns soon that it has read all.
        org.set_pubsub_settings(ORG, &PubsubSettings { keepalive_ms: 1_000, ..PubsubSettings::default() }).await?;
        let url = SecretString::from(redis.url().to_owned());
        let key = SealKey::parse(SECRET).context("the key is right")?;
        let config = JobsConfig { prefix: QUEUE_PREFIX.to_owned(), ..JobsConfig::new(url, key) };
        let jobs = Jobs::connect(config).await?;
        Ok(Self { redis, org, workers: Vec::new(), jobs, stages: "", authorization: ORG, addon: None })
    }

    /// Starts one more worker.
    pub(crate) async fn add_worker(&mut self, name: &str) -> Result<()> {
        self.add_worker_with(name, &[]).await
    }

    /// The same with more variables.
    pub(crate) async fn add_worker_with(&mut self, name: &str, variables: &[(&'static str, String)]) -> Result<()> {
        let addon = self.addon.as_ref().map_or_else(|| self.org.applink_env(), |addon| Ok(addon.env()))?;
        let worker = ServiceSpec::new("eventing-worker")?
            .named(name)
            .env("REDIS_URL", self.redis.url())
            .env("JOB_SECRET_KEY", SECRET)
            .envs(addon)
            .env("EVENT_AUTHORIZATION", self.authorization)
            .env("EVENT_STAGES", self.stages)
            .env("PUBSUB_ENDPOINT", self.org.pubsub_url()?)
            .env("PUBSUB_BUSY_SECONDS", 1)
            .env("ALLOWED_ORG_HOSTS", "127.0.0.1:*")
            .env("WORKER_NAME", name)
            .env("WORKER_CONCURRENCY", 2)
            .env("CHUNK_SIZE", 20)
            .env("LEASE_SECONDS", 2)
            .env("API_LIMIT_PAUSE_SECONDS", 1)
            .env("LOG_LEVEL", "trace")
            .envs(variables.to_vec())
            .ready("worker ready")
            .start()
            .await?;
        self.workers.push(worker);
        Ok(())
    }

    /// Ids of the Opportunities that fulfil a condition.
    pub(crate) async fn ids(&self, condition: &str) -> Result<Vec<SalesforceId>> {
        let answer = self.org.query(ORG, &format!("SELECT Id FROM Opportunity WHERE {condition} ORDER BY Id")).await?;
        answer.records.iter().map(|row| Ok(row["Id"].as_str().context("no Id")?.parse()?)).collect()
    }

    /// Ids of all Opportunities.
    pub(crate) async fn all(&self) -> Result<Vec<SalesforceId>> {
        self.ids("Name LIKE 'Sample Opportunity%'").await
    }

    /// The user of the org with that account, such as `sales.user`.
    pub(crate) async fn user(&self, account: &str) -> Result<SalesforceId> {
        let org = self.org.orgs().await?.into_iter().find(|org| org.name == ORG).context("no org")?;
        let user = org.users.iter().find(|user| user.username.starts_with(account)).context("no user")?;
        Ok(user.id.parse()?)
    }

    /// Creates a job for a transaction that changed these Opportunities.
    pub(crate) async fn changed(&self, transaction: &str, ids: Vec<SalesforceId>) -> Result<JobId> {
        self.create(transaction, Changed::Records(ids), None).await
    }

    /// Creates a job as the web process does.
    pub(crate) async fn create(
        &self,
        transaction: &str,
        changed: Changed,
        user: Option<SalesforceId>,
    ) -> Result<JobId> {
        self.create_for(transaction, changed, user, None).await
    }

    /// The same for one org.
    pub(crate) async fn create_for(
        &self,
        transaction: &str,
        changed: Changed,
        user: Option<SalesforceId>,
        org_id: Option<SalesforceId>,
    ) -> Result<JobId> {
        let params = QuoteChanges { transaction_key: transaction.to_owned(), changed, user, org_id };
        let job = NewJob { request_id: "request".to_owned(), ..NewJob::of(&params, ORG, "change-events")? };
        Ok(self.jobs.create(job).await?.id)
    }

    /// The job now.
    pub(crate) async fn job(&self, id: &JobId) -> Result<JobView> {
        self.jobs.get(ORG, id).await?.context("no such job")
    }

    /// Waits until the job has ended in this way.
    pub(crate) async fn ends(&self, id: &JobId, state: JobState) -> Result<JobView> {
        let job = eventually(Duration::from_secs(90), &format!("job {id} ends"), async || {
            let job = self.job(id).await?;
            if job.state.is_final() { Ok(job) } else { bail!("{job:?}") }
        })
        .await?;
        ensure!(job.state == state, "{job:?}");
        Ok(job)
    }

    /// All completion events, as published.
    pub(crate) async fn events(&self) -> Result<Vec<Value>> {
        Ok(self.org.events(ORG, TOPIC, None).await?.events.into_iter().map(|event| event.payload).collect())
    }

    /// The one completion event of a job.
    pub(crate) async fn event_of(&self, id: &JobId) -> Result<Value> {
        let id = id.hyphenated();
        let mut events: Vec<_> = self.events().await?.into_iter().filter(|event| event["JobId__c"] == *id).collect();
        ensure!(events.len() == 1, "{} events of {id}: {events:?}", events.len());
        Ok(events.remove(0))
    }

    /// Waits for that many notifications, the oldest first.
    pub(crate) async fn notifications(&self, count: usize) -> Result<Vec<Notification>> {
        eventually(Duration::from_secs(30), &format!("{count} notifications"), async || {
            let sent = self.org.notifications(ORG).await?;
            if sent.len() >= count { Ok(sent) } else { bail!("{sent:?}") }
        })
        .await
        .and_then(|sent| {
            ensure!(sent.len() == count, "{sent:?}");
            Ok(sent)
        })
    }

    /// The org has exactly this many Quotes, at most one an Opportunity, each with both its lines.
    pub(crate) async fn assert_quotes(&self, quotes: u64) -> Result<()> {
        let counts = self.org.counts(ORG).await?;
        assert_eq!((counts["Quote"], counts["QuoteLineItem"]), (quotes, 2 * quotes));
        let twice = "SELECT OpportunityId, COUNT(Id) FROM Quote GROUP BY OpportunityId HAVING COUNT(Id) > 1";
        assert_eq!(self.org.count(ORG, twice).await?, 0);
        Ok(())
    }

    /// The job has ended well; there are exactly this many Quotes, and one event that says so.
    pub(crate) async fn assert_quoted(&self, id: &JobId, quotes: u64) -> Result<()> {
        self.ends(id, JobState::Completed).await?;
        self.assert_quotes(quotes).await?;
        let event = self.event_of(id).await?;
        assert_eq!((event["Status__c"].as_str(), number(&event, "Quotes__c")), (Some("completed"), Some(quotes)));
        Ok(())
    }

    /// Adds a fault and gives its id.
    pub(crate) async fn fault(&self, fault: Fault) -> Result<u64> {
        self.org.add_fault(&fault).await
    }

    /// Waits until the fault was hit.
    pub(crate) async fn hit(&self, fault: u64) -> Result<()> {
        self.org.fault_is_hit(fault).await
    }

    /// All that the workers have logged.
    pub(crate) fn logs(&self) -> String {
        self.workers.iter().map(|worker| worker.log().text()).collect()
    }
}

/// A number of an event, which may come as `3` or `3.0`.
pub(crate) fn number(event: &Value, field: &str) -> Option<u64> {
    event[field].to_string().trim_end_matches(".0").parse().ok()
}
