//! Jobs: create, close, abort, tell.

use std::sync::Arc;

use actix_web::HttpResponse;

use super::failure::Failure;
use super::format::Format;
use super::{Exchange, Received};
use crate::bulk::job::Creator;
use crate::bulk::refused;
use crate::bulk::spec::Operation;
use crate::bulk::v1::Job;
use crate::bulk::v1::spec::{Change, Spec, Task};
use crate::error::ApiError;

impl Exchange {
    /// `POST job`
    pub(super) fn create(&self, body: &Received) -> Result<HttpResponse, Failure> {
        let format = self.call.format.unwrap_or_default();
        let org = &self.call.org;
        let spec = Spec::read(format.read(body.text())?, self.chunking.as_deref(), &org.store.schema())?;
        if let Task::Load(load) = &spec.task
            && load.operation == Operation::HardDelete
            && !org.settings.get().may_hard_delete(&self.call.session.user.username)
        {
            let message = "hardDelete operation requires special user profile permission, please contact your system \
                           administrator";
            return Err(refused("FEATURENOTENABLED", message).into());
        }
        let job = org.jobs.create_of_batches(self.creator(), spec);
        Ok(format.respond(201, "jobInfo", &job.info()))
    }

    /// `POST job/<id>`
    pub(super) fn change(&self, id: &str, body: &Received) -> Result<HttpResponse, Failure> {
        let job = self.job(id)?;
        let format = self.format_of(&job);
        job.change(Change::read(&format.read(body.text())?)?)?;
        Ok(format.respond(200, "jobInfo", &job.info()))
    }

    /// `GET job/<id>`
    pub(super) fn job_info(&self, id: &str) -> Result<HttpResponse, Failure> {
        let job = self.job(id)?;
        Ok(self.format_of(&job).respond(200, "jobInfo", &job.info()))
    }

    pub(super) fn job(&self, id: &str) -> Result<Arc<Job>, ApiError> {
        self.call.org.jobs.of_batches_named(id)
    }

    /// What an answer about a job is written in: what the request is, or what the job's contents are.
    fn format_of(&self, job: &Job) -> Format {
        self.call.format.unwrap_or_else(|| Format::of_batches(job.spec.content_type))
    }

    /// Who creates a job with this call.
    fn creator(&self) -> Creator {
        Creator {
            user_id: self.call.session.user.id.clone(),
            api_version: self.call.version.to_string(),
            allow_duplicates: self.allow_duplicates,
            fault: self.fault.clone(),
            origin: self.origin.clone(),
        }
    }
}
