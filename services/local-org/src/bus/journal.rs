//! The copy of the log in an org's database file, written in the transactions that publish.

use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};
use rusqlite::{Connection, OptionalExtension};

use super::error::EventError;
use super::log::{Log, RETENTION};
use super::topics::Topics;
use crate::events::{Draft, Event, EventSchema, ReplayId};

/// Makes the tables, if there are none yet.
pub(crate) fn migrate(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(
        "CREATE TABLE IF NOT EXISTS \"_Event\" (number INTEGER PRIMARY KEY, at INTEGER NOT NULL, id TEXT NOT NULL, \
         topic TEXT NOT NULL, schema TEXT NOT NULL, payload BLOB NOT NULL);
         CREATE TABLE IF NOT EXISTS \"_EventSchema\" (id TEXT PRIMARY KEY, json TEXT NOT NULL);
         CREATE TABLE IF NOT EXISTS \"_EventLog\" (one INTEGER PRIMARY KEY CHECK (one = 1), horizon INTEGER NOT NULL, \
         latest INTEGER NOT NULL)",
    )
}

/// Writes new events down, and forgets those that the log has forgotten.
pub(crate) fn save(
    connection: &Connection,
    events: &[Event],
    (horizon, latest): (ReplayId, ReplayId),
) -> rusqlite::Result<()> {
    let mut insert = connection.prepare_cached(
        "INSERT INTO \"_Event\" (number, at, id, topic, schema, payload) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    let mut know = connection.prepare_cached("INSERT OR IGNORE INTO \"_EventSchema\" (id, json) VALUES (?1, ?2)")?;
    for Event { replay_id, at, draft } in events {
        know.execute((draft.schema.id(), draft.schema.json()))?;
        insert.execute((
            number(*replay_id),
            at.timestamp_millis(),
            &draft.id,
            &draft.topic,
            draft.schema.id(),
            &draft.payload,
        ))?;
    }
    connection.prepare_cached("DELETE FROM \"_Event\" WHERE number <= ?1")?.execute([number(horizon)])?;
    let latest = events.last().map_or(latest, |last| last.replay_id.max(latest));
    connection
        .prepare_cached(
            "INSERT INTO \"_EventLog\" (one, horizon, latest) VALUES (1, ?1, ?2) \
             ON CONFLICT (one) DO UPDATE SET horizon = excluded.horizon, latest = excluded.latest",
        )?
        .execute((number(horizon), number(latest)))?;
    Ok(())
}

/// The log as it was written down. Ids that were handed out since the last event are in the past, and so are valid.
pub(crate) fn load(connection: &Connection, topics: &Topics) -> Result<Log, EventError> {
    let new = Log::new(Utc::now());
    let bounds = "SELECT horizon, latest FROM \"_EventLog\"";
    let bounds: Option<(i64, i64)> =
        connection.query_row(bounds, [], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    let Some((horizon, latest)) = bounds else { return Ok(new) };
    for schema in schemas(connection)? {
        topics.know(&Arc::new(EventSchema::new(schema)?));
    }
    let mut rows = connection
        .prepare("SELECT number, at, id, topic, schema, payload FROM \"_Event\" WHERE number > ?1 ORDER BY number")?;
    let mut rows = rows.query([horizon])?;
    let (mut events, mut horizon) = (Vec::new(), replay_id(horizon));
    let oldest = Utc::now() - RETENTION;
    while let Some(row) = rows.next()? {
        let (id, at) = (replay_id(row.get(0)?), moment(row.get(1)?));
        let topic: Arc<str> = row.get(3)?;
        let schema: String = row.get(4)?;
        match topics.schema(&schema) {
            Some(schema) if at > oldest => {
                let draft = Draft { id: row.get(2)?, topic, schema, payload: row.get(5)? };
                events.push(Event { replay_id: id, at, draft });
            }
            _ => horizon = id,
        }
    }
    Ok(Log::of(events, horizon, replay_id(latest).max(new.latest())))
}

fn schemas(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    connection.prepare("SELECT json FROM \"_EventSchema\"")?.query_map([], |row| row.get(0))?.collect()
}

fn number(id: ReplayId) -> i64 {
    i64::try_from(id.number()).unwrap_or(i64::MAX)
}

fn replay_id(number: i64) -> ReplayId {
    ReplayId::new(number.unsigned_abs())
}

fn moment(milliseconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(milliseconds).unwrap_or_else(|| Utc::now() - Duration::days(365))
}
