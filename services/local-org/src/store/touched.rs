//! The records that one transaction touched.

use std::collections::HashSet;
use std::rc::Rc;

use crate::record::Record;
use crate::schema::ObjectDef;

/// The records that one transaction touched, in the order of the first time.
#[derive(Debug, Default)]
pub(super) struct Touched<'a> {
    records: Vec<TouchedRecord<'a>>,
    ids: HashSet<String>,
    muted: bool,
}

/// One of them.
#[derive(Debug)]
pub(super) struct TouchedRecord<'a> {
    pub(super) object: &'a ObjectDef,
    pub(super) id: String,
    /// As it was before the transaction; `None` when it was made there.
    pub(super) before: Option<Rc<Record<'a>>>,
}

impl<'a> Touched<'a> {
    /// Takes note of nothing from now on.
    pub(super) fn mute(&mut self) {
        self.muted = true;
    }

    /// Whether the record is still to be taken note of.
    pub(super) fn wants(&self, id: &str) -> bool {
        !self.muted && !self.ids.contains(id)
    }

    /// Takes note of a record.
    pub(super) fn add(&mut self, object: &'a ObjectDef, id: &str, before: Option<Rc<Record<'a>>>) {
        self.ids.insert(id.to_owned());
        self.records.push(TouchedRecord { object, id: id.to_owned(), before });
    }

    /// All records, which are forgotten here.
    pub(super) fn take(&mut self) -> Vec<TouchedRecord<'a>> {
        self.ids.clear();
        std::mem::take(&mut self.records)
    }
}
