//! Ingest jobs: create, upload, change, list, results.

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::rt::time::sleep;
use serde_json::json;

use super::download::Download;
use super::resource::Resource;
use super::upload::Received;
use super::{Answer, ApiError, Exchange, Job, background, builder, multipart, not_found};
use crate::bulk::job::{Creator, Output, Work};
use crate::bulk::results::Part;
use crate::bulk::spec::{Change, IngestSpec, Operation};
use crate::bulk::spool::Spool;
use crate::bulk::{disk, refused};

/// How often the end of a step is looked for, which an aborted job may still be in.
const POLL: Duration = Duration::from_millis(5);

impl Exchange {
    /// `POST jobs/ingest`. With contents in the request itself the job is closed at once.
    pub(super) fn create_ingest(&self, body: &Received) -> Result<HttpResponse, ApiError> {
        let (request, content) = match &self.multipart {
            Some(boundary) => multipart::read(body.text(), boundary).map(|(job, content)| (job, Some(content)))?,
            None => (body.text(), None),
        };
        let org = &self.call.org;
        let spec = IngestSpec::read(request, &org.store.schema())?;
        if spec.operation == Operation::HardDelete
            && !org.settings.get().may_hard_delete(&self.call.session.user.username)
        {
            let message = "hardDelete operation requires special user profile permission, please contact your system \
                           administrator";
            return Err(refused("FEATURENOTENABLED", message));
        }
        let job = org.jobs.create(self.creator(), Work::Ingest(spec));
        if let Some(content) = content {
            job.upload(spooled(content)?, None)?;
            job.change(Change::UploadComplete, None)?;
            self.start_ingest(&job);
        }
        Ok(Answer::ok(job.summary()).into_response())
    }

    /// `PUT jobs/ingest/<id>/batches`
    pub(super) fn upload(self, body: Received) -> Result<HttpResponse, ApiError> {
        let Resource::Batches { id } = &self.call.resource else { return Err(not_found()) };
        let job = self.job(false, id)?;
        let Received::Contents { spool, .. } = body else { return Err(not_found()) };
        job.upload(spool, self.fault)?;
        Ok(builder(201).finish())
    }

    /// `PATCH jobs/ingest/<id>` and `PATCH jobs/query/<id>`
    pub(super) fn change(&self, job: &Arc<Job>, body: &Received) -> Result<HttpResponse, ApiError> {
        let change = Change::read(body.text())?;
        if change == Change::UploadComplete && matches!(job.work, Work::Query(_)) {
            return Err(refused("INVALIDJOBSTATE", "A query job can only be aborted"));
        }
        job.change(change, self.fault.clone())?;
        let summary = job.summary();
        if change == Change::UploadComplete {
            self.start_ingest(job);
        }
        Ok(Answer::ok(summary).into_response())
    }

    /// `GET jobs/ingest` and `GET jobs/query`
    pub(super) fn list(&self, query: bool) -> Result<HttpResponse, ApiError> {
        let start = match self.call.param("queryLocator") {
            Some(locator) => {
                locator.parse().map_err(|_| ApiError::new(400, "INVALID_QUERY_LOCATOR", "invalid query locator"))?
            }
            None => 0,
        };
        let kind = self.call.param("jobType");
        // The other types are those of the Bulk API (v1), whose jobs are not listed here, and of big objects.
        let page = self.call.org.jobs.list(start, |job| match &job.work {
            Work::Ingest(_) => !query && kind.is_none_or(|kind| kind == "V2Ingest"),
            Work::Query(_) => query && kind.is_none_or(|kind| kind == "V2Query"),
        });
        let records: Vec<_> = page.jobs.iter().map(|job| job.summary()).collect();
        let path = format!("{}/jobs/{}", self.call.version.path(), if query { "query" } else { "ingest" });
        let next = page.next.map(|next| format!("{path}?queryLocator={next}"));
        Ok(Answer::ok(json!({"done": next.is_none(), "records": records, "nextRecordsUrl": next})).into_response())
    }

    /// `GET jobs/ingest/<id>/successfulResults` and the two others
    pub(super) async fn ingest_results(&self, job: Arc<Job>, part: Part) -> Result<HttpResponse, ApiError> {
        if !job.state().is_end() {
            let message = format!("The job is in state {}: it has no results yet", job.state());
            return Err(refused("INVALIDJOBSTATE", message));
        }
        while job.is_running() {
            sleep(POLL).await;
        }
        let results = match job.output() {
            Output::Rows(results) => Some(results),
            _ => job.untouched().map(Arc::new),
        };
        let download = results.map_or_else(Download::default, |results| {
            let (header, spool, start) = results.part(part);
            let end = spool.len();
            Download { header, slice: Some((spool, start, end)), ..Download::default() }
        });
        Ok(download.into_response(&[]))
    }

    fn start_ingest(&self, job: &Arc<Job>) {
        let (host, org) = (self.host.clone(), Arc::clone(&self.call.org));
        actix_web::rt::spawn(background::ingest(host, org, Arc::clone(job), self.call.session.actor()));
    }

    /// Who creates a job with this call.
    pub(super) fn creator(&self) -> Creator {
        Creator {
            user_id: self.call.session.user.id.clone(),
            api_version: self.call.version.to_string(),
            allow_duplicates: self.allow_duplicates,
            fault: self.fault.clone(),
            origin: self.origin.clone(),
        }
    }
}

fn spooled(content: &[u8]) -> Result<Spool, ApiError> {
    let mut file = Spool::create();
    file.write_all(content).map_err(|error| disk(&error))?;
    Ok(file.finish())
}
