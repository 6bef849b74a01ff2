//! The processes of org-job, for measurements.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::Value;
use test_support::{
    Costs, LocalOrg, LocalOrgOptions, Memory, Service, ServiceSpec, TestRedis, client_context, cpu_time, free_port,
    http_client,
};

pub(crate) const ORG: &str = "my-org";
const SECRET: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
const POLL: Duration = Duration::from_millis(50);
/// No job of a sensible size takes longer.
const PATIENCE: Duration = Duration::from_secs(60 * 60);

/// Redis, local-org, org-job-web and some workers.
pub(crate) struct Stack {
    pub(crate) org: LocalOrg,
    web: Service,
    workers: Vec<Service>,
    http: Client,
    url: String,
    context: String,
    // Ends last.
    _redis: TestRedis,
}

/// What one job took.
pub(crate) struct Measured {
    pub(crate) seconds: f64,
    pub(crate) calls: u64,
    /// Most bytes that a worker had.
    pub(crate) peak: u64,
    /// CPU time of all workers.
    pub(crate) cpu: Duration,
}

impl Stack {
    /// New processes; `settings` are those of the workers.
    pub(crate) async fn start(costs: Costs, workers: usize, settings: &[(&str, u32)]) -> Result<Self> {
        let redis = TestRedis::start().await?;
        let org = LocalOrg::start_with(LocalOrgOptions { costs, ..LocalOrgOptions::default() }).await?;
        let common = |name: &str| -> Result<ServiceSpec> {
            Ok(ServiceSpec::new(name)?
                .env("REDIS_URL", redis.url())
                .env("JOB_SECRET_KEY", SECRET)
                .env("ALLOWED_ORG_HOSTS", org.host()?)
                .env("LOG_LEVEL", "warn,web::server=info,shared::work=info"))
        };
        let web = common("org-job-web")?.env("PORT", free_port()?).env("BIND_ADDRESS", "127.0.0.1");
        let web = web.ready("listening on http://").start().await?;
        let mut processes = Vec::new();
        for number in 1..=workers {
            let worker = common("org-job-worker")?
                .named(format!("worker.{number}"))
                .env("WORKER_NAME", format!("worker.{number}"))
                .envs(settings.iter().map(|(name, value)| (*name, value.to_string())))
                .ready("worker ready");
            processes.push(worker.start().await?);
        }
        let (about, user) = org.org(ORG).await?;
        let context = client_context(&about, &user);
        Ok(Self { url: web.url()?, org, web, workers: processes, http: http_client()?, context, _redis: redis })
    }

    pub(crate) fn call(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.url)).header("x-client-context", &self.context)
    }

    /// Starts a job with `request`, and waits until it is completed without a failure.
    pub(crate) async fn measure(&self, request: RequestBuilder) -> Result<Measured> {
        let before = self.cpu_of_workers();
        let started = Instant::now();
        let id = job_id(request).await?;
        self.completed(&id).await?;
        let seconds = started.elapsed().as_secs_f64();
        let cpu = self.cpu_of_workers().saturating_sub(before);
        let peaks = self.workers.iter().filter_map(|worker| Memory::of(worker.pid())).map(|memory| memory.peak);
        let peak = peaks.max().context("memory needs Linux's /proc")?;
        ensure!(Memory::of(self.web.pid()).is_some(), "org-job-web has ended");
        Ok(Measured { seconds, calls: self.org.counters(ORG).await?.calls.total, peak, cpu })
    }

    fn cpu_of_workers(&self) -> Duration {
        self.workers.iter().filter_map(|worker| cpu_time(worker.pid())).sum()
    }

    /// Waits until a job is completed without a failure.
    pub(crate) async fn completed(&self, id: &str) -> Result<()> {
        let started = Instant::now();
        loop {
            let path = format!("/api/jobs/{id}");
            let job: Value = self.call(Method::GET, &path).send().await?.error_for_status()?.json().await?;
            match job["state"].as_str() {
                Some("completed") if job["failed"] == 0 => return Ok(()),
                Some("completed" | "failed" | "cancelled") => bail!("the job did not go well: {job}"),
                _ if started.elapsed() > PATIENCE => bail!("the job takes too long: {job}"),
                _ => tokio::time::sleep(POLL).await,
            }
        }
    }
}

/// The id of the job that a request has started.
pub(crate) async fn job_id(request: RequestBuilder) -> Result<String> {
    let answer: Value = request.send().await?.error_for_status()?.json().await?;
    Ok(answer["jobId"].as_str().context("the answer has no jobId")?.to_owned())
}
