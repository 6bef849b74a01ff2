//! Which records a transaction touches, and how they were before.
//!
//! A record is looked at when it is touched first and again when the transaction is about to be committed. What a
//! savepoint undid needs no bookkeeping: it left no difference.

use std::rc::Rc;

use super::touched::TouchedRecord;
use super::{Record, Tx};
use crate::cdc::Change;
use crate::error::ApiError;
use crate::schema::ObjectDef;

impl<'a> Tx<'a> {
    /// Publishes nothing of what this transaction changes: for data that is there from the start.
    pub(crate) fn mute_changes(&mut self) {
        self.touched.mute();
    }

    /// A record is about to change.
    pub(super) fn touch(&mut self, object: &'a ObjectDef, id: &str) -> Result<(), ApiError> {
        if self.is_captured(object, id) {
            let before = self.peek(object, id)?;
            self.touched.add(object, id, before);
        }
        Ok(())
    }

    /// A record was made.
    pub(super) fn touch_new(&mut self, object: &'a ObjectDef, id: &str) {
        if self.is_captured(object, id) {
            self.touched.add(object, id, None);
        }
    }

    /// What became of the touched records.
    pub(super) fn changes(&mut self) -> Result<Vec<Change<'a>>, ApiError> {
        let touched = self.touched.take();
        touched
            .into_iter()
            .map(|TouchedRecord { object, id, before }| {
                let after = self.peek(object, &id)?;
                Ok(Change { object, id, before, after })
            })
            .collect()
    }

    fn is_captured(&self, object: &ObjectDef, id: &str) -> bool {
        self.touched.wants(id) && self.catalog.captures(&object.name)
    }

    /// A record as it is now. Not counted as a row: who asks for it counts.
    pub(super) fn peek(&mut self, object: &'a ObjectDef, id: &str) -> Result<Option<Rc<Record<'a>>>, ApiError> {
        let rows = self.rows;
        let record = self.load(object, id);
        self.rows = rows;
        record
    }
}
