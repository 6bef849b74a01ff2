//! How far the subscription has come.

use super::scripts::SCRIPTS;
use super::{Buffer, Lease};
use crate::change::Change;
use chrono::{DateTime, Utc};
use shared::jobs::JobsError;
use shared::salesforce::pubsub::ReplayId;

/// A stored position.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Position {
    /// New with every move; empty before the first.
    pub(crate) version: String,
    /// The last event, or a later place where there was none.
    pub(crate) replay_id: Option<ReplayId>,
}

/// What was received since the position was stored.
#[derive(Debug)]
pub(crate) struct Advance<'a> {
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
    /// Where to go on.
    pub(crate) async fn position(&self, topic: &str) -> Result<Position, JobsError> {
        let (version, replay_id): (String, String) =
            self.jobs.run_script(&SCRIPTS.position, &[self.subscription(topic)]).await?;
        let replay_id = match replay_id.as_str() {
            "" => None,
            text => Some(text.parse().map_err(|_| JobsError::Corrupt(format!("position of {topic}")))?),
        };
        Ok(Position { version, replay_id })
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
        self.push_transactions(&mut arguments, step.changes);
        let moved: String = self.jobs.run_script(&SCRIPTS.advance, &arguments).await?;
        match moved.as_str() {
            "stored" => {
                if !step.changes.is_empty() {
                    self.collected.notify_one();
                }
                Ok(Moved::Stored)
            }
            "lost" => Ok(Moved::LeaseLost),
            "moved" => Ok(Moved::Elsewhere),
            other => Err(JobsError::Corrupt(format!("answer {other:?} of a script"))),
        }
    }
}
