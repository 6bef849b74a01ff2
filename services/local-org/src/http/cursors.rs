//! Cursors of queries: the pages that were not fetched yet, written out when the query ran.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use crate::{error::ApiError, id};

/// How long a cursor lives (REST API Developer Guide, "Query More Results").
const LIFETIME: Duration = Duration::from_hours(48);
/// Cursors an org keeps; a new one pushes out the oldest.
const CAPACITY: usize = 100;
/// First characters of a query locator's id.
const PREFIX: &str = "01g";

/// A page of a query result, by the offset at which it begins.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    /// The JSON body.
    pub(crate) body: Arc<str>,
    /// Records and children on it.
    pub(crate) rows: u64,
}

/// The cursors of one org.
#[derive(Debug, Default)]
pub(crate) struct Cursors {
    last_id: AtomicU64,
    entries: Mutex<HashMap<String, Cursor>>,
}

#[derive(Debug)]
struct Cursor {
    opened: Instant,
    pages: HashMap<usize, Page>,
}

impl Cursors {
    /// A new cursor id, such as `01gLO0000000001AAA`.
    pub(crate) fn next_id(&self) -> String {
        id::generate(PREFIX, self.last_id.fetch_add(1, Ordering::Relaxed) + 1)
    }

    /// Keeps the pages of a cursor. They can be fetched more than once, as a client must that lost an answer.
    pub(crate) fn keep(&self, id: String, pages: HashMap<usize, Page>) {
        let mut entries = self.entries();
        entries.retain(|_, cursor| cursor.opened.elapsed() < LIFETIME);
        while entries.len() >= CAPACITY {
            let oldest = entries.iter().min_by_key(|(_, cursor)| cursor.opened).map(|(id, _)| id.clone());
            let Some(oldest) = oldest else { break };
            entries.remove(&oldest);
        }
        entries.insert(id, Cursor { opened: Instant::now(), pages });
    }

    /// The page that a locator such as `01gLO0000000001AAA-2000` names.
    ///
    /// # Errors
    ///
    /// `INVALID_QUERY_LOCATOR` when there is none, or none any longer.
    pub(crate) fn page(&self, locator: &str) -> Result<Page, ApiError> {
        let found = locator.rsplit_once('-').and_then(|(id, offset)| {
            let entries = self.entries();
            let cursor = entries.get(id).filter(|cursor| cursor.opened.elapsed() < LIFETIME)?;
            cursor.pages.get(&offset.parse().ok()?).cloned()
        });
        found.ok_or_else(|| ApiError::new(400, "INVALID_QUERY_LOCATOR", "invalid query locator"))
    }

    fn entries(&self) -> MutexGuard<'_, HashMap<String, Cursor>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::{CAPACITY, Cursors, Page};

    fn page() -> HashMap<usize, Page> {
        HashMap::from([(2_000, Page { body: "{}".into(), rows: 1 })])
    }

    #[test]
    fn a_page_is_found_by_its_locator_only() {
        let cursors = Cursors::default();
        let id = cursors.next_id();
        cursors.keep(id.clone(), page());
        assert!(id.starts_with("01g"));
        assert!(cursors.page(&format!("{id}-2000")).is_ok());
        assert!(cursors.page(&format!("{id}-2000")).is_ok(), "a second time");
        for locator in [format!("{id}-1999"), id, "01g-2000".to_owned(), String::new()] {
            assert_eq!(cursors.page(&locator).expect_err("no page").code, "INVALID_QUERY_LOCATOR");
        }
    }

    #[test]
    fn the_oldest_cursor_makes_room() {
        let cursors = Cursors::default();
        let ids: Vec<_> = (0..=CAPACITY).map(|_| cursors.next_id()).collect();
        for id in &ids {
            cursors.keep(id.clone(), page());
        }
        let lost: Vec<_> = ids.iter().filter(|id| cursors.page(&format!("{id}-2000")).is_err()).collect();
        assert_eq!(lost, [&ids[0]]);
    }
}
