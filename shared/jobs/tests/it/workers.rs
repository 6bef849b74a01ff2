//! Workers and job kinds for tests.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::BoxFuture;
use jobs::{
    Chunk, ChunkReport, Heard, JobKind, JobView, JobWatch, Jobs, JobsError, Kind, Looked, PlanStep, TaskContext,
    TaskError, Worker, WorkerSettings,
};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::support::{Bed, KIND, all_well, page};

/// One run of a chunk.
pub(crate) struct Run {
    pub(crate) number: u64,
    pub(crate) records: u64,
    pub(crate) delivery: u32,
    pub(crate) cancelled: CancellationToken,
    pub(crate) watch: JobWatch,
    pub(crate) org: String,
    pub(crate) heard: Heard,
}

impl Run {
    /// All records went well.
    #[expect(clippy::unnecessary_wraps, reason = "the last line of a task")]
    pub(crate) fn all_well(&self) -> Result<ChunkReport, TaskError> {
        Ok(all_well(self.records))
    }
}

type Look = dyn Fn(String) -> BoxFuture<'static, Looked> + Send + Sync;
type Handler = dyn Fn(Run) -> BoxFuture<'static, Result<ChunkReport, TaskError>> + Send + Sync;

/// A kind that plans given pages and notes what it runs.
pub(crate) struct TestKind {
    pages: Vec<Vec<u64>>,
    handler: Box<Handler>,
    look: Option<Box<Look>>,
    runs: Mutex<Vec<(u64, u32)>>,
    finishes: AtomicUsize,
}

impl TestKind {
    /// All goes well. Pages are lists of chunks, chunks are numbers of records.
    pub(crate) fn new(pages: Vec<Vec<u64>>) -> Arc<Self> {
        Self::with(pages, |run| Box::pin(async move { run.all_well() }))
    }

    pub(crate) fn with(
        pages: Vec<Vec<u64>>,
        handler: impl Fn(Run) -> BoxFuture<'static, Result<ChunkReport, TaskError>> + Send + Sync + 'static,
    ) -> Arc<Self> {
        Arc::new(Self::of(pages, handler, None))
    }

    /// The same for a kind that can look, given the org, whether it answers.
    pub(crate) fn looking(
        pages: Vec<Vec<u64>>,
        handler: impl Fn(Run) -> BoxFuture<'static, Result<ChunkReport, TaskError>> + Send + Sync + 'static,
        look: impl Fn(String) -> BoxFuture<'static, Looked> + Send + Sync + 'static,
    ) -> Arc<Self> {
        Arc::new(Self::of(pages, handler, Some(Box::new(look))))
    }

    fn of(
        pages: Vec<Vec<u64>>,
        handler: impl Fn(Run) -> BoxFuture<'static, Result<ChunkReport, TaskError>> + Send + Sync + 'static,
        look: Option<Box<Look>>,
    ) -> Self {
        let (runs, finishes) = (Mutex::default(), AtomicUsize::new(0));
        Self { pages, handler: Box::new(handler), look, runs, finishes }
    }

    /// Number and delivery of the chunks run so far, in order.
    pub(crate) fn runs(&self) -> Vec<(u64, u32)> {
        let mut runs = self.runs.lock().unwrap().clone();
        runs.sort_unstable();
        runs
    }

    pub(crate) fn finishes(&self) -> usize {
        self.finishes.load(Ordering::SeqCst)
    }
}

impl JobKind for TestKind {
    fn kind(&self) -> Kind {
        Kind { name: KIND, version: 1 }
    }

    fn look<'a>(&'a self, cx: &'a TaskContext, _limit: Duration) -> Option<BoxFuture<'a, Looked>> {
        self.look.as_ref().map(|look| look(cx.org.clone()))
    }

    fn plan<'a>(&'a self, _cx: &'a TaskContext, cursor: Option<String>) -> BoxFuture<'a, Result<PlanStep, TaskError>> {
        let number: usize = cursor.map_or(0, |cursor| cursor.parse().unwrap());
        let done = number + 1 >= self.pages.len();
        let records = self.pages.get(number).cloned().unwrap_or_default();
        Box::pin(async move { Ok(PlanStep { cursor: (number + 1).to_string(), ..page(&records, done) }) })
    }

    fn run<'a>(&'a self, cx: &'a TaskContext, chunk: Chunk) -> BoxFuture<'a, Result<ChunkReport, TaskError>> {
        self.runs.lock().unwrap().push((chunk.number, cx.delivery));
        (self.handler)(Run {
            number: chunk.number,
            records: chunk.records,
            delivery: cx.delivery,
            cancelled: cx.cancelled.clone(),
            watch: cx.watch(),
            org: cx.org.clone(),
            heard: cx.heard.clone(),
        })
    }

    fn finish<'a>(&'a self, _cx: &'a TaskContext, job: &'a JobView) -> BoxFuture<'a, Result<(), TaskError>> {
        self.finishes.fetch_add(1, Ordering::SeqCst);
        assert_eq!(job.done_chunks + job.dead_chunks + job.dropped_chunks, job.total_chunks);
        Box::pin(async { Ok(()) })
    }
}

/// Remembers a fact, fails, and looks whether it is still known.
#[derive(Default)]
pub(crate) struct FlagKind {
    pub(crate) seen: Mutex<Vec<bool>>,
}

impl JobKind for FlagKind {
    fn kind(&self) -> Kind {
        Kind { name: KIND, version: 1 }
    }

    fn plan<'a>(&'a self, _cx: &'a TaskContext, _cursor: Option<String>) -> BoxFuture<'a, Result<PlanStep, TaskError>> {
        Box::pin(async { Ok(page(&[], true)) })
    }

    fn run<'a>(&'a self, cx: &'a TaskContext, chunk: Chunk) -> BoxFuture<'a, Result<ChunkReport, TaskError>> {
        Box::pin(async move {
            let seen = cx.flag("written").await?;
            self.seen.lock().unwrap().push(seen);
            cx.set_flag("written").await?;
            if seen { Ok(all_well(chunk.records)) } else { Err(JobsError::LeaseLost.into()) }
        })
    }

    fn finish<'a>(&'a self, _cx: &'a TaskContext, _job: &'a JobView) -> BoxFuture<'a, Result<(), TaskError>> {
        Box::pin(async { Ok(()) })
    }
}

/// Four tasks at a time, and short waits.
pub(crate) fn settings(name: &str) -> WorkerSettings {
    WorkerSettings {
        name: name.to_owned(),
        concurrency: 4,
        poll: Duration::from_millis(100),
        retry_base: Duration::from_millis(1),
        ..WorkerSettings::default()
    }
}

/// A worker that runs.
pub(crate) struct Running {
    pub(crate) shutdown: CancellationToken,
    handle: JoinHandle<Result<(), JobsError>>,
}

impl Running {
    pub(crate) async fn start(bed: &Bed, settings: WorkerSettings, kind: Arc<dyn JobKind>) -> Self {
        let jobs = Jobs::connect(bed.config.clone()).await.unwrap();
        let shutdown = CancellationToken::new();
        let handle = tokio::spawn(Worker::new(jobs, settings, vec![kind]).run(shutdown.clone()));
        Self { shutdown, handle }
    }

    /// Ends it as SIGTERM does.
    pub(crate) async fn stop(self) {
        self.shutdown.cancel();
        self.handle.await.unwrap().unwrap();
    }

    /// Ends it as SIGKILL does.
    pub(crate) async fn abort(self) {
        self.handle.abort();
        assert!(self.handle.await.unwrap_err().is_cancelled());
    }
}

pub(crate) async fn start(bed: &Bed, settings: WorkerSettings, kind: &Arc<TestKind>) -> Running {
    Running::start(bed, settings, kind.clone()).await
}
