//! Why an operator's act was not done, and the record of it.

use super::actor::Actor;
use super::handle::Operator;
use super::history::OperationKind;
use crate::connection::Repeat;
use crate::error::JobsError;
use crate::scripts::SCRIPTS;
use crate::types::{JobActKind, JobId, JobView};

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// There is no such job, or it is no longer kept.
    #[error("there is no such job")]
    NoSuchJob,
    /// It makes no sense where the job or the org stands, because somebody else was faster for example.
    #[error("{0}")]
    NotNow(String),
    /// The job runs in the name of its maker, whose session an operator does not have.
    #[error(
        "the job runs in the name of {user}, with a session that was deleted when it ended or that has expired; an operator \
         has none, so {user}, or who may manage the jobs of others, does it from Salesforce"
    )]
    NeedsOwner {
        /// Who made it.
        user: String,
    },
    /// Nothing proves the job to be as it was made.
    #[error(
        "JOB_SECRET_KEY is not set: without the key of the job's service nothing proves that the job is as it was made"
    )]
    NeedsKey,
    /// Redis cannot be asked, or the job is not as it was made.
    #[error(transparent)]
    Jobs(#[from] JobsError),
}

impl Refusal {
    /// That it makes no sense where the job stands, with who acted on it last.
    pub(super) fn not_now(reason: &str, job: &JobView) -> Self {
        let last = job.history.last().map(|act| {
            let at = act.at.format("%Y-%m-%d %H:%M:%S");
            format!(" ({} {} at {at} UTC)", act.actor, act.act.words())
        });
        Self::NotNow(format!("{reason}{}", last.unwrap_or_default()))
    }
}

impl JobActKind {
    /// What was done, in words behind the name of who did it.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Cancelled => "cancelled it",
            Self::Resumed => "let it go on",
            Self::Retried => "put dead letters back",
        }
    }
}

/// What an operator wants.
#[derive(Clone, Copy)]
pub(super) struct Wanted<'a> {
    pub(super) act: OperationKind,
    pub(super) org: &'a str,
    pub(super) job: Option<&'a JobId>,
    pub(super) actor: &'a Actor,
}

impl Operator {
    /// What came of it. A refusal is recorded: of two operators who want the same at once, the log has both.
    pub(super) async fn recorded<T>(&self, wanted: Wanted<'_>, result: Result<T, Refusal>) -> Result<T, Refusal> {
        if let Err(refusal @ (Refusal::NotNow(_) | Refusal::NeedsOwner { .. } | Refusal::NeedsKey)) = &result {
            let Wanted { act, org, job, actor } = wanted;
            let job = job.map(ToString::to_string).unwrap_or_default();
            tracing::info!(job, org, %actor, act = act.name(), %refusal, "what an operator wanted was not done");
            let mut script = self.jobs.script(&SCRIPTS.refused);
            script.arg(act.name()).arg(org).arg(job).arg(actor.as_str()).arg(refusal.to_string());
            if let Err(error) = self.jobs.connection().invoke::<u8>(&script, Repeat::Never).await {
                tracing::warn!(error = ?error, "a refusal could not be recorded");
            }
        }
        result
    }
}
