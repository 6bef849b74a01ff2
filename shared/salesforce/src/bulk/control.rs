//! The life of a job: made, looked at, closed, stopped, removed, and found again after a crash.

use std::collections::VecDeque;

use futures_util::stream::{self, BoxStream, StreamExt};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::super::path::resource;
use super::super::transport::{Answer, Request};
use super::super::{Error, ErrorKind, Operation};
use super::JobState;
use super::job::{JobInfo, JobRef, JobType};
use super::{ABORT_PATIENCE, Bulk};

/// Answers in a row that may name a state which cannot be, before a wait ends: a moment's delay inside Salesforce is no
/// reason to give up.
const STRANGE_ANSWERS: u32 = 3;

/// The same for a state that this client does not know, which may be a new one.
const UNKNOWN_ANSWERS: u32 = 20;

/// Salesforce's word for a change of state that the present state does not allow.
const INVALID_STATE: &str = "INVALIDJOBSTATE";

impl Bulk {
    /// What Salesforce says of a job.
    ///
    /// # Errors
    /// Any [`Error`]; kind `NotFound` when the job was deleted. Salesforce does so by itself after seven days.
    pub async fn info(&self, job: JobRef) -> Result<JobInfo, Error> {
        self.client.send(Request::get(Operation::BulkStatus, path(job)?), |answer| about(job, answer)).await
    }

    /// Stops a job. What it has processed stays. Does nothing to a job that has ended.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn abort(&self, job: JobRef) -> Result<(), Error> {
        self.change(job, Operation::BulkAbort, "Aborted", JobState::is_final).await
    }

    /// Removes a job that has ended, with its results; the records stay. Does nothing when it is removed already.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn delete(&self, job: JobRef) -> Result<(), Error> {
        match self.client.send(Request::delete(Operation::BulkDelete, path(job)?), Answer::nothing).await {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            result => result,
        }
    }

    /// Asks after a job that was closed or stopped until it has ended, less and less often. `on_answer` is told of every
    /// answer.
    ///
    /// # Errors
    /// [`Error::Cancelled`]; [`Error::BulkJobOpen`] when the job waits for rows all the same; kind `Malformed` when its
    /// state stays one that nobody knows; and any other. A job that fails is no error here, see [`JobInfo::completed`].
    pub async fn wait(
        &self,
        job: JobRef,
        cancelled: &CancellationToken,
        mut on_answer: impl FnMut(&JobInfo) + Send,
    ) -> Result<JobInfo, Error> {
        let (mut asked, mut strange) = (0_u32, 0_u32);
        loop {
            let wait = self.settings.poll.wait(asked, rand::random());
            tokio::select! {
                () = cancelled.cancelled() => return Err(Error::Cancelled),
                () = tokio::time::sleep(wait) => {}
            }
            let info = tokio::select! {
                () = cancelled.cancelled() => return Err(Error::Cancelled),
                info = self.info(job) => info?,
            };
            on_answer(&info);
            if info.state.is_final() {
                info!(job.id = %job.id, state = %info.state, processed = info.number_records_processed,
                    failed = info.number_records_failed, "bulk job ended");
                return Ok(info);
            }
            asked = asked.saturating_add(1);
            strange = if matches!(info.state, JobState::Open | JobState::Unknown) { strange + 1 } else { 0 };
            match info.state {
                JobState::Open if strange > STRANGE_ANSWERS => return Err(Error::BulkJobOpen { id: job.id }),
                JobState::Unknown if strange > UNKNOWN_ANSWERS => {
                    return Err(Error::malformed(Operation::BulkStatus, "it names no state that is known"));
                }
                _ => {}
            }
        }
    }

    /// Brings an ingest job to its end that was begun before a crash: one that still waits for rows, of which it may
    /// have got a part, is stopped, and nothing of it has happened; any other is waited for. `None` when it is gone.
    ///
    /// # Errors
    /// As for [`Bulk::wait`].
    pub async fn settle(&self, job: JobRef, cancelled: &CancellationToken) -> Result<Option<JobInfo>, Error> {
        let info = match self.info(job).await {
            Ok(info) => info,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        if info.state == JobState::Open {
            self.abort(job).await?;
        }
        if info.state.is_final() { Ok(Some(info)) } else { self.wait(job, cancelled, |_| ()).await.map(Some) }
    }

    /// The org's jobs of a kind that `filter` lets through, as Salesforce lists them.
    #[must_use]
    pub fn jobs(&self, job_type: JobType, filter: JobFilter) -> BoxStream<'static, Result<JobInfo, Error>> {
        let first = match job_type {
            JobType::Ingest => "/jobs/ingest?jobType=V2Ingest",
            JobType::Query => "/jobs/query?jobType=V2Query",
        };
        let listing = Listing { bulk: self.clone(), next: Some(Next::First(first)), page: VecDeque::new() };
        stream::try_unfold((listing, filter), |(mut listing, filter)| async move {
            while let Some(info) = listing.next().await? {
                if filter.matches(&info) {
                    return Ok(Some((info, (listing, filter))));
                }
            }
            Ok(None)
        })
        .boxed()
    }

    pub(super) async fn create(&self, job_type: JobType, body: &impl Serialize) -> Result<JobInfo, Error> {
        let path = resource(&["jobs", job_type.segment()])?;
        let info = self.client.send(Request::post(Operation::BulkCreate, path, body)?, told).await?;
        info!(job.id = %info.id, "bulk job created");
        Ok(info)
    }

    /// Tells Salesforce that the rows are complete.
    pub(super) async fn close(&self, job: JobRef) -> Result<(), Error> {
        let closed =
            |state: JobState| matches!(state, JobState::UploadComplete | JobState::InProgress) || state.is_final();
        self.change(job, Operation::BulkClose, "UploadComplete", closed).await
    }

    /// Stops a job that nobody will need, without waiting long for it.
    pub(super) async fn abort_quietly(&self, job: JobRef) {
        match tokio::time::timeout(ABORT_PATIENCE, self.abort(job)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => warn!(job.id = %job.id, %error, "bulk job stays open"),
            Err(_) => warn!(job.id = %job.id, "bulk job stays open"),
        }
    }

    /// Changes a job's state. What counts is where the job stands: an answer proves the change by naming the state, and
    /// where none does, or Salesforce refuses a second try because an earlier one worked unnoticed, the job is asked.
    async fn change(
        &self,
        job: JobRef,
        operation: Operation,
        state: &str,
        reached: impl Fn(JobState) -> bool,
    ) -> Result<(), Error> {
        let request = Request::patch(operation, path(job)?, &json!({ "state": state }))?;
        let error = match self.client.send(request, |answer| about(job, answer)).await {
            Ok(info) if reached(info.state) => return Ok(()),
            Ok(info) => Error::malformed(operation, format!("the job is {} all the same", info.state)),
            Err(error) if error.kind().passes() || is_invalid_state(&error) => error,
            Err(error) => return Err(error),
        };
        warn!(job.id = %job.id, %error, "asking where the job stands");
        match self.info(job).await {
            Ok(info) if reached(info.state) => Ok(()),
            // Nobody knows where the job stands, so the refusal of a second try settles nothing.
            Err(unknown) if is_invalid_state(&error) => Err(unknown),
            // What went wrong first says more.
            Ok(_) | Err(_) => Err(error),
        }
    }
}

/// What an answer says about a job.
fn told(answer: &Answer) -> Result<JobInfo, Error> {
    Ok(answer.json::<JobInfo>()?.cleared(&answer.cleaner))
}

/// What an answer says about this job, and no other.
fn about(job: JobRef, answer: &Answer) -> Result<JobInfo, Error> {
    let info = told(answer)?;
    if info.id == job.id { Ok(info) } else { Err(Error::malformed(answer.operation, "it is about another job")) }
}

fn is_invalid_state(error: &Error) -> bool {
    error.api_errors().iter().any(|error| error.error_code == INVALID_STATE)
}

pub(super) fn path(job: JobRef) -> Result<String, Error> {
    resource(&["jobs", job.job_type.segment(), job.id.as_str()])
}

/// Which jobs of a list are wanted. What is `None` does not matter.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct JobFilter {
    /// Where they stand.
    pub state: Option<JobState>,
    /// API name of the object.
    pub object: Option<String>,
    /// Who made them.
    pub created_by: Option<super::super::SalesforceId>,
    /// Made at this time or later.
    pub since: Option<chrono::DateTime<chrono::Utc>>,
}

impl JobFilter {
    fn matches(&self, info: &JobInfo) -> bool {
        let same_object = |object: &str| info.object.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(object));
        self.state.is_none_or(|state| info.state == state)
            && self.object.as_deref().is_none_or(same_object)
            && self.created_by.is_none_or(|user| info.created_by_id == Some(user))
            && self.since.is_none_or(|since| info.created_date.is_some_and(|date| date >= since))
    }
}

enum Next {
    First(&'static str),
    More(String),
}

/// A list of jobs being read page by page.
struct Listing {
    bulk: Bulk,
    next: Option<Next>,
    page: VecDeque<JobInfo>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    #[serde(default)]
    done: bool,
    records: Vec<JobInfo>,
    #[serde(default)]
    next_records_url: Option<String>,
}

impl Listing {
    async fn next(&mut self) -> Result<Option<JobInfo>, Error> {
        loop {
            if let Some(info) = self.page.pop_front() {
                return Ok(Some(info));
            }
            let (request, current) = match self.next.take() {
                None => return Ok(None),
                Some(Next::First(path)) => (Request::get(Operation::BulkList, path.to_owned()), None),
                Some(Next::More(path)) => (Request::get_server_path(Operation::BulkList, path.clone()), Some(path)),
            };
            let read = |answer: &Answer| {
                let page: Page = answer.json()?;
                let records = page.records.into_iter().map(|info| info.cleared(&answer.cleaner)).collect();
                Ok(Page { records, ..page })
            };
            let page = self.bulk.client.send(request, read).await?;
            self.page = page.records.into();
            self.next = match page.next_records_url.filter(|_| !page.done) {
                Some(url) if Some(&url) == current.as_ref() => {
                    return Err(Error::malformed(Operation::BulkList, "the page names itself as the next one"));
                }
                url => url.map(Next::More),
            };
        }
    }
}
