//! The life of a job: made, looked at, closed, stopped, removed, and found again after a crash.

use std::collections::VecDeque;

use futures_util::stream::{self, BoxStream, StreamExt};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::super::path::resource;
use super::super::transport::Request;
use super::super::{Error, ErrorKind, Operation};
use super::job::{JobInfo, JobRef, JobState, JobType};
use super::{ABORT_PATIENCE, Bulk};

/// Salesforce's word for a change of state that the present state does not allow.
const INVALID_STATE: &str = "INVALIDJOBSTATE";

impl Bulk {
    /// What Salesforce says of a job.
    ///
    /// # Errors
    /// Any [`Error`]; kind `NotFound` when the job was deleted. Salesforce does so by itself after seven days.
    pub async fn info(&self, job: JobRef) -> Result<JobInfo, Error> {
        self.client.get(Operation::BulkStatus, &path(job)?).await
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
        match self.client.send_and_forget(Request::delete(Operation::BulkDelete, path(job)?)).await {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            result => result,
        }
    }

    /// Asks after a job until it has ended, less and less often. `on_answer` is told of every answer.
    ///
    /// # Errors
    /// [`Error::Cancelled`], and any other; a job that fails is no error here, see [`JobInfo::completed`].
    pub async fn wait(
        &self,
        job: JobRef,
        cancelled: &CancellationToken,
        mut on_answer: impl FnMut(&JobInfo) + Send,
    ) -> Result<JobInfo, Error> {
        let mut asked = 0_u32;
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
        let info: JobInfo = self.client.send(Request::post(Operation::BulkCreate, path, body)?).await?.json()?;
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

    /// Changes a job's state. An earlier try may have done it unnoticed, and then Salesforce refuses the second one:
    /// what counts is where the job stands.
    async fn change(
        &self,
        job: JobRef,
        operation: Operation,
        state: &str,
        reached: impl Fn(JobState) -> bool,
    ) -> Result<(), Error> {
        let request = Request::patch(operation, path(job)?, &json!({ "state": state }))?;
        let Err(error) = self.client.send_and_forget(request).await else { return Ok(()) };
        if !error.api_errors().iter().any(|error| error.error_code == INVALID_STATE) {
            return Err(error);
        }
        if reached(self.info(job).await?.state) { Ok(()) } else { Err(error) }
    }
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
            let page: Page = self.bulk.client.send(request).await?.json()?;
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
