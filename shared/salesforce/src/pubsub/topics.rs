//! Which schema the events of a topic are written with, remembered.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Topics whose schema is remembered.
const MAX_TOPICS: usize = 100;

/// Schema ids by topic.
#[derive(Default)]
pub(super) struct Topics(Mutex<HashMap<String, String>>);

impl Topics {
    pub(super) fn get(&self, topic: &str) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(topic).cloned()
    }

    pub(super) fn put(&self, topic: &str, schema_id: &str) {
        let mut topics = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if topics.len() >= MAX_TOPICS {
            topics.clear();
        }
        topics.insert(topic.to_owned(), schema_id.to_owned());
    }

    pub(super) fn forget(&self, topic: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(topic);
    }
}
