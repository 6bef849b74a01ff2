//! Schemas by id, each fetched once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OnceCell;

use super::{DecodeError, EventSchema};

/// A schema, or why it cannot be used; both are for good.
pub(super) type Parsed = Result<Arc<EventSchema>, DecodeError>;

/// Keeps up to `capacity` schemas, the ones used last.
pub(super) struct SchemaCache {
    capacity: usize,
    entries: Mutex<Entries>,
}

#[derive(Default)]
struct Entries {
    by_id: HashMap<String, Entry>,
    uses: u64,
}

struct Entry {
    used: u64,
    cell: Arc<OnceCell<Parsed>>,
}

impl SchemaCache {
    pub(super) fn new(capacity: usize) -> Self {
        Self { capacity: capacity.max(1), entries: Mutex::default() }
    }

    /// The schema of this id. Those who ask while it is being fetched wait for the same answer; a failure to fetch is
    /// not kept, and the next one tries again.
    pub(super) async fn get<E>(&self, id: &str, fetch: impl AsyncFnOnce() -> Result<Parsed, E>) -> Result<Parsed, E> {
        self.cell(id).get_or_try_init(|| fetch()).await.cloned()
    }

    fn cell(&self, id: &str) -> Arc<OnceCell<Parsed>> {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.uses += 1;
        let used = entries.uses;
        if let Some(entry) = entries.by_id.get_mut(id) {
            entry.used = used;
            return Arc::clone(&entry.cell);
        }
        if entries.by_id.len() >= self.capacity {
            let oldest = entries.by_id.iter().min_by_key(|(_, entry)| entry.used).map(|(id, _)| id.clone());
            if let Some(oldest) = oldest {
                entries.by_id.remove(&oldest);
            }
        }
        let cell = Arc::new(OnceCell::new());
        entries.by_id.insert(id.to_owned(), Entry { used, cell: Arc::clone(&cell) });
        cell
    }
}

#[cfg(test)]
mod tests;
