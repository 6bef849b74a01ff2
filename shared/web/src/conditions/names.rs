//! What is known of orgs' objects: names, for a while, of a limited number of objects.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use shared::salesforce::ObjectDescribe;

/// How long names count. One that the org has got since is found by asking anew.
const MEMORY: Duration = Duration::from_secs(60 * 60);
/// How long an org that told nothing is not asked again.
const SILENCE: Duration = Duration::from_secs(60);
/// Objects of all orgs that are kept: some 30 KB each where an org has many fields.
pub(super) const MOST_KNOWN: usize = 1_000;

/// The names of an object's fields, in lower case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Names {
    /// In order.
    fields: Vec<Box<str>>,
    /// What references are called in a query, with the object that they lead to when it is one only.
    parents: Vec<(Box<str>, Option<Box<str>>)>,
}

impl Names {
    /// The names in a description of `object`; `None` when it does not prove to be one: each object has a field `Id`.
    pub(super) fn of(object: &str, described: &ObjectDescribe) -> Option<Self> {
        let (asked, told) = (object.to_ascii_lowercase(), described.name.to_ascii_lowercase());
        let proven = (asked == told || is_without_namespace(&asked, &told))
            && described.fields.iter().any(|field| field.name.eq_ignore_ascii_case("Id"));
        proven.then(|| Self::named(described))
    }

    fn named(described: &ObjectDescribe) -> Self {
        let mut names = Self::default();
        for field in &described.fields {
            names.fields.push(field.name.to_ascii_lowercase().into());
            if let Some(relationship) = &field.relationship_name {
                let only = match field.reference_to.as_slice() {
                    [only] => Some(only.as_str().into()),
                    _ => None,
                };
                names.parents.push((relationship.to_ascii_lowercase().into(), only));
            }
        }
        names.in_order()
    }

    fn in_order(mut self) -> Self {
        self.fields.sort_unstable();
        self.fields.dedup();
        self.parents.sort_unstable();
        self.parents.dedup_by(|one, other| one.0 == other.0);
        self
    }

    pub(super) fn has_field(&self, name: &str) -> bool {
        let name = name.to_ascii_lowercase();
        self.fields.binary_search_by(|field| field.as_ref().cmp(&name)).is_ok()
            || self.fields.iter().any(|field| is_without_namespace(&name, field))
    }

    /// The parent of this name: the object that it is, `Some(None)` when it may be one of several.
    pub(super) fn parent(&self, name: &str) -> Option<Option<&str>> {
        let name = name.to_ascii_lowercase();
        let found = self.parents.iter().find(|(parent, _)| **parent == *name || is_without_namespace(&name, parent));
        found.map(|(_, only)| only.as_deref())
    }

    /// What either has.
    fn with(&self, other: &Self) -> Self {
        let (mut fields, mut parents) = (self.fields.clone(), other.parents.clone());
        fields.extend(other.fields.iter().cloned());
        parents.extend(self.parents.iter().cloned());
        Self { fields, parents }.in_order()
    }
}

/// An org takes its own namespace for granted: `Size__c` is `acme__Size__c` there.
fn is_without_namespace(name: &str, full: &str) -> bool {
    name.contains("__") && full.strip_suffix(name).is_some_and(|namespace| namespace.ends_with("__"))
}

/// Names by org and object.
#[derive(Debug, Default)]
pub(super) struct Known(HashMap<(String, String), Entry>);

#[derive(Debug)]
struct Entry {
    since: Instant,
    /// `None`: the org told nothing.
    names: Option<Arc<Names>>,
}

impl Entry {
    fn counts(&self) -> bool {
        self.since.elapsed() < if self.names.is_some() { MEMORY } else { SILENCE }
    }
}

impl Known {
    /// What counts of an object; `Some(None)`: the org has told nothing a moment ago.
    pub(super) fn of(&self, org: &str, object: &str) -> Option<Option<Arc<Names>>> {
        let entry = self.0.get(&key(org, object)).filter(|entry| entry.counts())?;
        Some(entry.names.clone())
    }

    /// The org told one user these names. Other users may see others, so they are added to what is known, which ends an hour
    /// after its beginning all the same.
    pub(super) fn tells(&mut self, org: &str, object: &str, names: &Arc<Names>) {
        let known = self.0.get(&key(org, object)).filter(|entry| entry.counts());
        let entry = match known.and_then(|entry| entry.names.as_ref().map(|names| (entry.since, names))) {
            Some((since, known)) => Entry { since, names: Some(Arc::new(known.with(names))) },
            None => Entry { since: Instant::now(), names: Some(Arc::clone(names)) },
        };
        self.insert(org, object, entry);
    }

    /// The org told nothing. Names from before go on counting.
    pub(super) fn says_nothing(&mut self, org: &str, object: &str) {
        if self.of(org, object).is_none_or(|names| names.is_none()) {
            self.insert(org, object, Entry { since: Instant::now(), names: None });
        }
    }

    fn insert(&mut self, org: &str, object: &str, entry: Entry) {
        let key = key(org, object);
        if self.0.len() >= MOST_KNOWN && !self.0.contains_key(&key) {
            self.0.retain(|_, entry| entry.counts());
            while self.0.len() >= MOST_KNOWN {
                let oldest = self.0.iter().min_by_key(|(_, entry)| entry.since).map(|(key, _)| key.clone());
                let Some(oldest) = oldest else { break };
                self.0.remove(&oldest);
            }
        }
        self.0.insert(key, entry);
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

fn key(org: &str, object: &str) -> (String, String) {
    (org.to_owned(), object.to_ascii_lowercase())
}
