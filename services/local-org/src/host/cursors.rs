//! Cursors of queries: the pages that were not fetched yet, written out when the query ran.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::error::ApiError;
use crate::id;

/// How long a cursor lives (REST API Developer Guide, "Query More Results").
const LIFETIME: Duration = Duration::from_hours(48);
/// Cursors an org keeps, and bytes of their pages; a new one pushes out the oldest.
const MAX_CURSORS: usize = 100;
const MAX_BYTES: usize = 512 * 1024 * 1024;
/// First characters of a query locator's id.
const PREFIX: &str = "01g";

/// A page of a query result.
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
    /// The oldest first.
    entries: Mutex<VecDeque<Cursor>>,
}

#[derive(Debug)]
struct Cursor {
    id: String,
    opened: Instant,
    /// Pages by the offset at which they begin.
    pages: HashMap<usize, Page>,
}

impl Cursors {
    /// A new cursor id, such as `01gLO0000000001AAA`.
    pub(crate) fn next_id(&self) -> String {
        id::generate(PREFIX, self.last_id.fetch_add(1, Ordering::Relaxed) + 1)
    }

    /// Keeps the pages of a cursor, by offset. They can be fetched more than once, as a client must that lost an
    /// answer.
    pub(crate) fn keep(&self, id: String, pages: HashMap<usize, Page>) {
        self.keep_at(Instant::now(), id, pages);
    }

    /// The page that a locator such as `01gLO0000000001AAA-2000` names.
    ///
    /// # Errors
    ///
    /// `INVALID_QUERY_LOCATOR` when there is none, or none any longer.
    pub(crate) fn page(&self, locator: &str) -> Result<Page, ApiError> {
        self.page_at(Instant::now(), locator)
    }

    fn keep_at(&self, now: Instant, id: String, pages: HashMap<usize, Page>) {
        let mut entries = self.entries();
        entries.push_back(Cursor { id, opened: now, pages });
        let mut bytes: usize = entries.iter().map(Cursor::bytes).sum();
        while entries.len() > 1
            && (entries.len() > MAX_CURSORS
                || bytes > MAX_BYTES
                || entries.front().is_some_and(|oldest| !oldest.is_live(now)))
        {
            bytes -= entries.pop_front().map_or(0, |oldest| oldest.bytes());
        }
    }

    fn page_at(&self, now: Instant, locator: &str) -> Result<Page, ApiError> {
        let found = locator.rsplit_once('-').and_then(|(id, offset)| {
            let entries = self.entries();
            let cursor = entries.iter().find(|cursor| cursor.id == id && cursor.is_live(now))?;
            cursor.pages.get(&offset.parse().ok()?).cloned()
        });
        found.ok_or_else(|| ApiError::new(400, "INVALID_QUERY_LOCATOR", "invalid query locator"))
    }

    fn entries(&self) -> MutexGuard<'_, VecDeque<Cursor>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Cursor {
    fn is_live(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.opened) < LIFETIME
    }

    fn bytes(&self) -> usize {
        self.pages.values().map(|page| page.body.len()).sum()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::time::{Duration, Instant};

    use super::{Cursors, LIFETIME, MAX_CURSORS, Page};

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
        let ids: Vec<_> = (0..=MAX_CURSORS).map(|_| cursors.next_id()).collect();
        for id in &ids {
            cursors.keep(id.clone(), page());
        }
        let lost: Vec<_> = ids.iter().filter(|id| cursors.page(&format!("{id}-2000")).is_err()).collect();
        assert_eq!(lost, [&ids[0]]);
    }

    #[test]
    fn a_cursor_lives_for_two_days() {
        let cursors = Cursors::default();
        let opened = Instant::now();
        cursors.keep_at(opened, "old".to_owned(), page());
        assert!(cursors.page_at(opened + LIFETIME - Duration::from_secs(1), "old-2000").is_ok());
        assert!(cursors.page_at(opened + LIFETIME, "old-2000").is_err());
        cursors.keep_at(opened + LIFETIME, "new".to_owned(), page());
        assert_eq!(cursors.entries().len(), 1, "the dead one is gone");
    }
}
