//! Batches: add, tell, results.

use std::io;
use std::sync::Arc;

use actix_web::{HttpResponse, web};
use serde_json::json;

use super::failure::Failure;
use super::format::Format;
use super::{Exchange, Received};
use crate::bulk::job::Output;
use crate::bulk::spool::Spool;
use crate::bulk::v1::spec::{ContentType, Task};
use crate::bulk::v1::{Batch, Job, results};
use crate::bulk::{disk, refused};
use crate::http::bulk::background;
use crate::http::bulk::download::Download;

impl Exchange {
    /// `POST job/<id>/batch`. The batch is processed at once, also while the job is open.
    pub(super) async fn add_batch(&self, job: &Arc<Job>, body: Received) -> Result<HttpResponse, Failure> {
        let Received::Contents { spool, .. } = body else {
            return Err(Failure::new("InvalidBatch", "The batch has no contents"));
        };
        let (org, of_job) = (Arc::clone(&self.call.org), Arc::clone(job));
        let (actor, fault) = (self.call.session.actor(), self.fault.clone());
        let add = move || of_job.add((&org.store, &actor), &org.jobs.batch_ids, spool, fault);
        let batch = web::block(add).await.map_err(|error| Failure::unexpected(&error))??;
        let answer = Format::of_batches(job.spec.content_type).respond(201, "batchInfo", &batch.info(&job.id));
        if !batch.has_ended() {
            self.start(Arc::clone(job), batch);
        }
        Ok(answer)
    }

    /// Runs a batch, or those into which it is divided.
    fn start(&self, job: Arc<Job>, batch: Arc<Batch>) {
        let (host, org, actor) = (self.host.clone(), Arc::clone(&self.call.org), self.call.session.actor());
        actix_web::rt::spawn(async move {
            let (of_org, of_job, of_actor, whole) =
                (Arc::clone(&org), Arc::clone(&job), actor.clone(), Arc::clone(&batch));
            let divide = move || of_job.divide(&whole, (&of_org.store, &of_actor), &of_org.jobs.batch_ids);
            let batches = match web::block(divide).await {
                Ok(Ok(batches)) => batches,
                Ok(Err(error)) => return batch.run.fail(format!("InternalServerError : {}", error.message)),
                Err(error) => {
                    tracing::error!(error = %error, "the division of a batch did not come back");
                    return batch.run.fail("InternalServerError : An unexpected error occurred".to_owned());
                }
            };
            for batch in batches {
                let (host, org, job, actor) = (host.clone(), Arc::clone(&org), Arc::clone(&job), actor.clone());
                actix_web::rt::spawn(async move {
                    let _turn = job.turn().await;
                    let run = Arc::clone(&batch.run);
                    if matches!(job.spec.task, Task::Load(_)) {
                        background::ingest(host, org, run, actor).await;
                    } else {
                        org.jobs.count_batch();
                        background::query(host, org, run, actor).await;
                    }
                });
            }
        });
    }

    /// `GET job/<id>/batch`
    pub(super) fn batch_list(&self, job: &str) -> Result<HttpResponse, Failure> {
        let job = self.job(job)?;
        let batches = job.batches().iter().map(|batch| batch.info(&job.id)).collect();
        Ok(Format::of_batches(job.spec.content_type).respond_list("batchInfoList", "batchInfo", batches))
    }

    /// `GET job/<id>/batch/<id>`
    pub(super) fn batch_info(&self, job: &str, id: &str) -> Result<HttpResponse, Failure> {
        let (job, batch) = self.batch(job, id)?;
        Ok(Format::of_batches(job.spec.content_type).respond(200, "batchInfo", &batch.info(&job.id)))
    }

    /// `GET job/<id>/batch/<id>/request`
    pub(super) fn request(&self, job: &str, batch: &str) -> Result<HttpResponse, Failure> {
        let (job, batch) = self.batch(job, batch)?;
        Ok(download(Arc::clone(&batch.request), job.spec.content_type))
    }

    /// `GET job/<id>/batch/<id>/result`
    pub(super) async fn result(&self, job: &str, batch: &str) -> Result<HttpResponse, Failure> {
        let (job, batch) = self.batch(job, batch)?;
        let kind = job.spec.content_type;
        match output(&batch)? {
            Output::Outcomes(outcomes) if outcomes.rows() > 0 || batch.state() == "Completed" => {
                written(kind, move || results::of_load(&outcomes, kind)).await
            }
            Output::Table(_) | Output::Records(_) => {
                let ids = vec![json!(batch.result_id)];
                Ok(Format::of_batches(kind).respond_ids(ids))
            }
            _ => Err(refused("INVALIDBATCH", "Records not processed").into()),
        }
    }

    /// `GET job/<id>/batch/<id>/result/<id>`
    pub(super) async fn query_result(&self, job: &str, batch: &str, id: &str) -> Result<HttpResponse, Failure> {
        let (job, batch) = self.batch(job, batch)?;
        if crate::id::normalise(id).as_deref() != Some(batch.result_id.as_str()) {
            return Err(refused("INVALIDBATCH", format!("Unable to find result: {id}")).into());
        }
        let kind = job.spec.content_type;
        match output(&batch)? {
            Output::Table(table) if table.rows() == 0 => {
                let header = results::NOTHING_FOUND.to_vec();
                Ok(Download { header, slice: None, media_type: kind.media_type() }.into_response(&[]))
            }
            Output::Table(table) => {
                let header = table.header().map_err(|error| disk(&error))?;
                let slice = Some(table.range(0, table.rows()).map_err(|error| disk(&error))?);
                Ok(Download { header, slice, media_type: kind.media_type() }.into_response(&[]))
            }
            Output::Records(records) => {
                let schema = self.call.org.store.schema();
                written(kind, move || results::of_query(&records, &schema, kind)).await
            }
            _ => Err(refused("INVALIDBATCH", "Records not processed").into()),
        }
    }

    fn batch(&self, job: &str, id: &str) -> Result<(Arc<Job>, Arc<Batch>), Failure> {
        let job = self.job(job)?;
        let batch = job.batch(id)?;
        Ok((job, batch))
    }
}

/// What a batch left behind that has ended.
fn output(batch: &Batch) -> Result<Output, Failure> {
    if !batch.has_ended() || batch.run.is_running() {
        return Err(refused("INVALIDBATCH", "Batch not completed").into());
    }
    Ok(batch.run.output())
}

/// A result that is written for this answer.
async fn written(
    kind: ContentType,
    write: impl FnOnce() -> io::Result<Spool> + Send + 'static,
) -> Result<HttpResponse, Failure> {
    let spool = web::block(write).await.map_err(|error| Failure::unexpected(&error))?;
    Ok(download(Arc::new(spool.map_err(|error| disk(&error))?), kind))
}

fn download(spool: Arc<Spool>, kind: ContentType) -> HttpResponse {
    let end = spool.len();
    Download { header: Vec::new(), slice: Some((spool, 0, end)), media_type: kind.media_type() }.into_response(&[])
}
