//! The processes of one test, and jobs for them to show.

use anyhow::{Context, Result, ensure};
use reqwest::StatusCode;
use serde::{Deserialize, Serialize};
use shared::jobs::{
    Chunk, ChunkReport, JobId, JobKind, JobParams, JobState, JobView, Jobs, JobsConfig, Kind, NewChunk, NewJob,
    OPERATOR, PlanStep, RecordError, SealKey, TaskContext, TaskError, Worker, WorkerSettings,
};
use std::sync::Arc;
use std::time::Duration;
use test_support::{Browser, Service, ServiceSpec, TestRedis, eventually, free_port};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Longest wait for anything that a worker does, on a busy machine.
pub(crate) const LIMIT: Duration = Duration::from_secs(60);
pub(crate) const PASSWORD: &str = "correct horse";
/// 32 bytes for tests only.
pub(crate) const SECRET: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
pub(crate) const ORG: &str = "00D000000000001AAA";
pub(crate) const RECORD: &str = "006000000000001AAA";
/// Text of an org that would be a script, were it not shown as text.
pub(crate) const HOSTILE: &str = "</td><script>alert('x')</script>";

/// Redis and the web process.
pub(crate) struct Stack {
    pub(crate) redis: TestRedis,
    pub(crate) web: Service,
    pub(crate) jobs: Jobs,
}

/// The web process, into which ada logs in.
pub(crate) fn dashboard(redis: &TestRedis) -> Result<ServiceSpec> {
    dashboard_of(redis, "ada")
}

/// The same for another operator.
pub(crate) fn dashboard_of(redis: &TestRedis, operator: &str) -> Result<ServiceSpec> {
    Ok(ServiceSpec::new("dashboard-web")?
        .env("PORT", free_port()?)
        .env("BIND_ADDRESS", "127.0.0.1")
        .env("REDIS_URL", redis.url())
        .env("JOB_SECRET_KEY", SECRET)
        .env("APP_PASSWORD", PASSWORD)
        .env("APP_USERNAME", operator)
        .env("ORG_URLS", format!("{ORG}=https://acme.my.salesforce.com"))
        .env("LOG_LEVEL", "debug")
        .ready("listening on http://"))
}

/// The browser, once it has logged in as this operator.
pub(crate) async fn log_in(browser: Browser, operator: &str) -> Result<Browser> {
    let page = browser.log_in(operator, PASSWORD).await?;
    ensure!(page.status == StatusCode::SEE_OTHER, "the login answered {}: {}", page.status, page.text);
    Ok(browser)
}

impl Stack {
    pub(crate) async fn start() -> Result<Self> {
        let redis = TestRedis::start().await?;
        let web = dashboard(&redis)?.start().await?;
        let mut config = JobsConfig::new(redis.url().into(), SealKey::parse(SECRET)?);
        config.prefix = "{org-job}:".to_owned();
        let jobs = Jobs::connect(config).await?;
        Ok(Self { redis, web, jobs })
    }

    /// A browser that has not logged in.
    pub(crate) fn browser(&self) -> Result<Browser> {
        Browser::new(self.web.url()?)
    }

    /// A browser that has.
    pub(crate) async fn logged_in(&self) -> Result<Browser> {
        log_in(self.browser()?, "ada").await
    }

    /// A job of these chunks, made by `user`.
    pub(crate) async fn create(&self, user: &str, chunks: &[&str]) -> Result<JobId> {
        let params = Called { chunks: chunks.iter().map(ToString::to_string).collect() };
        let job = NewJob { request_id: "request-1".to_owned(), ..NewJob::of(&params, ORG, user)? };
        Ok(self.jobs.create(job).await?.id)
    }

    /// A job without a session: operators may let it go on.
    pub(crate) async fn free(&self, chunks: &[&str]) -> Result<JobId> {
        self.create(OPERATOR, chunks).await
    }

    pub(crate) async fn view(&self, id: &JobId) -> Result<JobView> {
        self.jobs.get(ORG, id).await?.context("the job")
    }

    /// Waits until the job is in this state.
    pub(crate) async fn reaches(&self, id: &JobId, state: JobState) -> Result<()> {
        eventually(LIMIT, &format!("the job is {state:?}"), async || {
            let view = self.view(id).await?;
            ensure!(view.state == state, "{view:?}");
            Ok(())
        })
        .await
    }

    /// A worker in this process.
    pub(crate) fn work(&self) -> Working {
        let (gate, stop) = (watch::Sender::new(0), CancellationToken::new());
        let kind: Arc<dyn JobKind> = Arc::new(CalledKind(gate.clone()));
        let settings = WorkerSettings {
            name: "worker.1".to_owned(),
            concurrency: 2,
            poll: Duration::from_millis(100),
            memory: || Some(21 << 20),
            ..WorkerSettings::default()
        };
        tokio::spawn(Worker::new(self.jobs.clone(), settings, vec![kind]).run(stop.clone()));
        Working { gate, _stop: stop.drop_guard() }
    }
}

/// Where a job's page is.
pub(crate) fn page_of(id: &JobId) -> String {
    format!("/jobs/org-job/{}", id.hyphenated())
}

/// A worker that runs until it is dropped.
pub(crate) struct Working {
    gate: watch::Sender<u64>,
    _stop: tokio_util::sync::DropGuard,
}

impl Working {
    /// Lets this many chunks that wait go on.
    pub(crate) fn let_go(&self, chunks: u64) {
        self.gate.send_modify(|open| *open += chunks);
    }
}

/// What the chunks of a job are called.
#[derive(Serialize, Deserialize)]
struct Called {
    chunks: Vec<String>,
}

impl JobParams for Called {
    const KIND: &'static str = "test";
    const VERSION: u32 = 1;
}

/// Runs chunks by what they are called: `ok`, `wait` until it may, `bad` with an error of a record, `dead`.
struct CalledKind(watch::Sender<u64>);

impl JobKind for CalledKind {
    fn kind(&self) -> Kind {
        Kind::of::<Called>()
    }

    fn plan<'a>(
        &'a self,
        cx: &'a TaskContext,
        _cursor: Option<String>,
    ) -> futures_util::future::BoxFuture<'a, Result<PlanStep, TaskError>> {
        Box::pin(async move {
            let Called { chunks } = cx.params()?;
            let chunks = chunks.into_iter().map(|payload| NewChunk { payload, records: 10 }).collect();
            Ok(PlanStep { chunks, cursor: String::new(), done: true })
        })
    }

    fn run<'a>(
        &'a self,
        cx: &'a TaskContext,
        chunk: Chunk,
    ) -> futures_util::future::BoxFuture<'a, Result<ChunkReport, TaskError>> {
        Box::pin(async move {
            let report = ChunkReport { processed: 10, succeeded: 10, ..ChunkReport::default() };
            match chunk.payload.as_str() {
                "wait" => {
                    let mut gate = self.0.subscribe();
                    let number = chunk.number;
                    let _ = cx.cancelled.run_until_cancelled(gate.wait_for(|open| *open > number)).await;
                    Ok(report)
                }
                "bad" => {
                    let error = RecordError {
                        record_id: RECORD.to_owned(),
                        code: "=CODE".to_owned(),
                        message: HOSTILE.to_owned(),
                    };
                    Ok(ChunkReport { succeeded: 9, failed: 1, errors: vec![error], ..report })
                }
                "dead" if cx.run == 1 => Err(TaskError::Fail { reason: format!("given up {HOSTILE}") }),
                "again" => Err(TaskError::Retry { reason: HOSTILE.to_owned(), after: Some(Duration::from_secs(60)) }),
                _ => Ok(report),
            }
        })
    }

    fn finish<'a>(
        &'a self,
        _cx: &'a TaskContext,
        _job: &'a JobView,
    ) -> futures_util::future::BoxFuture<'a, Result<(), TaskError>> {
        Box::pin(async { Ok(()) })
    }
}
