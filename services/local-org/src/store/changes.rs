//! Which records a transaction touches, and how they were before.
//!
//! A record is looked at when it is touched first and again when the transaction is about to be committed. What a
//! savepoint undid needs no bookkeeping: it left no difference.

use std::collections::HashMap;
use std::rc::Rc;

use super::{Record, Tx};
use crate::cdc::Change;
use crate::error::ApiError;
use crate::schema::ObjectDef;

/// The records that one transaction touched, in the order of the first time.
#[derive(Debug, Default)]
pub(super) struct Changes<'a> {
    touched: Vec<Touched<'a>>,
    places: HashMap<String, usize>,
    muted: bool,
}

#[derive(Debug)]
struct Touched<'a> {
    object: &'a ObjectDef,
    id: String,
    before: Option<Rc<Record<'a>>>,
}

impl<'a> Changes<'a> {
    fn add(&mut self, object: &'a ObjectDef, id: &str, before: Option<Rc<Record<'a>>>) {
        self.places.insert(id.to_owned(), self.touched.len());
        self.touched.push(Touched { object, id: id.to_owned(), before });
    }
}

impl<'a> Tx<'a> {
    /// Publishes nothing of what this transaction changes: for data that is there from the start.
    pub(crate) fn mute_changes(&mut self) {
        self.changes.muted = true;
    }

    /// A record is about to change.
    pub(super) fn touch(&mut self, object: &'a ObjectDef, id: &str) -> Result<(), ApiError> {
        if self.is_captured(object, id) {
            let before = self.peek(object, id)?;
            self.changes.add(object, id, before);
        }
        Ok(())
    }

    /// A record was made.
    pub(super) fn touch_new(&mut self, object: &'a ObjectDef, id: &str) {
        if self.is_captured(object, id) {
            self.changes.add(object, id, None);
        }
    }

    /// What became of the touched records.
    pub(super) fn changes(&mut self) -> Result<Vec<Change<'a>>, ApiError> {
        let touched = std::mem::take(&mut self.changes.touched);
        self.changes.places.clear();
        touched
            .into_iter()
            .map(|Touched { object, id, before }| {
                let after = self.peek(object, &id)?;
                Ok(Change { object, id, before, after })
            })
            .collect()
    }

    fn is_captured(&self, object: &ObjectDef, id: &str) -> bool {
        !self.changes.muted
            && self.org.bus.topics().entity(&object.name).is_some()
            && !self.changes.places.contains_key(id)
    }

    /// A record as it is now. Not counted as a row: the caller did not ask for it.
    fn peek(&mut self, object: &'a ObjectDef, id: &str) -> Result<Option<Rc<Record<'a>>>, ApiError> {
        let rows = self.rows;
        let record = self.load(object, id);
        self.rows = rows;
        record
    }
}
