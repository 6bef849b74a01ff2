//! The processes of one test, and what it asks of them.

use anyhow::{Context, Result, bail};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use std::time::Duration;
use test_support::{
    Fault, LocalOrg, Org, Received, Receiver, RedisOptions, SECRET_KEY as SECRET, Service, ServiceSpec, TestRedis,
    User, client_context, client_context_json, encode_client_context, eventually, free_port, http_client,
};

/// The org in which tests work.
pub(crate) const ORG: &str = "my-org";
/// Path of the writing call.
pub(crate) const GRAPH: &str = "/composite/graph";
/// 32 bytes for tests only.
/// Longest wait for anything that a worker does. Generous: tests run in parallel on slow machines.
const LIMIT: Duration = Duration::from_secs(90);

/// Redis with its log on disk, local-org, a receiver of callbacks in front of it, one web process and some workers. For the
/// services, the org has the receiver's address.
pub(crate) struct Stack {
    pub(crate) redis: TestRedis,
    pub(crate) org: LocalOrg,
    pub(crate) receiver: Receiver,
    pub(crate) web: Service,
    pub(crate) workers: Vec<Service>,
    http: reqwest::Client,
}

impl Stack {
    /// Starts all, with a deadline that no test reaches, and `workers` workers.
    pub(crate) async fn start(workers: usize) -> Result<Self> {
        Self::start_with(28, true, workers).await
    }

    /// The same with that many seconds for a synchronous Quote, and no worker.
    pub(crate) async fn start_with_deadline(seconds: u64) -> Result<Self> {
        Self::start_with(seconds, true, 0).await
    }

    /// The same without `DiscountOverride__c`, and with no worker.
    pub(crate) async fn start_without_overrides() -> Result<Self> {
        Self::start_with(28, false, 0).await
    }

    async fn start_with(deadline: u64, overrides: bool, workers: usize) -> Result<Self> {
        let redis = TestRedis::start_with(RedisOptions { append_only: true, ..RedisOptions::default() }).await?;
        let org = LocalOrg::start().await?;
        let receiver = Receiver::in_front_of(&org).await?;
        let hosts = format!("{},{}", org.host()?, receiver.host());
        let web = web(&redis, &hosts, deadline, overrides).await?;
        let mut stack = Self { redis, org, receiver, web, workers: Vec::new(), http: http_client()? };
        for number in 1..=workers {
            stack.add_worker(&format!("worker.{number}")).await?;
        }
        Ok(stack)
    }

    /// Starts one more web process and makes it the one that is called.
    pub(crate) async fn another_web(&mut self, deadline: u64) -> Result<Service> {
        let web = web(&self.redis, &self.hosts()?, deadline, true).await?;
        Ok(std::mem::replace(&mut self.web, web))
    }

    /// The same with more variables, and one more host that may be called.
    pub(crate) async fn replace_web(&mut self, host: &str, variables: &[(&str, &str)]) -> Result<()> {
        let hosts = format!("{},{host}", self.hosts()?);
        self.web = web_spec(&self.redis, &hosts, 28, true)?.envs(variables.iter().copied()).start().await?;
        Ok(())
    }

    /// Starts one more worker.
    pub(crate) async fn add_worker(&mut self, name: &str) -> Result<()> {
        self.add_worker_with(name, &[]).await
    }

    /// The same with more variables, or others.
    pub(crate) async fn add_worker_with(&mut self, name: &str, variables: &[(&str, &str)]) -> Result<()> {
        let worker = settings("org-action-worker", &self.redis, &self.hosts()?)?
            .named(name)
            .env("WORKER_NAME", name)
            .env("WORKER_CONCURRENCY", 2)
            .env("API_LIMIT_PAUSE_SECONDS", 1)
            .env("CALLBACK_TIMEOUT_SECONDS", 20)
            .envs(variables.iter().copied())
            .ready("worker ready")
            .start()
            .await?;
        self.workers.push(worker);
        Ok(())
    }

    fn hosts(&self) -> Result<String> {
        Ok(format!("{},{}", self.org.host()?, self.receiver.host()))
    }

    /// An Opportunity of the sample data with this many lines of 100.00 each, its customer in the US.
    pub(crate) async fn opportunity(&self, lines: u32) -> Result<String> {
        self.opportunity_of(&vec![Line::default(); usize::try_from(lines)?]).await
    }

    /// An Opportunity with these lines.
    pub(crate) async fn opportunity_of(&self, lines: &[Line]) -> Result<String> {
        let entry =
            self.org.query(ORG, "SELECT Id, Pricebook2Id FROM PricebookEntry WHERE UnitPrice = 100 LIMIT 1").await?;
        let entry = entry.records.first().context("no price book entry of 100")?;
        let account = json!({ "Name": "Pricing", "BillingCountry": "United States" });
        let account = self.org.create(ORG, "Account", &account).await?;
        let fields = json!({ "Name": "To be quoted", "StageName": "Prospecting", "CloseDate": "2026-12-31", "AccountId": account, "Pricebook2Id": entry["Pricebook2Id"] });
        let opportunity = self.org.create(ORG, "Opportunity", &fields).await?;
        for line in lines {
            let fields = json!({ "OpportunityId": opportunity, "PricebookEntryId": entry["Id"], "UnitPrice": line.price, "Quantity": line.quantity, "DiscountOverride__c": line.discount });
            self.org.create(ORG, "OpportunityLineItem", &fields).await?;
        }
        Ok(opportunity)
    }

    /// An Opportunity of the seed, for tests with very many lines.
    pub(crate) async fn big_opportunity(&self, lines: u32) -> Result<String> {
        self.org.seed(ORG, 1, lines).await?;
        let found =
            self.org.query(ORG, "SELECT Id FROM Opportunity WHERE Name LIKE 'Sample Opportunity%' LIMIT 1").await?;
        Ok(found.records.first().and_then(|record| record["Id"].as_str()).context("nothing was seeded")?.to_owned())
    }

    /// The org as the services know it, and its administrator.
    pub(crate) async fn org(&self, name: &str) -> Result<(Org, User)> {
        let (mut org, user) = self.org.org(name).await?;
        org.instance_url = self.receiver.url("");
        Ok((org, user))
    }

    /// A session of a user of the org, with these permission sets active.
    pub(crate) async fn session(&self, user: &str, permission_sets: &[&str]) -> Result<(Org, User)> {
        let (org, _) = self.org(ORG).await?;
        Ok((org, self.org.open_session(ORG, user, permission_sets).await?))
    }

    /// A call as the org's administrator, as a new AppLink request.
    pub(crate) async fn call(&self, method: Method, path: &str) -> Result<RequestBuilder> {
        let (org, user) = self.org(ORG).await?;
        self.call_as(&org, &user, method, path)
    }

    /// A call as this user.
    pub(crate) fn call_as(&self, org: &Org, user: &User, method: Method, path: &str) -> Result<RequestBuilder> {
        Ok(self.anonymous(method, path)?.header("x-client-context", client_context(org, user)))
    }

    /// A call as the org's administrator, as the AppLink request of this id.
    pub(crate) async fn call_again(&self, request_id: &str, path: &str) -> Result<RequestBuilder> {
        let (org, user) = self.org(ORG).await?;
        let mut context = client_context_json(&org, &user);
        context["requestId"] = json!(request_id);
        Ok(self.anonymous(Method::POST, path)?.header("x-client-context", encode_client_context(&context)))
    }

    /// A call without a client context.
    pub(crate) fn anonymous(&self, method: Method, path: &str) -> Result<RequestBuilder> {
        Ok(self.http.request(method, format!("{}{path}", self.web.url()?)))
    }

    /// Asks for a Quote and takes any answer.
    pub(crate) async fn try_quote(&self, opportunity: &str) -> Result<Response> {
        let request = self.call(Method::POST, "/api/generatequote").await?;
        Ok(request.json(&json!({ "opportunityId": opportunity })).send().await?)
    }

    /// Asks for a Quote and gives its id.
    pub(crate) async fn quote(&self, opportunity: &str) -> Result<String> {
        quote_id(self.try_quote(opportunity).await?).await
    }

    /// Asks for a Quote asynchronously and gives the job's id.
    pub(crate) async fn quote_async(&self, opportunity: &str) -> Result<String> {
        let (org, user) = self.org(ORG).await?;
        self.quote_async_as(&org, &user, opportunity).await
    }

    /// The same as this user.
    pub(crate) async fn quote_async_as(&self, org: &Org, user: &User, opportunity: &str) -> Result<String> {
        let request = self.call_as(org, user, Method::POST, "/api/generatequoteasync")?;
        let body = json!({ "opportunityId": opportunity, "callbackUrl": self.receiver.url("/callback/1") });
        job_id(request.json(&body).send().await?).await
    }

    /// Waits until the job has ended.
    pub(crate) async fn ended(&self, id: &str) -> Result<Value> {
        eventually(LIMIT, &format!("job {id} has ended"), async || {
            let request = self.call(Method::GET, &format!("/api/jobs/{id}")).await?;
            let job: Value = request.send().await?.error_for_status()?.json().await?;
            let ended = ["completed", "failed", "cancelled"].iter().any(|state| job["state"] == *state);
            if ended { Ok(job) } else { bail!("{job}") }
        })
        .await
    }

    /// Waits for this many callbacks.
    pub(crate) async fn callbacks(&self, count: usize) -> Result<Vec<Received>> {
        self.receiver.wait_for(count, LIMIT).await
    }

    /// The one callback of a job that has ended, and has called back once.
    pub(crate) async fn only_callback(&self, id: &str) -> Result<Value> {
        self.ended(id).await?;
        let received = self.receiver.received();
        assert_eq!(received.len(), 1, "{received:?}");
        let body = received[0].json()?;
        assert_eq!(body["jobId"], id, "{body}");
        Ok(body)
    }

    /// Adds a fault and gives its id.
    pub(crate) async fn fault(&self, fault: Fault) -> Result<u64> {
        self.org.add_fault(&fault).await
    }

    /// Waits until the fault was hit.
    pub(crate) async fn hit(&self, fault: u64) -> Result<()> {
        self.org.fault_is_hit(fault).await
    }

    /// Quotes and their lines in the org.
    pub(crate) async fn counts(&self) -> Result<(u64, u64)> {
        let counts = self.org.counts(ORG).await?;
        let count = |object: &str| counts.get(object).copied().unwrap_or_default();
        Ok((count("Quote"), count("QuoteLineItem")))
    }

    /// What a Quote costs.
    pub(crate) async fn total(&self, quote: &str) -> Result<Option<f64>> {
        let found = self.org.query(ORG, &format!("SELECT TotalPrice FROM Quote WHERE Id = '{quote}'")).await?;
        Ok(found.records.first().context("there is no such Quote")?["TotalPrice"].as_f64())
    }

    /// All that the services have logged.
    pub(crate) fn logs(&self) -> String {
        let workers = self.workers.iter().map(|worker| worker.log().text());
        workers.chain([self.web.log().text()]).collect()
    }
}

/// A line of an Opportunity.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Line {
    pub(crate) price: f64,
    pub(crate) quantity: f64,
    pub(crate) discount: Option<f64>,
}

impl Default for Line {
    fn default() -> Self {
        Self { price: 100.0, quantity: 1.0, discount: None }
    }
}

fn settings(binary: &str, redis: &TestRedis, hosts: &str) -> Result<ServiceSpec> {
    Ok(ServiceSpec::new(binary)?
        .env("REDIS_URL", redis.url())
        .env("JOB_SECRET_KEY", SECRET)
        .env("ALLOWED_ORG_HOSTS", hosts)
        .env("LEASE_SECONDS", 2)
        .env("ENABLE_DISCOUNT_OVERRIDES", "true")
        .env("LOG_LEVEL", "trace"))
}

async fn web(redis: &TestRedis, hosts: &str, deadline: u64, overrides: bool) -> Result<Service> {
    web_spec(redis, hosts, deadline, overrides)?.start().await
}

fn web_spec(redis: &TestRedis, hosts: &str, deadline: u64, overrides: bool) -> Result<ServiceSpec> {
    Ok(settings("org-action-web", redis, hosts)?
        .env("PORT", free_port()?)
        .env("BIND_ADDRESS", "127.0.0.1")
        .env("REQUEST_DEADLINE_SECONDS", deadline)
        .env("ENABLE_DISCOUNT_OVERRIDES", overrides)
        .ready("listening on http://"))
}

/// The id in a 200 of generateQuote.
pub(crate) async fn quote_id(answer: Response) -> Result<String> {
    text(answer, StatusCode::OK, "quoteId").await
}

/// The id in a 202 of generateQuoteAsync.
pub(crate) async fn job_id(answer: Response) -> Result<String> {
    text(answer, StatusCode::ACCEPTED, "jobId").await
}

async fn text(answer: Response, status: StatusCode, name: &str) -> Result<String> {
    if answer.status() != status {
        bail!("{} was answered {}: {}", answer.url().path().to_owned(), answer.status(), answer.text().await?);
    }
    let answer: Value = answer.json().await?;
    Ok(answer[name].as_str().with_context(|| format!("no {name}"))?.to_owned())
}

/// Status, code and message of a refusal.
pub(crate) async fn refusal(answer: Response) -> Result<(u16, String, String)> {
    let status = answer.status().as_u16();
    let answer: Value = answer.json().await?;
    let member = |name: &str| answer["error"][name].as_str().unwrap_or_default().to_owned();
    Ok((status, member("code"), member("message")))
}
