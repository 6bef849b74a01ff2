//! `GET /api/jobs/{id}/events`: the job's events as they happen (server-sent events).

use super::error::{job_error, job_id, unknown_job};
use super::owner::JobOwner;
use super::streams::{PAGE, Position, Shutdown, Streams, Told, position};
use super::user_jobs::UserJobs;
use crate::places::Place;
use crate::{ApiError, sse};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use futures_util::stream;
use shared::jobs::{JobEvent, JobView, JobWatch};
use std::collections::VecDeque;
use std::sync::Arc;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

/// One client. It reads what was before it came by itself, and from then on what is read for all who follow the job.
struct Follower {
    streams: Streams,
    watch: JobWatch,
    /// The last event that was sent.
    after: String,
    waiting: VecDeque<Arc<Told>>,
    live: Option<Receiver<Arc<Told>>>,
    /// There may be events that neither were read nor will come.
    behind: bool,
    /// The last event that was sent ended the job.
    ended: bool,
    _place: Place,
}

/// Sends the events of a job, past ones first, until the job ends. `Last-Event-ID` resumes after that event; with 204, which
/// tells browsers not to come again, when the job has ended and no event came after it.
// Not in the OpenAPI document: External Services takes no event streams.
pub(super) async fn get_job_events(
    request: HttpRequest,
    owner: UserJobs,
    streams: Data<Streams>,
    shutdown: Data<Shutdown>,
    id: Path<String>,
) -> Result<HttpResponse, ApiError> {
    let after = request.headers().get("Last-Event-ID").and_then(|id| id.to_str().ok()).unwrap_or("0").to_owned();
    let JobView { org, id, .. } = owner.job(&job_id(&id)?).await?;
    let place = streams.admit(&org)?;
    let jobs = owner.jobs();
    let first = jobs.events(&org, &id, &after, PAGE).await.map_err(job_error)?.ok_or_else(unknown_job)?;
    let watch = jobs.watch(&org, &id).await.map_err(job_error)?.ok_or_else(unknown_job)?;
    if first.is_empty() && watch.view().await.map_err(job_error)?.is_none_or(|job| job.state.is_final()) {
        return Ok(HttpResponse::NoContent().finish());
    }
    let mut follower = Follower {
        streams: Streams::clone(&streams),
        watch,
        after,
        waiting: VecDeque::new(),
        live: None,
        behind: true,
        ended: false,
        _place: place,
    };
    follower.take(&first);
    Ok(sse::response(stream::unfold(follower, Follower::next), shutdown.0.clone()))
}

impl Follower {
    async fn next(mut self) -> Option<(sse::Event, Self)> {
        loop {
            if let Some(told) = self.waiting.pop_front() {
                self.after.clone_from(told.event.id.as_ref()?);
                self.ended = told.ends;
                return Some((told.event.clone(), self));
            }
            if self.behind || self.ended {
                self.catch_up().await?;
            } else {
                self.listen().await?;
            }
        }
    }

    /// Reads on. `None` ends the stream.
    async fn catch_up(&mut self) -> Option<()> {
        let events = match self.watch.events(&self.after, PAGE).await {
            Ok(events) => events,
            // The client connects again with the id of the last event.
            Err(error) => {
                tracing::warn!(job = %self.watch.id(), %error, "event stream ends early");
                return None;
            }
        };
        self.take(&events);
        if events.is_empty() && self.ended {
            return None;
        }
        if self.live.is_some() {
            // Read after joining: what is not here will come.
            self.behind = !events.is_empty();
        } else if events.len() < PAGE {
            let last = events.last().map_or(self.after.as_str(), |event| event.id.as_str());
            self.live = Some(self.streams.join(&self.watch, last));
        }
        Some(())
    }

    /// Waits for an event. `None` ends the stream.
    async fn listen(&mut self) -> Option<()> {
        match self.live.as_mut()?.recv().await {
            Ok(told) => {
                if Some(told.position) > self.position() {
                    self.waiting.push_back(told);
                }
            }
            Err(RecvError::Lagged(_)) => self.behind = true,
            Err(RecvError::Closed) => return None,
        }
        Some(())
    }

    fn take(&mut self, events: &[JobEvent]) {
        self.waiting.extend(events.iter().filter_map(Told::of).map(Arc::new));
    }

    fn position(&self) -> Option<Position> {
        position(&self.after)
    }
}
