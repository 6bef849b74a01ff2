//! Runs jobs after the call that started them was answered, at the costs that are in force. A server that stops leaves
//! them where they are.

use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::web;

use super::{Host, OrgHost, pause};
use crate::bulk::ingest::Loader;
use crate::bulk::job::{Advance, Job, Output};
use crate::bulk::query;
use crate::counters::Rows;
use crate::store::Actor;

/// What a job is told that met a defect of this program.
const INTERRUPTED: &str = "InternalServerError : An unexpected error occurred";

/// Runs a closed ingest job.
pub(in crate::http) async fn ingest(host: web::Data<Host>, org: Arc<OrgHost>, job: Arc<Job>, actor: Actor) {
    pause(host.costs.get().bulk_delay()).await;
    if job.begin() && run_ingest(&host, &org, &job, actor).await.is_none() {
        job.end(Output::Nothing, Some(INTERRUPTED.to_owned()));
    }
}

/// `None` when a step did not come back.
async fn run_ingest(host: &Host, org: &Arc<OrgHost>, job: &Arc<Job>, actor: Actor) -> Option<()> {
    let (of_org, of_job) = (Arc::clone(org), Arc::clone(job));
    let Some(mut loader) = web::block(move || Loader::open(&of_org.store, &of_job, actor)).await.ok()? else {
        return Some(());
    };
    let mut failure = None;
    while job.goes_on() {
        let of_org = Arc::clone(org);
        let step;
        (loader, step) = web::block(move || {
            let step = loader.step(&of_org.store, &of_org.jobs, &of_org.settings);
            (loader, step)
        })
        .await
        .ok()?;
        org.counters.add_rows(step.rows);
        pause(host.costs.get().rows(step.rows.read + step.rows.written)).await;
        failure = step.failure;
        if !step.more {
            break;
        }
    }
    web::block(move || loader.finish(failure)).await.ok()
}

/// Runs a query job.
pub(in crate::http) async fn query(host: web::Data<Host>, org: Arc<OrgHost>, job: Arc<Job>, actor: Actor) {
    pause(host.costs.get().bulk_delay()).await;
    if !job.begin() {
        return;
    }
    let (of_org, of_job, began) = (Arc::clone(&org), Arc::clone(&job), Instant::now());
    match web::block(move || query::run(&of_org.store, &actor, &of_job)).await {
        Ok(Ok((output, read))) => {
            let active: Duration = began.elapsed();
            let rows = Rows { read, written: 0 };
            org.counters.add_rows(rows);
            pause(host.costs.get().rows(rows.read)).await;
            job.advance(Advance { processed: rows.read, failed: 0, active });
            job.end(output, None);
        }
        Ok(Err(error)) => job.end(Output::Nothing, Some(format!("{} : {}", error.code, error.message))),
        Err(_) => job.end(Output::Nothing, Some(INTERRUPTED.to_owned())),
    }
}
