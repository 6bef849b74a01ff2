//! A job of your own: the squares of many numbers, a chunk at a time, on Redis at `REDIS_URL` (`redis://127.0.0.1:6379`).
//!
//! ```sh
//! cargo run --example own_job
//! ```

use futures_util::future::BoxFuture;
use jobs::{
    Chunk, ChunkReport, JobKind, JobParams, JobView, Jobs, JobsConfig, Kind, NewChunk, NewJob, PlanStep, SealKey,
    TaskContext, TaskError, Worker, WorkerSettings,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// What whoever starts a job says: the same type is written by the web process and read by the workers.
#[derive(Serialize, Deserialize)]
struct Squares {
    up_to: u64,
}

impl JobParams for Squares {
    const KIND: &'static str = "squares";
    const VERSION: u32 = 1;
}

const CHUNK: u64 = 100;
/// Chunks of a page: a plan of any length is made page by page, so that Redis never holds all of it.
const PAGE: usize = 5;

/// What a job of this kind does. A service puts what its tasks share in here, such as an HTTP client.
struct SquaresKind;

impl JobKind for SquaresKind {
    fn kind(&self) -> Kind {
        Kind::of::<Squares>()
    }

    /// One page of chunks. The cursor is whatever tells where the next page starts.
    fn plan<'a>(&'a self, cx: &'a TaskContext, cursor: Option<String>) -> BoxFuture<'a, Result<PlanStep, TaskError>> {
        Box::pin(async move {
            let Squares { up_to } = cx.params()?;
            let mut next: u64 = cursor.as_deref().unwrap_or("1").parse().map_err(|error| fail(&error))?;
            let mut chunks = Vec::new();
            while next <= up_to && chunks.len() < PAGE {
                let last = up_to.min(next + CHUNK - 1);
                chunks.push(NewChunk { payload: format!("{next} {last}"), records: last + 1 - next });
                next = last + 1;
            }
            Ok(PlanStep { chunks, cursor: next.to_string(), done: next > up_to })
        })
    }

    /// One chunk, on any worker. It may run twice, and is counted once; what it writes elsewhere must bear a repetition.
    fn run<'a>(&'a self, _cx: &'a TaskContext, chunk: Chunk) -> BoxFuture<'a, Result<ChunkReport, TaskError>> {
        Box::pin(async move {
            let (first, last) = chunk.payload.split_once(' ').ok_or_else(|| fail(&"the chunk is not a range"))?;
            let first: u64 = first.parse().map_err(|error| fail(&error))?;
            let last: u64 = last.parse().map_err(|error| fail(&error))?;
            let sum = (first..=last).map(|number| number * number).sum();
            let counters = BTreeMap::from([("sum".to_owned(), sum)]);
            Ok(ChunkReport { processed: chunk.records, succeeded: chunk.records, counters, ..ChunkReport::default() })
        })
    }

    /// Once all chunks have ended: tell somebody. This job tells nobody.
    fn finish<'a>(&'a self, _cx: &'a TaskContext, _job: &'a JobView) -> BoxFuture<'a, Result<(), TaskError>> {
        Box::pin(async { Ok(()) })
    }
}

/// Trying again would not help.
fn fail(error: &dyn ToString) -> TaskError {
    TaskError::Fail { reason: error.to_string() }
}

#[tokio::main]
#[expect(clippy::print_stdout, clippy::disallowed_methods, reason = "an example")]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::var("REDIS_URL").unwrap_or_else(|_| "redis://127.0.0.1:6379".to_owned());
    // All processes of an app share one key and keep it secret: `openssl rand -hex 32`.
    let key = SealKey::parse(&"0123456789abcdef".repeat(4))?;
    let mut config = JobsConfig::new(url.into(), key);
    config.prefix = "{own-job}:".to_owned();
    let jobs = Jobs::connect(config).await?;

    // A web process does this, and answers with the id.
    let job = NewJob::of(&Squares { up_to: 2_000 }, "acme", "somebody")?;
    let created = jobs.create(NewJob { request_id: "example".to_owned(), ..job }).await?;

    // A worker process does this. Start as many as you like.
    let shutdown = CancellationToken::new();
    let worker = Worker::new(jobs.clone(), WorkerSettings::default(), vec![Arc::new(SquaresKind)]);
    let worker = tokio::spawn(worker.run(shutdown.clone()));

    // And anybody looks how far it is.
    let job = loop {
        let job = jobs.get("acme", &created.id).await?.ok_or("the job is gone")?;
        if job.state.is_final() {
            break job;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    println!(
        "{:?}: {} numbers in {} chunks, sum of squares {}",
        job.state, job.processed, job.total_chunks, job.counters["sum"]
    );

    shutdown.cancel();
    worker.await??;
    Ok(())
}
