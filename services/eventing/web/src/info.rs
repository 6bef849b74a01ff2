//! Counts and states: what `GET /info` and the page tell.

use crate::app::App;
use crate::buffer::View;
use ::web::ApiError;
use ::web::jobs::job_error;
use chrono::{DateTime, Utc};
use serde::Serialize;
use shared::jobs::{JobState, JobView};
use utoipa::ToSchema;

/// Jobs that are shown.
const RECENT: usize = 20;

/// What this app does, and how far it is.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Info {
    /// AppLink authorization through which events come.
    pub(crate) authorization: String,
    /// Topic that is subscribed to, such as `/data/OpportunityChangeEvent`.
    pub(crate) topic: String,
    /// Whether this app subscribes to the topic, or takes events by webhook only.
    pub(crate) subscribes: bool,
    /// Subscription and buffer.
    #[serde(flatten)]
    pub(crate) events: View,
    /// Whether a worker was heard of lately. Without one, jobs wait.
    pub(crate) worker_runs: bool,
    /// The newest jobs.
    pub(crate) recent_jobs: Vec<JobSummary>,
}

/// A job in short.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct JobSummary {
    /// Id of the job, as `/api/jobs/{id}` takes it.
    pub(crate) id: String,
    /// What it does.
    pub(crate) kind: String,
    /// Where it stands.
    pub(crate) state: JobState,
    /// When it was made.
    pub(crate) created_at: DateTime<Utc>,
    /// Records that are known to be part of it.
    pub(crate) planned_records: u64,
    /// Records that went well.
    pub(crate) succeeded: u64,
    /// Records that needed nothing.
    pub(crate) skipped: u64,
    /// Records with an error.
    pub(crate) failed: u64,
}

impl From<JobView> for JobSummary {
    fn from(job: JobView) -> Self {
        Self {
            id: job.id.hyphenated(),
            kind: job.kind,
            state: job.state,
            created_at: job.created_at,
            planned_records: job.planned_records,
            succeeded: job.succeeded,
            skipped: job.skipped,
            failed: job.failed,
        }
    }
}

/// Reads them.
pub(crate) async fn info(app: &App) -> Result<Info, ApiError> {
    let events = app.buffer.view(&app.topic).await.map_err(job_error)?;
    let jobs = app.jobs.list(&app.authorization, RECENT, None).await.map_err(job_error)?;
    let workers = app.jobs.workers().await.map_err(job_error)?;
    Ok(Info {
        authorization: app.authorization.clone(),
        topic: app.topic.clone(),
        subscribes: app.subscribes,
        events,
        worker_runs: workers.are_alive(),
        recent_jobs: jobs.into_iter().map(JobSummary::from).collect(),
    })
}
