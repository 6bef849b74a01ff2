//! The processes of org-job, for measurements; with those of the sample, where there is one.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::Value;
use test_support::{
    Calls, Costs, LocalOrg, LocalOrgOptions, Memory, Service, ServiceSpec, TestRedis, client_context, cpu_time,
    free_port, http_client,
};

use crate::peer::{Peer, TlsPort};

pub(crate) const ORG: &str = "my-org";
const SECRET: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
const POLL: Duration = Duration::from_millis(50);
/// Between two looks at a counter, which cost the org next to nothing.
const SHORT_POLL: Duration = Duration::from_millis(4);
/// No job of a sensible size takes longer.
const PATIENCE: Duration = Duration::from_secs(60 * 60);

/// Redis, local-org, org-job-web and some workers.
pub(crate) struct Stack {
    pub(crate) org: LocalOrg,
    web: Service,
    workers: Vec<Service>,
    sample: Option<Sample>,
    http: Client,
    url: String,
    context: String,
    // Ends last.
    pub(crate) redis: TestRedis,
}

/// The sample's processes. Each of its workers would run every job, so there is one.
struct Sample {
    url: String,
    worker: Service,
    _web: Service,
    _tls: TlsPort,
}

/// CPU time of processes since their start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Cpu {
    pub(crate) workers: Duration,
    pub(crate) org: Duration,
    pub(crate) redis: Duration,
    pub(crate) sample: Duration,
}

/// What one job took.
pub(crate) struct Measured {
    pub(crate) seconds: f64,
    pub(crate) calls: u64,
    pub(crate) cpu: Cpu,
    /// Most bytes that a worker had.
    pub(crate) peak: u64,
    /// Most bytes that local-org had.
    pub(crate) org_peak: u64,
    /// Most bytes that Redis held.
    pub(crate) redis_peak: u64,
}

impl Cpu {
    /// What was used since `before`.
    pub(crate) fn since(self, before: Self) -> Self {
        Self {
            workers: self.workers.saturating_sub(before.workers),
            org: self.org.saturating_sub(before.org),
            redis: self.redis.saturating_sub(before.redis),
            sample: self.sample.saturating_sub(before.sample),
        }
    }
}

impl Stack {
    /// New processes; `settings` are those of the workers.
    pub(crate) async fn start(
        costs: Costs,
        workers: usize,
        settings: &[(&str, u32)],
        peer: Option<&Peer>,
    ) -> Result<Self> {
        let redis = TestRedis::start().await?;
        let org = LocalOrg::start_with(LocalOrgOptions { costs, ..LocalOrgOptions::default() }).await?;
        let common = |name: &str| -> Result<ServiceSpec> {
            Ok(ServiceSpec::new(name)?
                .env("REDIS_URL", redis.url())
                .env("JOB_SECRET_KEY", SECRET)
                .env("ALLOWED_ORG_HOSTS", org.host()?)
                // What is measured is the service and not its limits.
                .env("JOBS_PER_MINUTE", 1_000_000)
                .env("MAX_OPEN_JOBS", 1_000_000)
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
        let sample = match peer {
            Some(peer) => Some(Sample::start(peer, &org, &redis).await?),
            None => None,
        };
        let (about, user) = org.org(ORG).await?;
        let context = client_context(&about, &user);
        Ok(Self { url: web.url()?, org, web, workers: processes, sample, http: http_client()?, context, redis })
    }

    pub(crate) fn http(&self) -> &Client {
        &self.http
    }

    pub(crate) fn web(&self) -> &Service {
        &self.web
    }

    pub(crate) fn call(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.url)).header("x-client-context", &self.context)
    }

    /// The same to the sample, if there is one.
    pub(crate) fn call_sample(&self, method: Method, path: &str) -> Option<RequestBuilder> {
        let url = format!("{}{path}", self.sample.as_ref()?.url);
        Some(self.http.request(method, url).header("x-client-context", &self.context))
    }

    /// Starts a job with `request`, and waits until it is completed without a failure.
    pub(crate) async fn measure(&self, request: RequestBuilder) -> Result<Measured> {
        let before = self.cpu()?;
        let started = Instant::now();
        let id = job_id(request).await?;
        self.completed(&id).await?;
        let seconds = started.elapsed().as_secs_f64();
        let cpu = self.cpu()?.since(before);
        let peaks = self.workers.iter().filter_map(|worker| Memory::of(worker.pid())).map(|memory| memory.peak);
        let peak = peaks.max().context("memory needs Linux's /proc")?;
        let org_peak = Memory::of(self.org.pid()).context("local-org has ended")?.peak;
        let redis_peak = redis_info(&self.redis, "memory", "used_memory_peak").await?;
        let calls = self.org.counters(ORG).await?.calls.total;
        Ok(Measured { seconds, calls, cpu, peak, org_peak, redis_peak })
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

    /// Waits until `soql`, a `SELECT COUNT()`, finds `count` records, of which the last are written when the org has written
    /// `rows` rows since its counters were reset. Counting itself would keep the org from its work.
    pub(crate) async fn until_written(&self, rows: u64, soql: &str, count: u64) -> Result<()> {
        let started = Instant::now();
        while self.org.counters(ORG).await?.rows.written < rows || self.org.count(ORG, soql).await? < count {
            ensure!(started.elapsed() < PATIENCE, "it takes too long until `{soql}` finds {count}");
            tokio::time::sleep(SHORT_POLL).await;
        }
        Ok(())
    }

    /// CPU time of all processes.
    pub(crate) fn cpu(&self) -> Result<Cpu> {
        let of = |pid| cpu_time(pid).context("CPU times need Linux's /proc, and a process that runs");
        Ok(Cpu {
            workers: self.workers.iter().map(|worker| of(worker.pid())).sum::<Result<_>>()?,
            org: of(self.org.pid())?,
            redis: of(self.redis.pid())?,
            sample: self.sample.as_ref().map_or(Ok(Duration::ZERO), |sample| of(sample.worker.pid()))?,
        })
    }
}

impl Sample {
    async fn start(peer: &Peer, org: &LocalOrg, redis: &TestRedis) -> Result<Self> {
        let tls = TlsPort::open(redis).await?;
        let web = peer.web(org, Some(&tls)).await?;
        let worker = peer.worker(org, &tls).await?;
        Ok(Self { url: web.url()?, worker, _web: web, _tls: tls })
    }
}

/// The id of the job that a request has started.
pub(crate) async fn job_id(request: RequestBuilder) -> Result<String> {
    let answer: Value = request.send().await?.error_for_status()?.json().await?;
    Ok(answer["jobId"].as_str().context("the answer has no jobId")?.to_owned())
}

/// Calls but for those that publish progress, which go beside the work, and those that describe what a filter names, which
/// are asked once an hour.
pub(crate) fn of_the_work(calls: &Calls) -> u64 {
    let beside: u64 = ["create", "describe"].iter().filter_map(|name| calls.by_operation.get(*name)).sum();
    calls.total.saturating_sub(beside)
}

/// A number that `INFO` of Redis tells.
pub(crate) async fn redis_info(redis: &TestRedis, section: &str, field: &str) -> Result<u64> {
    let info = match redis.command(&["INFO", section]).await? {
        redis::Value::BulkString(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        redis::Value::VerbatimString { text, .. } => text,
        other => bail!("Redis answered {other:?}"),
    };
    let line = info.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
    Ok(line.with_context(|| format!("Redis tells no {field}"))?.trim().parse()?)
}

/// The value in the middle.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}
