//! org-job: sample data, and the same Quotes by composite graphs and through the Bulk API.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use test_support::{
    LocalOrg, LocalOrgOptions, Memory, Service, ServiceSpec, TestRedis, client_context, free_port, http_client,
};

use crate::{say, table};

const ORG: &str = "my-org";
const SECRET: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
const POLL: Duration = Duration::from_millis(50);
/// No job of a sensible size takes longer.
const PATIENCE: Duration = Duration::from_secs(60 * 60);

/// Options of `bin/bench org-job`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Sample Opportunities to create, one row of the first table each
    #[arg(long, value_delimiter = ',', default_value = "100,100000")]
    create: Vec<u32>,
    /// Opportunities of the quote jobs; 0 for no such job
    #[arg(long, default_value_t = 100_000)]
    opportunities: u32,
    /// Opportunities of a chunk that goes through the Bulk API, one row of the second table each, beside that of graphs
    #[arg(long, value_delimiter = ',', default_value = "10000")]
    bulk_chunks: Vec<u32>,
    /// Line items of each Opportunity
    #[arg(long, default_value_t = 2)]
    lines: u32,
    /// Worker processes
    #[arg(long, default_value_t = 4)]
    workers: usize,
    /// Milliseconds that each call to local-org takes
    #[arg(long, default_value_t = 20)]
    call_ms: u64,
    /// Microseconds more for each row that local-org reads or writes
    #[arg(long, default_value_t = 0)]
    row_us: u64,
}

/// Measures each row on new processes and prints the tables.
pub(crate) async fn run(args: &Args) -> Result<()> {
    ensure!(args.workers > 0, "--workers: must be at least 1");
    let costs = format!("{} workers, {} ms per call and {} µs per row", args.workers, args.call_ms, args.row_us);
    let mut rows = Vec::new();
    for &count in &args.create {
        let stack = Stack::start(args, None).await?;
        let path = format!("/api/data/create?numberOfOpportunities={count}&lines={}", args.lines);
        let measured = stack.measure(stack.call(Method::POST, &path)).await?;
        let made = stack.org.count(ORG, "SELECT COUNT() FROM Opportunity WHERE SampleDataKey__c != NULL").await?;
        ensure!(made == u64::from(count), "{made} of {count} Opportunities were made");
        rows.push(measured.row(count.to_string()));
    }
    if !rows.is_empty() {
        say(&format!("datacreate, {} lines each; {costs}; every Opportunity was counted in local-org.", args.lines));
        say(&table::render(&["Opportunities", "seconds", "API calls", "peak MiB of a worker"], &rows));
    }
    if args.opportunities == 0 {
        return Ok(());
    }
    let mut rows = Vec::new();
    for chunk in std::iter::once(None).chain(args.bulk_chunks.iter().copied().map(Some)) {
        let stack = Stack::start(args, chunk).await?;
        stack.org.seed(ORG, args.opportunities, args.lines).await?;
        stack.org.reset_counters(ORG).await?;
        let body = json!({ "soqlWhereClause": "Name LIKE 'Sample Opportunity%'" });
        let measured = stack.measure(stack.call(Method::POST, "/api/executebatch").json(&body)).await?;
        let made = stack.org.count(ORG, "SELECT COUNT() FROM Quote").await?;
        ensure!(made == u64::from(args.opportunities), "{made} of {} Quotes were made", args.opportunities);
        rows.push(measured.row(chunk.map_or("graphs".to_owned(), |chunk| format!("bulk, chunks of {chunk}"))));
    }
    say(&format!(
        "{} Quotes, {} lines each; {costs}; every Quote was counted in local-org.",
        args.opportunities, args.lines
    ));
    say(&table::render(&["way", "seconds", "API calls", "peak MiB of a worker"], &rows));
    Ok(())
}

struct Stack {
    org: LocalOrg,
    web: Service,
    workers: Vec<Service>,
    http: Client,
    url: String,
    context: String,
    // Ends last.
    _redis: TestRedis,
}

/// What one job took.
struct Measured {
    seconds: f64,
    calls: u64,
    peak: u64,
}

impl Measured {
    fn row(&self, what: String) -> Vec<String> {
        let peak = self.peak as f64 / (1024.0 * 1024.0);
        vec![what, format!("{:.1}", self.seconds), self.calls.to_string(), format!("{peak:.0}")]
    }
}

impl Stack {
    /// New processes. With `bulk_chunk`, Quotes go through the Bulk API in chunks of that size, else as graphs.
    async fn start(args: &Args, bulk_chunk: Option<u32>) -> Result<Self> {
        let redis = TestRedis::start().await?;
        let costs =
            test_support::Costs { call_ms: args.call_ms, row_us: args.row_us, ..test_support::Costs::default() };
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
        let mut workers = Vec::new();
        for number in 1..=args.workers {
            let worker = common("org-job-worker")?
                .named(format!("worker.{number}"))
                .env("WORKER_NAME", format!("worker.{number}"))
                .env("BULK_THRESHOLD", u32::from(bulk_chunk.is_some()))
                .env("BULK_CHUNK_SIZE", bulk_chunk.unwrap_or(10_000))
                .ready("worker ready");
            workers.push(worker.start().await?);
        }
        let (about, user) = org.org(ORG).await?;
        let context = client_context(&about, &user);
        Ok(Self { url: web.url()?, org, web, workers, http: http_client()?, context, _redis: redis })
    }

    fn call(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.url)).header("x-client-context", &self.context)
    }

    /// Starts a job with `request`, and waits until it is completed without a failure.
    async fn measure(&self, request: RequestBuilder) -> Result<Measured> {
        let started = Instant::now();
        let answer: Value = request.send().await?.error_for_status()?.json().await?;
        let id = answer["jobId"].as_str().context("the answer has no jobId")?.to_owned();
        loop {
            let path = format!("/api/jobs/{id}");
            let job: Value = self.call(Method::GET, &path).send().await?.error_for_status()?.json().await?;
            match job["state"].as_str() {
                Some("completed") if job["failed"] == 0 => break,
                Some("completed" | "failed" | "cancelled") => bail!("the job did not go well: {job}"),
                _ if started.elapsed() > PATIENCE => bail!("the job takes too long: {job}"),
                _ => tokio::time::sleep(POLL).await,
            }
        }
        let seconds = started.elapsed().as_secs_f64();
        let peaks = self.workers.iter().filter_map(|worker| Memory::of(worker.pid())).map(|memory| memory.peak);
        let peak = peaks.max().context("memory needs Linux's /proc")?;
        ensure!(Memory::of(self.web.pid()).is_some(), "org-job-web has ended");
        Ok(Measured { seconds, calls: self.org.counters(ORG).await?.calls.total, peak })
    }
}
