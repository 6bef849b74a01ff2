//! Events of a transaction: those of its changes, and platform events that it publishes.

use chrono::Utc;
use rusqlite::Connection;
use serde_json::{Map, Value};

use super::{Operation, Tx, checks};
use crate::bus::{Bus, EventError, journal};
use crate::cdc::{self, Commit};
use crate::error::ApiError;
use crate::events::{Draft, Event};
use crate::id;
use crate::schema::{ObjectDef, Publish};

/// The sequence behind the numbers of commits.
const COMMITS: &str = "_Commit";

impl<'a> Tx<'a> {
    /// Publishes a platform event and returns the id that stands for it.
    pub(super) fn publish(
        &mut self,
        object: &'a ObjectDef,
        behavior: Publish,
        fields: &Map<String, Value>,
    ) -> Result<String, ApiError> {
        let mut record = self.given_on_create(object, fields)?;
        self.fill_in_defaults(object, &mut record)?;
        checks::required(object, &record)?;
        let event = self.catalog.topics.platform_event(&object.name).ok_or_else(ApiError::not_found)?;
        let draft = event.draft(object, &record, &self.actor.user_id, Utc::now()).map_err(failed)?;
        let id = id::generate(&object.key_prefix, self.next_number(&object.name));
        self.outbox.uuids.push((id.clone(), draft.id.clone()));
        match behavior {
            Publish::AfterCommit => self.outbox.after_commit.push(draft),
            Publish::Immediately => self.outbox.immediately.push(draft),
        }
        Ok(id)
    }

    /// Checks a platform event that is published by other means than [`Tx::create`].
    ///
    /// # Errors
    /// What [`Tx::create`] returns.
    pub(crate) fn check_event(&mut self, object: &str, fields: &Map<String, Value>) -> Result<(), ApiError> {
        let object = self.writable(object, "create")?;
        self.allowed(object, Operation::Create)?;
        let mut record = self.given_on_create(object, fields)?;
        self.fill_in_defaults(object, &mut record)?;
        checks::required(object, &record)
    }

    /// The UUID of the event for which [`Tx::create`] gave this id; `None` for a record.
    pub fn event_uuid(&self, id: &str) -> Option<&str> {
        self.outbox.uuids.iter().find(|(event, _)| event == id).map(|(_, uuid)| uuid.as_str())
    }

    /// All that is to be published when the transaction is committed.
    pub(super) fn events(&mut self) -> Result<Vec<Draft>, ApiError> {
        let changes = self.changes()?;
        let mut events = self.events_to_keep();
        events.append(&mut self.outbox.after_commit);
        if !changes.is_empty() {
            let number = i64::try_from(self.next_number(COMMITS)).unwrap_or(i64::MAX);
            let commit = Commit { at: Utc::now(), number, user_id: &self.actor.user_id, origin: self.origin };
            let bus = &self.catalog.bus;
            events.extend(
                cdc::events(self.catalog.topics.entities(), bus.settings(), &changes, &commit).map_err(failed)?,
            );
        }
        Ok(events)
    }

    /// What is published although the transaction failed.
    pub(super) fn events_to_keep(&mut self) -> Vec<Draft> {
        std::mem::take(&mut self.outbox.immediately)
    }
}

/// Gives events their place in the log, and writes them down where the org has a file.
pub(super) fn number(
    bus: &Bus,
    connection: &Connection,
    durable: bool,
    drafts: Vec<Draft>,
) -> rusqlite::Result<Vec<Event>> {
    if drafts.is_empty() {
        return Ok(Vec::new());
    }
    let events = bus.number(drafts);
    if durable {
        journal::save(connection, &events, bus.bounds())?;
    }
    Ok(events)
}

fn failed(error: impl Into<EventError>) -> ApiError {
    ApiError::internal(&error.into())
}
