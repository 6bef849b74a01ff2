//! Rows into ingest jobs: cut, uploaded while they are made, closed.

use std::fmt;
use std::io;

use futures_util::stream::{BoxStream, FuturesUnordered, Stream, StreamExt};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;

use super::super::path::resource;
use super::super::transport::Upload;
use super::super::{Error, Operation};
use super::Bulk;
use super::cell::{Columns, Row};
use super::encode::Encoder;
use super::ingest::IngestSpec;
use super::job::{JobInfo, JobRef, JobType};

/// Pieces of CSV that wait for the network. With them memory is bounded, however fast rows come.
const CHUNKS_AHEAD: usize = 4;

/// Rows on their way into one job after the other.
///
/// A row is taken from the stream once. When an upload breaks off, the rows of that job are lost with it, and the job,
/// which has processed nothing, is stopped: begin a new load at [`Load::rows_closed`].
pub struct Load<'a> {
    bulk: Bulk,
    spec: IngestSpec,
    rows: BoxStream<'a, Result<Row, Error>>,
    encoder: Encoder,
    /// A row that did not fit into the job before.
    carried: Option<Row>,
    closed: u64,
}

/// A job that waits for its rows.
pub struct OpenJob<'l, 'a> {
    load: &'l mut Load<'a>,
    info: JobInfo,
}

/// A job that has all its rows and was closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClosedJob {
    /// The job.
    pub job: JobRef,
    /// Number of its first row within the load, from 0.
    pub first_row: u64,
    /// Rows in it.
    pub rows: u64,
    /// Bytes of CSV in it.
    pub bytes: u64,
}

impl Bulk {
    /// Begins a load. Nothing is sent before [`Load::next_job`].
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] when the columns do not fit the operation.
    pub fn load<'a>(
        &self,
        spec: IngestSpec,
        columns: Columns,
        rows: impl Stream<Item = Result<Row, Error>> + Send + 'a,
    ) -> Result<Load<'a>, Error> {
        spec.check(&columns)?;
        let encoder = Encoder::new(columns, &self.settings);
        Ok(Load { bulk: self.clone(), spec, rows: rows.boxed(), encoder, carried: None, closed: 0 })
    }
}

impl<'a> Load<'a> {
    /// Creates a job for the next rows; `None` when there are no more. Keep its id, then upload.
    ///
    /// # Errors
    /// Any [`Error`], that of the row stream included.
    pub async fn next_job(&mut self) -> Result<Option<OpenJob<'_, 'a>>, Error> {
        if self.carried.is_none() {
            self.carried = self.rows.next().await.transpose()?;
        }
        if self.carried.is_none() {
            return Ok(None);
        }
        let info = self.bulk.create(JobType::Ingest, &self.spec.body()).await?;
        Ok(Some(OpenJob { load: self, info }))
    }

    /// Rows in jobs that were closed.
    #[must_use]
    pub fn rows_closed(&self) -> u64 {
        self.closed
    }

    /// Loads everything: the next rows are uploaded while Salesforce works on those before. `on_answer` is told of
    /// every answer about every job. Gives what became of each job, in the order in which they ended.
    ///
    /// # Errors
    /// Any [`Error`]. A job that fails is no error here, see [`JobInfo::completed`]. After an error jobs that were
    /// closed go on; find them with [`Bulk::jobs`].
    pub async fn run(
        mut self,
        cancelled: &CancellationToken,
        on_answer: &(dyn Fn(&JobInfo) + Sync),
    ) -> Result<Vec<JobInfo>, Error> {
        let bulk = self.bulk.clone();
        let (mut running, mut ended) = (FuturesUnordered::new(), Vec::new());
        while let Some(job) = self.next_job().await? {
            on_answer(&job.info);
            let closed = job.upload(cancelled).await?;
            running.push(bulk.wait(closed.job, cancelled, on_answer));
            while running.len() >= bulk.settings.jobs_in_flight.max(1) {
                ended.extend(running.next().await.transpose()?);
            }
        }
        while let Some(info) = running.next().await {
            ended.push(info?);
        }
        Ok(ended)
    }

    /// Fills the body of a job's upload. `Ok(false)` when the network wants no more of it.
    async fn feed(&mut self, body: &mpsc::Sender<io::Result<Vec<u8>>>) -> Result<bool, Error> {
        self.encoder.begin()?;
        loop {
            let row = match self.carried.take() {
                Some(row) => row,
                None => match self.rows.next().await {
                    Some(row) => row?,
                    None => break,
                },
            };
            if !self.encoder.push(&row)? {
                self.carried = Some(row);
                break;
            }
            if let Some(chunk) = self.encoder.full_chunk()?
                && body.send(Ok(chunk)).await.is_err()
            {
                return Ok(false);
            }
        }
        let rest = self.encoder.rest()?;
        Ok(rest.is_empty() || body.send(Ok(rest)).await.is_ok())
    }
}

impl OpenJob<'_, '_> {
    /// What Salesforce says of the job.
    #[must_use]
    pub fn info(&self) -> &JobInfo {
        &self.info
    }

    /// Uploads rows until the job is full or there are no more, and closes it. When that fails before the closing, the
    /// job has processed nothing and is stopped.
    ///
    /// # Errors
    /// Any [`Error`], that of the row stream included. [`Error::may_have_committed`] tells whether the closing may have
    /// worked all the same; then ask after the job.
    pub async fn upload(self, cancelled: &CancellationToken) -> Result<ClosedJob, Error> {
        let Self { load, info } = self;
        let job = JobRef::ingest(info.id);
        let sent = tokio::select! {
            () = cancelled.cancelled() => Err(Error::Cancelled),
            sent = send_rows(load, job) => sent,
        };
        if let Err(error) = sent {
            load.bulk.abort_quietly(job).await;
            return Err(error);
        }
        load.bulk.close(job).await?;
        let (rows, bytes) = (load.encoder.rows(), load.encoder.bytes());
        let closed = ClosedJob { job, first_row: load.closed, rows, bytes };
        load.closed += rows;
        Ok(closed)
    }
}

/// Makes the CSV and sends it at the same time.
async fn send_rows(load: &mut Load<'_>, job: JobRef) -> Result<(), Error> {
    let (sender, receiver) = mpsc::channel(CHUNKS_AHEAD);
    let client = load.bulk.client.clone();
    let put = client.upload(Upload {
        operation: Operation::BulkUpload,
        path: resource(&["jobs", "ingest", job.id.as_str(), "batches"])?,
        content_type: "text/csv; charset=UTF-8",
        body: reqwest::Body::wrap_stream(ReceiverStream::new(receiver)),
        timeout: load.bulk.settings.upload_timeout,
    });
    let feed = async move {
        let fed = load.feed(&sender).await;
        if fed.is_err() {
            // The body must break off: an upload that just ended would look complete. It may be gone already.
            let _ = sender.send(Err(io::Error::other("the rows broke off"))).await;
        }
        fed
    };
    tokio::pin!(put, feed);
    let mut all_fed = None;
    loop {
        tokio::select! {
            fed = &mut feed, if all_fed.is_none() => all_fed = Some(fed?),
            answer = &mut put => {
                answer?;
                return match all_fed {
                    Some(true) => Ok(()),
                    _ => Err(Error::malformed(Operation::BulkUpload, "it came before all rows were sent")),
                };
            }
        }
    }
}

impl fmt::Debug for Load<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Load").field("spec", &self.spec).field("closed", &self.closed).finish_non_exhaustive()
    }
}

impl fmt::Debug for OpenJob<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenJob").field("info", &self.info).finish_non_exhaustive()
    }
}
