//! `GET /api/jobs/{id}/events`: the job's events as they happen (server-sent events).

use super::serve::Shutdown;
use super::{JobAccess, job_error, job_id, unknown_job};
use crate::jobs::{JobEvent, JobId, JobView, Jobs};
use crate::web::client_context::Caller;
use crate::web::{ApiError, sse};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use futures_util::stream;
use std::collections::VecDeque;
use std::time::Duration;

/// How often the event log is asked. One connection per process rules out blocking reads.
const POLL: Duration = Duration::from_millis(500);
/// Events taken at a time.
const PAGE: usize = 100;

struct Follower {
    jobs: Jobs,
    org: String,
    id: JobId,
    after: String,
    waiting: VecDeque<JobEvent>,
    ended: bool,
}

/// Sends the events of a job, past ones first, until the job ends. `Last-Event-ID` resumes after that event.
// Not in the OpenAPI document: External Services takes no event streams.
pub(super) async fn get_job_events(
    request: HttpRequest,
    jobs: Data<Jobs>,
    access: Data<JobAccess>,
    shutdown: Data<Shutdown>,
    caller: Caller,
    id: Path<String>,
) -> Result<HttpResponse, ApiError> {
    let after = request.headers().get("Last-Event-ID").and_then(|id| id.to_str().ok()).unwrap_or("0").to_owned();
    let JobView { org, id, .. } = access.job(&jobs, &caller, &job_id(&id)?).await?;
    let first = jobs.events(&org, &id, &after, PAGE).await.map_err(job_error)?.ok_or_else(unknown_job)?;
    let follower = Follower { jobs: Jobs::clone(&jobs), org, id, after, waiting: first.into(), ended: false };
    Ok(sse::response(stream::unfold(follower, Follower::next), shutdown.0.clone()))
}

impl Follower {
    async fn next(mut self) -> Option<(sse::Event, Self)> {
        loop {
            if let Some(event) = self.waiting.pop_front() {
                self.after.clone_from(&event.id);
                self.ended = event.job.state.is_final();
                let data = serde_json::to_string(&event).ok()?;
                let name = serde_json::to_value(event.kind).ok()?.as_str().map(str::to_owned);
                return Some((sse::Event { id: Some(event.id), event: name, data }, self));
            }
            if self.ended {
                return None;
            }
            tokio::time::sleep(POLL).await;
            match self.jobs.events(&self.org, &self.id, &self.after, PAGE).await {
                Ok(Some(events)) => self.waiting = events.into(),
                Ok(None) => return None,
                // The client connects again with the id of the last event.
                Err(error) => {
                    tracing::warn!(job = %self.id, %error, "event stream ends early");
                    return None;
                }
            }
        }
    }
}
