//! What happened to a job.

use redis::streams::{StreamId, StreamRangeReply};

use super::connection::Repeat;
use super::error::JobsError;
use super::store::Jobs;
use super::types::{JobEvent, JobId};
use super::view;

impl Jobs {
    /// What happened to a job after the event `after` (`"0"` for all that is kept, about the last thousand).
    ///
    /// # Errors
    /// [`JobsError::Invalid`] when `after` is not an event id; otherwise when Redis cannot be asked.
    pub async fn events(
        &self,
        org: &str,
        id: &JobId,
        after: &str,
        limit: usize,
    ) -> Result<Option<Vec<JobEvent>>, JobsError> {
        check_event_id(after)?;
        let Some(job) = self.get(org, id).await? else { return Ok(None) };
        let mut events = self.stored_events(id, after, limit).await?;
        // Without any event after a time before the job there is no stream yet.
        let created = job.created_at.timestamp_millis();
        if events.is_empty() && limit > 0 && event_millis(after).is_some_and(|after| i128::from(after) < created.into())
        {
            events.push(view::queued_event(&job));
        }
        Ok(Some(events))
    }

    /// The events of a job that Redis has after one of them; none when there is no such job.
    pub(super) async fn stored_events(
        &self,
        id: &JobId,
        after: &str,
        limit: usize,
    ) -> Result<Vec<JobEvent>, JobsError> {
        let command = redis::cmd("XRANGE")
            .arg(self.key("events", id))
            .arg(format!("({after}"))
            .arg("+")
            .arg("COUNT")
            .arg(limit)
            .to_owned();
        let reply: StreamRangeReply = self.connection().query(&command, Repeat::Safe).await?;
        reply.ids.iter().map(|entry: &StreamId| view::job_event(entry)).collect()
    }
}

/// Refuses what is not the id of an event.
pub(super) fn check_event_id(id: &str) -> Result<(), JobsError> {
    let is_number = |text: &str| text.parse::<u64>().is_ok() && !text.starts_with('+');
    let valid = match id.split_once('-') {
        Some((ms, number)) => is_number(ms) && is_number(number),
        None => is_number(id),
    };
    if valid { Ok(()) } else { Err(JobsError::Invalid("an event id is digits, or digits-digits".to_owned())) }
}

/// The time in an event id.
fn event_millis(id: &str) -> Option<u64> {
    id.split('-').next().and_then(|ms| ms.parse().ok())
}
