//! Prepared statements that a transaction keeps at hand.
//!
//! The connection's own cache finds a statement by its whole text, and empties its bindings when it is given back; after
//! that SQLite prepares it anew where a value could have changed the plan, as in every search for a value. A statement
//! at hand is found by where its text is, and keeps its bindings until the next ones.

use std::cell::RefCell;
use std::fmt;

use rusqlite::{CachedStatement, Connection};

/// Address and length of a text that outlives the transaction.
type Place = (usize, usize);

/// Statements that are not in use, by the place of their text. A list, because there are few.
#[derive(Default)]
pub(super) struct Held<'a>(RefCell<Vec<(Place, CachedStatement<'a>)>>);

impl<'a> Held<'a> {
    /// Runs `work` with the statement of that text.
    pub(super) fn with<T>(
        &self,
        connection: &'a Connection,
        sql: &'a str,
        work: impl FnOnce(&mut CachedStatement<'a>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        let place = (sql.as_ptr().addr(), sql.len());
        let mut statement = match self.take(place) {
            Some(statement) => statement,
            None => connection.prepare_cached(sql)?,
        };
        let done = work(&mut statement);
        self.0.borrow_mut().push((place, statement));
        done
    }

    fn take(&self, place: Place) -> Option<CachedStatement<'a>> {
        let mut held = self.0.borrow_mut();
        let index = held.iter().position(|(other, _)| *other == place)?;
        Some(held.swap_remove(index).1)
    }
}

impl fmt::Debug for Held<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Held").finish_non_exhaustive()
    }
}
