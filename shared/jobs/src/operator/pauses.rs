//! Pauses of orgs.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::actor::Actor;
use super::handle::Operator;
use super::history::OperationKind;
use super::refusal::{Refusal, Wanted};
use crate::connection::Repeat;
use crate::error::JobsError;
use crate::scripts::SCRIPTS;
use crate::store::is_org;
use crate::view::millis;

/// Longest reason of a pause, in characters.
const MAX_REASON: usize = 200;
/// Longest pause by an operator.
const MAX_PAUSE: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// The pause that an operator gave an org.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stopped {
    /// Until when. No two pauses of an org have the same end.
    pub until: DateTime<Utc>,
    /// Who and why, as the org's jobs tell it.
    pub reason: String,
}

impl Operator {
    /// Lets all tasks of an org rest for `length`, a week at most; what runs goes on to its end. The jobs tell the reason and
    /// who it was. Where an operator has paused the org already, `instead_of` names that pause, or nothing is done: so of two
    /// who pause it at once, the second is told of the first.
    ///
    /// # Errors
    /// A [`Refusal`]: of a name that no org has, of a length that is none, or of another pause.
    pub async fn pause_org(
        &self,
        org: &str,
        length: Duration,
        why: &str,
        instead_of: Option<DateTime<Utc>>,
        actor: &Actor,
    ) -> Result<(), Refusal> {
        if !is_org(org) {
            return Err(Refusal::NotNow("an org is 1 to 64 letters, digits, '.', '_' or '-'".to_owned()));
        }
        if length < Duration::from_secs(1) || length > MAX_PAUSE {
            return Err(Refusal::NotNow("a pause lasts from a second to seven days".to_owned()));
        }
        let why: String = why.trim().chars().filter(|c| !c.is_control()).take(MAX_REASON).collect();
        let reason = if why.is_empty() { format!("paused by {actor}") } else { format!("paused by {actor}: {why}") };
        let mut script = self.jobs.script(&SCRIPTS.stop_org);
        script.arg(org).arg(millis(length)).arg(reason).arg(actor.as_str());
        script.arg(instead_of.map(|until| until.timestamp_millis().to_string()).unwrap_or_default());
        // Repeated, it would find the pause that it began itself.
        let begun: bool = self.jobs.connection().invoke(&script, Repeat::Never).await?;
        let result = if begun { Ok(()) } else { Err(self.paused_already(org).await?) };
        let wanted = Wanted { act: OperationKind::Paused, org, job: None, actor };
        self.recorded(wanted, result).await?;
        tracing::info!(org, %actor, seconds = length.as_secs(), "an operator paused an org");
        Ok(())
    }

    /// Ends the pause of an org, whoever began it: one that does not answer is tried at once.
    ///
    /// # Errors
    /// A [`Refusal`]: of an org that is not paused.
    pub async fn resume_org(&self, org: &str, actor: &Actor) -> Result<(), Refusal> {
        let mut script = self.jobs.script(&SCRIPTS.start_org);
        script.arg(org).arg(actor.as_str());
        // Repeated, it would find no pause any more.
        let paused: bool = self.jobs.connection().invoke(&script, Repeat::Never).await?;
        let result = if paused { Ok(()) } else { Err(self.not_paused(org).await?) };
        let wanted = Wanted { act: OperationKind::Resumed, org, job: None, actor };
        self.recorded(wanted, result).await?;
        tracing::info!(org, %actor, "an operator resumed an org");
        Ok(())
    }

    /// The pause that an operator gave an org, if it still rests.
    ///
    /// # Errors
    /// When Redis cannot be asked.
    pub async fn stopped(&self, org: &str) -> Result<Option<Stopped>, JobsError> {
        let score = redis::cmd("ZSCORE").arg(format!("{}stopped", self.prefix())).arg(org).to_owned();
        let pause = redis::cmd("GET").arg(self.jobs.key("pause", org)).to_owned();
        let (until, reason): (Option<i64>, Option<String>) = (self.ask(&score).await?, self.ask(&pause).await?);
        let until = until.and_then(DateTime::from_timestamp_millis);
        Ok(until.zip(reason).map(|(until, reason)| Stopped { until, reason }))
    }

    async fn paused_already(&self, org: &str) -> Result<Refusal, JobsError> {
        let stopped = self.stopped(org).await?;
        let what = stopped
            .map(|Stopped { until, reason }| format!(" until {} UTC: {reason}", until.format("%Y-%m-%d %H:%M:%S")));
        Ok(Refusal::NotNow(format!("the org {org} is paused already{}", what.unwrap_or_default())))
    }

    async fn not_paused(&self, org: &str) -> Result<Refusal, JobsError> {
        let last = self.operations().await?.into_iter().find(|last| last.org == org && last.refused.is_none());
        let who = last.filter(|last| last.act == OperationKind::Resumed).map(|last| {
            format!(": it goes on already ({} resumed it at {} UTC)", last.actor, last.at.format("%Y-%m-%d %H:%M:%S"))
        });
        Ok(Refusal::NotNow(format!("the org {org} is not paused{}", who.unwrap_or_default())))
    }
}
