//! How far the subscription has come.

use super::scripts::SCRIPTS;
use super::{Buffer, Lease};
use crate::change::Change;
use chrono::{DateTime, Utc};
use shared::contracts::org_id;
use shared::jobs::JobsError;
use shared::salesforce::SalesforceId;
use shared::salesforce::pubsub::ReplayId;

/// A stored position.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Position {
    /// New with every move; empty before the first.
    pub(crate) version: String,
    /// The last event, or a later place where there was none.
    pub(crate) replay_id: Option<ReplayId>,
    /// When the subscription began, if it began with new events: those from before are none of its business.
    pub(crate) since: Option<DateTime<Utc>>,
    /// The org whose it is: a replay id of one means nothing in another, or another event. `None` of one that was stored by the
    /// version before.
    pub(crate) org: Option<SalesforceId>,
}

/// When a subscription without a place began, as far as its holder knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Beginning {
    /// With this very call.
    Now,
    /// Then.
    At(DateTime<Utc>),
    /// All events are its business, those that Salesforce still keeps from earlier, too.
    Always,
}

/// Where a subscription goes on.
#[derive(Debug)]
pub(crate) struct Begun {
    pub(crate) position: Position,
    /// It is new: nothing was asked of Salesforce before.
    pub(crate) new: bool,
    /// The org of the position that was there and was dropped, since it is another one's.
    pub(crate) moved_from: Option<String>,
}

/// What was received since the position was stored.
#[derive(Debug)]
pub(crate) struct Advance<'a> {
    /// Where it was received.
    pub(crate) org: SalesforceId,
    /// The version that this process stored or read last.
    pub(crate) from: &'a str,
    /// Another, never used before.
    pub(crate) to: &'a str,
    pub(crate) replay_id: &'a ReplayId,
    pub(crate) changes: &'a [Change],
    pub(crate) received: usize,
    pub(crate) ignored: usize,
    pub(crate) unreadable: usize,
    /// Commit time of the last change.
    pub(crate) last_event: Option<DateTime<Utc>>,
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moved {
    /// Everything is in Redis.
    Stored,
    /// Another process subscribes now; nothing was stored.
    LeaseLost,
    /// Redis stands elsewhere, as it lost its last moments; nothing was stored.
    Elsewhere,
}

impl Buffer {
    /// Where the subscription is.
    pub(crate) async fn position(&self, topic: &str) -> Result<Position, JobsError> {
        let (version, replay_id, since, org): (String, String, String, String) =
            self.jobs.run_script(&SCRIPTS.position, &[self.subscription(topic)]).await?;
        Position::read(topic, version, &replay_id, &since, &org)
    }

    /// Where to go on. To be called before anything is asked of Salesforce: a subscription that has no place yet is noted
    /// with its beginning, since Salesforce tells no place for minutes. A position of another org than `org` is dropped.
    pub(crate) async fn begin(&self, topic: &str, org: SalesforceId, beginning: Beginning) -> Result<Begun, JobsError> {
        let beginning = match beginning {
            Beginning::Now => "now".to_owned(),
            Beginning::At(time) => time.timestamp_millis().to_string(),
            Beginning::Always => String::new(),
        };
        let org = org.to_string();
        let arguments = [self.subscription(topic), beginning, org.clone(), self.authorization.to_string()];
        let (version, replay_id, since, new, before): (String, String, String, bool, String) =
            self.jobs.run_script(&SCRIPTS.begin, &arguments).await?;
        let position = Position::read(topic, version, &replay_id, &since, &org)?;
        Ok(Begun { position, new, moved_from: Some(before).filter(|before| !before.is_empty()) })
    }

    /// Forgets the place and begins anew with the events from now on, if `lease` still holds. When that is.
    pub(crate) async fn restart(
        &self,
        topic: &str,
        lease: &Lease,
        from: &str,
        to: &str,
    ) -> Result<(Moved, Option<DateTime<Utc>>), JobsError> {
        let arguments = [lease.as_str().to_owned(), self.subscription(topic), from.to_owned(), to.to_owned()];
        let (moved, since): (String, String) = self.jobs.run_script(&SCRIPTS.restart, &arguments).await?;
        Ok((Moved::read(&moved)?, time(topic, &since)?))
    }

    /// Takes in what was received and moves the position, in one step, if `lease` still holds.
    pub(crate) async fn advance(&self, topic: &str, lease: &Lease, step: &Advance<'_>) -> Result<Moved, JobsError> {
        let mut arguments = vec![
            lease.as_str().to_owned(),
            self.subscription(topic),
            step.from.to_owned(),
            step.to.to_owned(),
            step.replay_id.to_string(),
        ];
        arguments.extend(self.times());
        arguments.extend([step.received, step.ignored, step.unreadable].map(|count| count.to_string()));
        arguments.push(step.last_event.map(|at| at.timestamp_millis().to_string()).unwrap_or_default());
        self.push_transactions(&mut arguments, step.changes, Some(step.org));
        let moved: String = self.jobs.run_script(&SCRIPTS.advance, &arguments).await?;
        let moved = Moved::read(&moved)?;
        if moved == Moved::Stored && !step.changes.is_empty() {
            self.collected.notify_one();
        }
        Ok(moved)
    }
}

impl Position {
    fn read(topic: &str, version: String, replay_id: &str, since: &str, org: &str) -> Result<Self, JobsError> {
        let replay_id = match replay_id {
            "" => None,
            text => Some(text.parse().map_err(|_| corrupt(topic))?),
        };
        Ok(Self { version, replay_id, since: time(topic, since)?, org: org_id(org) })
    }
}

impl Moved {
    fn read(answer: &str) -> Result<Self, JobsError> {
        match answer {
            "stored" => Ok(Self::Stored),
            "lost" => Ok(Self::LeaseLost),
            "moved" => Ok(Self::Elsewhere),
            other => Err(JobsError::Corrupt(format!("answer {other:?} of a script"))),
        }
    }
}

/// A time in milliseconds; none when the text is empty.
fn time(topic: &str, text: &str) -> Result<Option<DateTime<Utc>>, JobsError> {
    match text {
        "" => Ok(None),
        text => {
            let time = text.parse().ok().and_then(DateTime::from_timestamp_millis);
            time.map(Some).ok_or_else(|| corrupt(topic))
        }
    }
}

fn corrupt(topic: &str) -> JobsError {
    JobsError::Corrupt(format!("position of {topic}"))
}
