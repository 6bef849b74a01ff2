//! Which input a result belongs to.

use std::collections::HashMap;
use std::fmt;

use sha2::{Digest, Sha256};

use super::super::Error;
use super::cell::{Cell, Columns, NULL};
use super::results::SentRow;

/// What tells rows apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowKey {
    /// The value of this column, an external id for example.
    Column(String),
    /// All of the row. Equal rows are interchangeable, and each result takes one of them.
    Content,
}

type Key = [u8; 32];

/// Keeps a value of the caller's for each row that was sent, until the row's result comes. It holds 32 bytes and the
/// value per row: use it for the rows of a job, not for those of an endless load.
pub struct RowIndex<T> {
    columns: Columns,
    /// Position of the key column; `None` when the content is the key.
    position: Option<usize>,
    waiting: HashMap<Key, Vec<T>>,
    len: usize,
}

impl<T> RowIndex<T> {
    /// An empty index of rows with these columns.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] when the key is not one of them.
    pub fn new(columns: Columns, key: &RowKey) -> Result<Self, Error> {
        let position = match key {
            RowKey::Content => None,
            RowKey::Column(name) => match columns.position(name) {
                Some(position) => Some(position),
                None => return Err(Error::invalid_request(format!("the key `{name}` is not a column"))),
            },
        };
        Ok(Self { columns, position, waiting: HashMap::new(), len: 0 })
    }

    /// Remembers `value` for a row that is going to be sent.
    pub fn insert(&mut self, row: &[Cell], value: T) {
        let key = match self.position {
            Some(position) => digest(row.get(position).and_then(Cell::as_csv)),
            None => digest(row.iter().map(Cell::as_csv)),
        };
        self.waiting.entry(key).or_default().push(value);
        self.len += 1;
    }

    /// The value of the row that a result is of; `None` when no such row waits.
    pub fn take(&mut self, result: &SentRow) -> Option<T> {
        let names = self.columns.names();
        let key = match self.position {
            Some(position) => digest(names.get(position).map(|name| result.get(name))),
            None => digest(names.iter().map(|name| result.get(name))),
        };
        let values = self.waiting.get_mut(&key)?;
        let value = values.pop();
        if values.is_empty() {
            self.waiting.remove(&key);
        }
        self.len -= usize::from(value.is_some());
        value
    }

    /// Rows without a result so far.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Every row has had its result.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The values of the rows without a result.
    pub fn into_rest(self) -> impl Iterator<Item = T> {
        self.waiting.into_values().flatten()
    }
}

impl<T> fmt::Debug for RowIndex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RowIndex").field("len", &self.len).finish_non_exhaustive()
    }
}

/// A digest of the cells. A cleared cell may come back empty, so both count as the same.
fn digest<'a, I: IntoIterator<Item = C>, C: Into<Option<&'a str>>>(cells: I) -> Key {
    let mut hash = Sha256::new();
    for cell in cells {
        let text = Into::<Option<&str>>::into(cell).filter(|text| *text != NULL).unwrap_or_default();
        hash.update(u64::try_from(text.len()).unwrap_or(u64::MAX).to_le_bytes());
        hash.update(text);
    }
    hash.finalize().into()
}
