//! Prepared statements that a transaction keeps at hand.
//!
//! The connection's own cache finds a statement by its whole text, and empties its bindings when it is given back. A
//! statement at hand is found by where its text is, or by what it is for, and keeps its bindings until the next ones.

use std::cell::RefCell;
use std::{fmt, ptr};

use rusqlite::types::Value as Stored;
use rusqlite::{CachedStatement, Connection};

use super::{Record, ddl};
use crate::schema::{FieldDef, ObjectDef};

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

/// Searches that are kept at most: a delete has one for each reference to what is deleted.
const MOST_SEARCHES: usize = 64;

/// Searches for live records with a value in a field that are not in use, by object, field and most ids.
#[derive(Default)]
pub(super) struct Searches<'a>(Vec<Search<'a>>);

type Wanted<'a> = (&'a ObjectDef, &'a FieldDef, u32);

struct Search<'a> {
    wanted: Wanted<'a>,
    statement: CachedStatement<'a>,
}

impl<'a> Searches<'a> {
    /// Ids of the records that have the value.
    pub(super) fn ids(
        &mut self,
        connection: &'a Connection,
        wanted: Wanted<'a>,
        value: &Stored,
    ) -> rusqlite::Result<Vec<String>> {
        let (object, field, limit) = wanted;
        let is_it = |search: &Search<'_>| {
            ptr::eq(search.wanted.0, object) && ptr::eq(search.wanted.1, field) && search.wanted.2 == limit
        };
        let mut search = match self.0.iter().position(is_it) {
            Some(place) => self.0.swap_remove(place),
            None => Search { wanted, statement: connection.prepare_cached(&ddl::ids_with(object, field, limit))? },
        };
        let ids = search.statement.query_map([value], |row| row.get(0))?.collect::<Result<_, _>>()?;
        self.0.truncate(MOST_SEARCHES - 1);
        self.0.push(search);
        Ok(ids)
    }
}

impl fmt::Debug for Searches<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Searches").finish_non_exhaustive()
    }
}

/// Updates that are kept at most; a transaction mostly has one or two.
const MOST_UPDATES: usize = 16;

/// Updates of single records that are not in use, by object and changed fields: their text need not be built anew.
#[derive(Default)]
pub(super) struct Updates<'a>(Vec<Update<'a>>);

struct Update<'a> {
    object: &'a ObjectDef,
    fields: Vec<&'a str>,
    statement: CachedStatement<'a>,
}

impl<'a> Updates<'a> {
    /// Writes changes of a record.
    pub(super) fn run(
        &mut self,
        connection: &'a Connection,
        object: &'a ObjectDef,
        id: &str,
        changes: &Record<'a>,
    ) -> rusqlite::Result<()> {
        let values = changes.values();
        let is_it = |update: &Update<'_>| {
            ptr::eq(update.object, object)
                && update.fields.len() == values.len()
                && update.fields.iter().zip(values).all(|(field, (name, _))| field == name)
        };
        let mut update = match self.0.iter().position(is_it) {
            Some(place) => self.0.swap_remove(place),
            None => {
                let fields: Vec<&str> = values.iter().map(|(name, _)| *name).collect();
                let statement = connection.prepare_cached(&ddl::update(object, &fields))?;
                Update { object, fields, statement }
            }
        };
        for (index, (_, value)) in values.iter().enumerate() {
            update.statement.raw_bind_parameter(index + 1, value)?;
        }
        update.statement.raw_bind_parameter(values.len() + 1, id)?;
        update.statement.raw_execute()?;
        self.0.truncate(MOST_UPDATES - 1);
        self.0.push(update);
        Ok(())
    }
}

impl fmt::Debug for Updates<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Updates").finish_non_exhaustive()
    }
}
