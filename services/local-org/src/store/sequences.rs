//! Counters behind record ids and auto-numbers.
//!
//! They live in memory and, where the org has a file, are saved with the transaction that used them. A rolled-back
//! transaction leaves a gap, as in a real org.

use std::collections::{BTreeSet, HashMap};

use rusqlite::Connection;

#[derive(Debug, Default)]
pub(super) struct Sequences {
    next: HashMap<String, u64>,
    /// Whether anybody reads them back.
    durable: bool,
    unsaved: BTreeSet<String>,
}

impl Sequences {
    pub(super) fn load(connection: &Connection, durable: bool) -> rusqlite::Result<Self> {
        let mut statement = connection.prepare("SELECT name, next FROM \"_Sequence\"")?;
        let next = statement
            .query_map([], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs())))?
            .collect::<Result<_, _>>()?;
        Ok(Self { next, durable, unsaved: BTreeSet::new() })
    }

    /// Takes `count` numbers and returns the first; the very first is 1.
    pub(super) fn take(&mut self, name: &str, count: u64) -> u64 {
        if self.durable && !self.unsaved.contains(name) {
            self.unsaved.insert(name.to_owned());
        }
        if let Some(next) = self.next.get_mut(name) {
            let first = *next;
            *next += count;
            return first;
        }
        self.next.insert(name.to_owned(), 1 + count);
        1
    }

    /// Writes what changed since the last time.
    pub(super) fn save(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        if self.unsaved.is_empty() {
            return Ok(());
        }
        let mut statement = connection.prepare_cached(
            "INSERT INTO \"_Sequence\" (name, next) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET next = excluded.next",
        )?;
        for name in &self.unsaved {
            let next = self.next.get(name).copied().unwrap_or(1);
            statement.execute((name, i64::try_from(next).unwrap_or(i64::MAX)))?;
        }
        self.unsaved.clear();
        Ok(())
    }
}
