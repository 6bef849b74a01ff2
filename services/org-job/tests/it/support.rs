//! The processes of one test, and what it asks of them.

use anyhow::{Context, Result, bail};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::Duration;
use test_support::{
    Fault, FaultAction, LocalOrg, Org, RedisOptions, SECRET_KEY as SECRET, Service, ServiceSpec, TestRedis, User,
    binary, client_context, eventually, free_port, http_client,
};

/// The org in which tests work.
pub(crate) const ORG: &str = "my-org";
/// Matches what local-org seeds.
pub(crate) const ALL: &str = "Name LIKE 'Sample Opportunity%'";
/// An id as it stands in keys, of Redis and of records, and in logs: without hyphens.
pub(crate) fn digits(id: &str) -> String {
    id.replace('-', "")
}

/// Redis with its log on disk, local-org, one web process and some workers.
pub(crate) struct Stack {
    pub(crate) redis: TestRedis,
    pub(crate) org: LocalOrg,
    pub(crate) web: Service,
    pub(crate) workers: Vec<Service>,
    /// Jobs over at least this many Opportunities go through the Bulk API; 0 for none.
    pub(crate) bulk_threshold: u32,
    /// Whether workers that start publish `JobProgress__e`.
    pub(crate) progress_events: bool,
    /// `MAX_ATTEMPTS` of workers that start.
    pub(crate) max_attempts: u32,
    /// `WORKER_CONCURRENCY` of workers that start.
    pub(crate) concurrency: u32,
    /// Further settings of workers that start.
    pub(crate) worker_settings: Vec<(&'static str, &'static str)>,
    /// Address that the services know the org by, when it is not the org's own.
    pub(crate) front: Option<String>,
    hosts: String,
    http: reqwest::Client,
}

fn web(redis: &TestRedis, hosts: &str) -> Result<ServiceSpec> {
    web_of(ServiceSpec::new("org-job-web")?, redis, hosts)
}

fn web_of(spec: ServiceSpec, redis: &TestRedis, hosts: &str) -> Result<ServiceSpec> {
    Ok(spec
        .env("PORT", free_port()?)
        .env("BIND_ADDRESS", "127.0.0.1")
        .env("REDIS_URL", redis.url())
        .env("JOB_SECRET_KEY", SECRET)
        .env("ALLOWED_ORG_HOSTS", hosts)
        .env("LEASE_SECONDS", 2)
        .env("LOG_LEVEL", "trace")
        .ready("listening on http://"))
}

impl Stack {
    /// Starts all with `opportunities` of `lines` lines each and `workers` workers.
    pub(crate) async fn start(opportunities: u32, lines: u32, workers: usize) -> Result<Self> {
        Self::start_allowing("", opportunities, lines, workers).await
    }

    /// The same with one more host that may be called back.
    pub(crate) async fn start_allowing(host: &str, opportunities: u32, lines: u32, workers: usize) -> Result<Self> {
        let redis = TestRedis::start_with(RedisOptions { append_only: true, ..RedisOptions::default() }).await?;
        let org = LocalOrg::start().await?;
        if opportunities > 0 {
            org.seed(ORG, opportunities, lines).await?;
        }
        let hosts = format!("{},{host}", org.host()?);
        let web = web(&redis, &hosts)?.start().await?;
        let http = http_client()?;
        let mut stack = Self {
            redis,
            org,
            web,
            workers: Vec::new(),
            bulk_threshold: 0,
            progress_events: true,
            max_attempts: 12,
            concurrency: 2,
            worker_settings: Vec::new(),
            front: None,
            hosts,
            http,
        };
        for number in 1..=workers {
            stack.add_worker(&format!("worker.{number}")).await?;
        }
        Ok(stack)
    }

    /// Starts another web process with these variables, which is the one that is called from now on.
    pub(crate) async fn replace_web(&mut self, variables: &[(&str, &str)]) -> Result<()> {
        self.web = web(&self.redis, &self.hosts)?.envs(variables.iter().copied()).start().await?;
        Ok(())
    }

    /// Starts another program as the web process.
    pub(crate) async fn use_web(&mut self, program: PathBuf) -> Result<()> {
        self.web = web_of(ServiceSpec::at("own web", program), &self.redis, &self.hosts)?.start().await?;
        Ok(())
    }

    /// Lets the services know these hosts, too: the web process, which is started anew, and workers that start.
    pub(crate) async fn allow(&mut self, hosts: &[String]) -> Result<()> {
        self.hosts = format!("{},{}", self.hosts, hosts.join(","));
        self.replace_web(&[]).await
    }

    /// Starts one more worker.
    pub(crate) async fn add_worker(&mut self, name: &str) -> Result<()> {
        self.add_worker_of(name, binary("org-job-worker")?).await
    }

    /// Starts one more worker, which is this program.
    pub(crate) async fn add_worker_of(&mut self, name: &str, program: PathBuf) -> Result<()> {
        let worker = ServiceSpec::at(name, program)
            .env("REDIS_URL", self.redis.url())
            .env("JOB_SECRET_KEY", SECRET)
            .env("ALLOWED_ORG_HOSTS", &self.hosts)
            .env("WORKER_NAME", name)
            .env("WORKER_CONCURRENCY", self.concurrency)
            .env("CHUNK_SIZE", 25)
            .env("SAMPLE_CHUNK_SIZE", 25)
            .env("BULK_THRESHOLD", self.bulk_threshold)
            .env("BULK_CHUNK_SIZE", 25)
            .env("JOB_PROGRESS_EVENTS", self.progress_events)
            .env("MAX_ATTEMPTS", self.max_attempts)
            .env("LEASE_SECONDS", 2)
            .env("API_LIMIT_PAUSE_SECONDS", 1)
            .env("ENABLE_DISCOUNT_OVERRIDES", "true")
            .env("LOG_LEVEL", "trace")
            .envs(self.worker_settings.iter().copied())
            .ready("worker ready")
            .start()
            .await?;
        self.workers.push(worker);
        Ok(())
    }

    /// A call as the org's administrator.
    pub(crate) async fn call(&self, method: Method, path: &str) -> Result<RequestBuilder> {
        self.call_as(ORG, method, path).await
    }

    /// A call as another org's administrator.
    pub(crate) async fn call_as(&self, org: &str, method: Method, path: &str) -> Result<RequestBuilder> {
        let (org, user) = self.org.org(org).await?;
        self.call_by(&org, &user, method, path)
    }

    /// A call as this user.
    pub(crate) fn call_by(&self, org: &Org, user: &User, method: Method, path: &str) -> Result<RequestBuilder> {
        let mut org = org.clone();
        org.instance_url = self.front.clone().unwrap_or(org.instance_url);
        Ok(self.anonymous(method, path)?.header("x-client-context", client_context(&org, user)))
    }

    /// A call without a client context.
    pub(crate) fn anonymous(&self, method: Method, path: &str) -> Result<RequestBuilder> {
        Ok(self.http.request(method, format!("{}{path}", self.web.url()?)))
    }

    /// Starts a job and gives its id.
    pub(crate) async fn post(&self, clause: &str) -> Result<String> {
        let request = self.call(Method::POST, "/api/executebatch").await?;
        let answer = request.json(&json!({ "soqlWhereClause": clause })).send().await?;
        if answer.status() != StatusCode::ACCEPTED {
            bail!("executeBatch answered {}: {}", answer.status(), answer.text().await?);
        }
        let answer: Value = answer.json().await?;
        Ok(answer["jobId"].as_str().context("no jobId")?.to_owned())
    }

    /// Starts a job on `Bacon__c`, which no org has. The org says nothing of its names, or the filter would be refused.
    pub(crate) async fn post_unknown(&self) -> Result<String> {
        let silence = FaultAction::status(500, "UNKNOWN_EXCEPTION", "no");
        let fault = self.fault(Fault::new(silence).path("/describe").always()).await?;
        let id = self.post("Bacon__c = 'x'").await?;
        self.org.remove_fault(fault).await?;
        Ok(id)
    }

    /// The job as the API shows it.
    pub(crate) async fn job(&self, id: &str) -> Result<Value> {
        let request = self.call(Method::GET, &format!("/api/jobs/{id}")).await?;
        Ok(request.send().await?.error_for_status()?.json().await?)
    }

    /// Does something to the job: `cancel`, `resume` or `retry`.
    pub(crate) async fn act(&self, id: &str, action: &str) -> Result<Value> {
        let request = self.call(Method::POST, &format!("/api/jobs/{id}/{action}")).await?;
        Ok(request.send().await?.error_for_status()?.json().await?)
    }

    /// Waits for a state.
    pub(crate) async fn reaches(&self, id: &str, state: &str) -> Result<Value> {
        eventually(Duration::from_secs(90), &format!("job {id} is {state}"), async || {
            let job = self.job(id).await?;
            if job["state"] == state { Ok(job) } else { bail!("{job}") }
        })
        .await
    }

    /// The records that failed.
    pub(crate) async fn errors(&self, id: &str) -> Result<Vec<Value>> {
        let request = self.call(Method::GET, &format!("/api/jobs/{id}/errors?limit=1000")).await?;
        let page: Value = request.send().await?.error_for_status()?.json().await?;
        Ok(page["errors"].as_array().context("no errors")?.clone())
    }

    /// Adds a fault and gives its id.
    pub(crate) async fn fault(&self, fault: Fault) -> Result<u64> {
        self.org.add_fault(&fault).await
    }

    /// Waits until the fault was hit.
    pub(crate) async fn hit(&self, fault: u64) -> Result<()> {
        self.org.fault_is_hit(fault).await
    }

    /// The job is completed, its counts are these, and the org agrees: one Quote an Opportunity with all its lines, no
    /// Quote of anybody else, and one completion event.
    pub(crate) async fn assert_quoted(&self, id: &str, quotes: u64, lines: u64) -> Result<()> {
        let job = self.reaches(id, "completed").await?;
        let counter = |name: &str| job["counters"][name].as_u64().unwrap_or_default();
        assert_eq!((counter("quotes"), counter("quoteLineItems")), (quotes, lines), "{job}");
        let counts = self.org.counts(ORG).await?;
        assert_eq!(counts["Quote"], quotes, "{job}");
        assert_eq!(counts["QuoteLineItem"], lines, "{job}");
        let keyed = format!("SELECT COUNT() FROM Quote WHERE QuoteJobKey__c LIKE '{}:%'", digits(id));
        assert_eq!(self.org.count(ORG, &keyed).await?, quotes);
        let twice = "SELECT OpportunityId, COUNT(Id) FROM Quote GROUP BY OpportunityId HAVING COUNT(Id) > 1";
        assert_eq!(self.org.count(ORG, twice).await?, 0);
        let incomplete = "SELECT COUNT() FROM Quote WHERE QuoteJobKey__c LIKE '%:staging'";
        assert_eq!(self.org.count(ORG, incomplete).await?, 0);
        let events = self.events(id).await?;
        assert_eq!(events.matches("event: completed").count(), 1, "{events}");
        Ok(())
    }

    /// Quotes of Opportunities that close on 2026-12-31 say what the built-in rules have them say: they expire 30 days later.
    pub(crate) async fn assert_terms(&self) -> Result<()> {
        let terms = "SELECT Status, ExpirationDate FROM Quote WHERE Opportunity.CloseDate = 2026-12-31";
        let quotes = self.org.query(ORG, terms).await?.records;
        assert!(!quotes.is_empty(), "there is no such Quote");
        for quote in quotes {
            assert_eq!(
                (&quote["Status"], &quote["ExpirationDate"]),
                (&json!("Draft"), &json!("2027-01-30")),
                "{quote}"
            );
        }
        Ok(())
    }

    /// The event stream of an ended job, as sent.
    pub(crate) async fn events(&self, id: &str) -> Result<String> {
        let request = self.call(Method::GET, &format!("/api/jobs/{id}/events")).await?;
        Ok(request.timeout(Duration::from_secs(30)).send().await?.error_for_status()?.text().await?)
    }

    /// All that the services have logged.
    pub(crate) fn logs(&self) -> String {
        let workers = self.workers.iter().map(|worker| worker.log().text());
        workers.chain([self.web.log().text()]).collect()
    }
}
