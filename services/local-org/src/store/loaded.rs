//! Records that a transaction has read, kept for its next look: in a load many rows have the same parents.

use std::collections::HashMap;
use std::rc::Rc;

use super::Record;

/// Records that are kept at most. Beyond that a transaction starts anew, so that memory does not grow with it.
const MOST: usize = 1_000;

/// Records by id, as the database has them.
#[derive(Debug, Default)]
pub(super) struct Loaded<'s>(HashMap<String, Rc<Record<'s>>>);

impl<'s> Loaded<'s> {
    pub(super) fn get(&self, id: &str) -> Option<Rc<Record<'s>>> {
        self.0.get(id).cloned()
    }

    pub(super) fn put(&mut self, id: &str, record: &Rc<Record<'s>>) {
        if self.0.len() >= MOST {
            self.0.clear();
        }
        self.0.insert(id.to_owned(), Rc::clone(record));
    }

    /// Follows an update of some fields.
    pub(super) fn amend(&mut self, id: &str, changes: &Record<'s>) {
        if let Some(record) = self.0.get_mut(id) {
            Rc::make_mut(record).apply(changes);
        }
    }

    /// Forgets all, after a write that it did not follow.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}
