//! `JobProgress__e`: tells Salesforce how far a job is, at most once a second over all workers, and at its end.
//!
//! The events are a hint: a job neither waits for them nor fails when they cannot be published. They are published beside the
//! tasks, in the name of the job's own user, who needs the permission to.

use serde::Serialize;
use shared::jobs::{JobState, JobView, JobWatch, JobsError, TaskContext};
use shared::salesforce::{Client, Error, ErrorKind};
use shared::telemetry::in_this_trace;
use shared::work::{OrgWork, Orgs, TaskUser};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::time::timeout;

/// API name of the event.
const EVENT: &str = "JobProgress__e";
/// What turns are taken for.
const TURN: &str = "progress";
/// Shortest time between two events of a job.
const INTERVAL: Duration = Duration::from_secs(1);
/// Until the chunk that has just ended is counted.
const COUNTING: Duration = Duration::from_millis(50);
/// Between two looks whether an event is still under way.
const STEP: Duration = Duration::from_millis(20);
/// Longest time for an event.
const LONGEST: Duration = Duration::from_secs(5);
/// After Salesforce refused an event of a job for good.
const REFUSED: Duration = Duration::from_secs(60 * 60);
/// Requests for the last event of a job.
const LAST_TRIES: u32 = 3;
/// Start of the name under which a job keeps that its end was told, or refused; its run follows.
const TOLD: &str = "progressEnd";

/// Publishes progress. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Progress {
    state: Option<Arc<State>>,
}

#[derive(Debug, Default)]
struct State {
    /// An event is under way in this process.
    busy: AtomicBool,
    /// Somebody has been told that events are refused.
    told: AtomicBool,
}

/// Fields of the event.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct ProgressEvent {
    #[serde(rename = "JobId__c")]
    job: String,
    #[serde(rename = "State__c")]
    state: JobState,
    #[serde(rename = "Percent__c")]
    percent: u64,
    /// The same under the name that the subscribers of Heroku's sample know.
    #[serde(rename = "Progress__c")]
    progress: u64,
    #[serde(rename = "Planned__c")]
    planned: u64,
    #[serde(rename = "Processed__c")]
    processed: u64,
    #[serde(rename = "Succeeded__c")]
    succeeded: u64,
    #[serde(rename = "Skipped__c")]
    skipped: u64,
    #[serde(rename = "Failed__c")]
    failed: u64,
}

/// No event.
#[derive(Debug, thiserror::Error)]
enum NoEvent {
    #[error(transparent)]
    Salesforce(#[from] Error),
    #[error(transparent)]
    Redis(#[from] JobsError),
}

impl Progress {
    /// Publishes, or does nothing at all.
    pub(crate) fn new(enabled: bool) -> Self {
        Self { state: enabled.then(Arc::default) }
    }

    /// A chunk has ended: tells how far the job is, if nobody has within the last second. Returns at once.
    pub(crate) fn chunk_ended(&self, cx: &TaskContext, org: &OrgWork) {
        let Some(state) = self.state.clone() else { return };
        // One at a time is enough, and a slow org does not make them pile up.
        if state.busy.swap(true, Ordering::AcqRel) {
            return;
        }
        let (watch, client) = (cx.watch(), org.client().clone());
        tokio::spawn(in_this_trace(async move {
            match timeout(LONGEST, tell(&watch, &client)).await {
                Ok(Ok(true)) => count("published"),
                Ok(Ok(false)) => {}
                Ok(Err(error)) => state.failed(&watch, &error).await,
                Err(_) => state.dropped(&watch, &"it took too long"),
            }
            state.busy.store(false, Ordering::Release);
        }));
    }

    /// The job has ended: tells so, unless an earlier run of its last step has.
    pub(crate) async fn job_ended(&self, cx: &TaskContext, orgs: &Orgs, job: &JobView) {
        let Some(state) = &self.state else { return };
        let watch = cx.watch();
        let told = format!("{TOLD}{}", cx.run);
        match cx.flag(&told).await {
            Ok(true) => return,
            Ok(false) => {}
            // Twice does no harm.
            Err(error) => tracing::debug!(job = %watch.id(), error = ?error, "the end of a job may be told again"),
        }
        // A session that has expired must not hold a job that is over.
        let org = match orgs.open(cx, &TaskUser::Caller).await {
            Ok(org) => org,
            Err(error) => return state.dropped(&watch, &error),
        };
        if let Err(error) = until_quiet(&watch).await {
            tracing::debug!(job = %watch.id(), error = ?error, "an earlier event may come after the last one");
        }
        match timeout(LONGEST, publish_last(org.client(), &ProgressEvent::at_end(job))).await {
            Ok(Ok(())) => count("published"),
            Ok(Err(error)) => {
                let passing = is_passing(&error);
                state.failed(&watch, &error.into()).await;
                if passing {
                    return;
                }
            }
            Err(_) => return state.dropped(&watch, &"it took too long"),
        }
        if let Err(error) = cx.set_flag(&told).await {
            tracing::debug!(job = %watch.id(), error = ?error, "the end of a job may be told again");
        }
    }
}

impl State {
    /// Keeps quiet about a job whose events are refused.
    async fn failed(&self, watch: &JobWatch, error: &NoEvent) {
        if let NoEvent::Salesforce(error) = error
            && !is_passing(error)
        {
            if !self.told.swap(true, Ordering::AcqRel) {
                tracing::warn!(job = %watch.id(), %error, "Salesforce does not take the progress of jobs");
            }
            if let Err(error) = watch.rest(TURN, REFUSED).await {
                tracing::debug!(job = %watch.id(), error = ?error, "progress goes on though it is refused");
            }
            return count("refused");
        }
        self.dropped(watch, error);
    }

    fn dropped(&self, watch: &JobWatch, why: &dyn std::fmt::Display) {
        tracing::info!(job = %watch.id(), "progress was not published: {why}");
        count("failed");
    }
}

/// Publishes where the job stands, if it is this caller's turn.
async fn tell(watch: &JobWatch, client: &Client) -> Result<bool, NoEvent> {
    let began = Instant::now();
    if !watch.turn(TURN, LONGEST).await? {
        return Ok(false);
    }
    let told = publish_next(watch, client).await;
    watch.rest(TURN, INTERVAL.saturating_sub(began.elapsed()).max(Duration::from_millis(1))).await?;
    told
}

/// The job is looked at only while the turn is taken: if it is in its last step by then, that tells the end, and if not,
/// its last step waits for this event ([`until_quiet`]).
async fn publish_next(watch: &JobWatch, client: &Client) -> Result<bool, NoEvent> {
    tokio::time::sleep(COUNTING).await;
    match watch.view().await? {
        Some(job) if job.processed > 0 && job.state == JobState::Running => {
            client.create(EVENT, &ProgressEvent::on_the_way(&job)).await?;
            Ok(true)
        }
        _ => Ok(false),
    }
}

/// Waits for an event that is under way in any worker, so that none comes after the last one.
async fn until_quiet(watch: &JobWatch) -> Result<(), JobsError> {
    let began = Instant::now();
    while began.elapsed() < LONGEST && watch.is_taken(TURN).await? {
        tokio::time::sleep(STEP).await;
    }
    Ok(())
}

/// Publishes the last event of a job, again if need be: it may be there already then, and twice does no harm.
async fn publish_last(client: &Client, event: &ProgressEvent) -> Result<(), Error> {
    let mut tries = 1;
    loop {
        match client.create(EVENT, event).await {
            Ok(_) => return Ok(()),
            Err(error) if tries == LAST_TRIES || !is_passing(&error) => return Err(error),
            Err(_) => tries += 1,
        }
    }
}

impl ProgressEvent {
    /// While a job runs: 100 % are kept for its end.
    fn on_the_way(job: &JobView) -> Self {
        let percent = (job.processed.saturating_mul(100)).checked_div(job.planned_records).unwrap_or_default();
        Self::new(job, job.state, percent.min(99))
    }

    /// In its last step, when only its state is still to be set.
    fn at_end(job: &JobView) -> Self {
        Self::new(job, job.outcome.unwrap_or(job.state), 100)
    }

    fn new(job: &JobView, state: JobState, percent: u64) -> Self {
        Self {
            job: job.id.hyphenated(),
            state,
            percent,
            progress: percent,
            planned: job.planned_records,
            processed: job.processed,
            succeeded: job.succeeded,
            skipped: job.skipped,
            failed: job.failed,
        }
    }
}

/// Whether a later event may be taken.
fn is_passing(error: &Error) -> bool {
    !matches!(error.kind(), ErrorKind::Forbidden | ErrorKind::NotFound | ErrorKind::Invalid)
}

fn count(result: &'static str) {
    metrics::counter!("jobs_progress_events_total", "result" => result).increment(1);
}

#[cfg(test)]
mod tests;
