//! Managed subscriptions: the org keeps the position of their client, one at a time.

mod definition;

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub(crate) use self::definition::{Definition, Metadata, RunState};
use crate::error::ApiError;
use crate::events::ReplayId;
use crate::id;
use crate::store::Org;

/// First characters of the ids of managed subscriptions.
pub(crate) const KEY_PREFIX: &str = "18x";
/// What their keys among the org's notes begin with.
const NOTES: &str = "managedEventSubscription/";

/// The managed subscriptions of an org. They are kept in its database.
#[derive(Debug)]
pub(crate) struct Subscriptions(Mutex<Known>);

#[derive(Debug)]
struct Known {
    /// By id.
    definitions: BTreeMap<String, Definition>,
    /// Ids of those that have a client now.
    active: HashSet<String>,
}

/// The only client of a subscription; the next may come when this is dropped.
#[derive(Debug)]
pub(crate) struct Active {
    pub(crate) id: String,
    subscriptions: Arc<Subscriptions>,
}

impl Drop for Active {
    fn drop(&mut self) {
        self.subscriptions.lock().active.remove(&self.id);
    }
}

impl Subscriptions {
    /// Those of an org that was opened.
    ///
    /// # Errors
    /// When they cannot be read.
    pub(crate) fn load(org: &Org) -> Result<Self, ApiError> {
        let definitions = org.notes(NOTES)?.into_iter().map(|text| {
            let definition: Definition = serde_json::from_str(&text).map_err(|error| ApiError::internal(&error))?;
            Ok((definition.id.clone(), definition))
        });
        let definitions = definitions.collect::<Result<_, ApiError>>()?;
        Ok(Self(Mutex::new(Known { definitions, active: HashSet::new() })))
    }

    /// All, by id.
    pub(crate) fn list(&self) -> Vec<Definition> {
        self.lock().definitions.values().cloned().collect()
    }

    /// The one of that id.
    pub(crate) fn get(&self, id: &str) -> Option<Definition> {
        let id = id::normalise(id)?;
        self.lock().definitions.get(&id).cloned()
    }

    /// The one of that developer name.
    pub(crate) fn named(&self, name: &str) -> Option<Definition> {
        let known = self.lock();
        known.definitions.values().find(|definition| definition.developer_name.eq_ignore_ascii_case(name)).cloned()
    }

    /// Whether one has a client now.
    pub(crate) fn is_active(&self, id: &str) -> bool {
        self.lock().active.contains(id)
    }

    /// Makes a subscription. Blocks, as all that writes.
    ///
    /// # Errors
    /// 400 when it is not valid or there is one of that name.
    pub(crate) fn create(&self, org: &Org, name: &str, metadata: Metadata) -> Result<Definition, ApiError> {
        let mut known = self.lock();
        if known.definitions.values().any(|other| other.developer_name.eq_ignore_ascii_case(name)) {
            let message = format!("The name {name} is already used");
            return Err(ApiError::new(400, "DUPLICATE_DEVELOPER_NAME", message).with_fields(["DeveloperName"]));
        }
        let number = known.definitions.keys().filter_map(|id| id::number_of(id)).max().unwrap_or_default() + 1;
        let id = id::generate(KEY_PREFIX, number);
        let definition = Definition { id: id.clone(), developer_name: name.to_owned(), metadata, committed: None };
        definition.check(&org.bus().topics())?;
        save(org, &definition)?;
        known.definitions.insert(id, definition.clone());
        Ok(definition)
    }

    /// Changes the settings of one.
    ///
    /// # Errors
    /// 404 when there is none of that id, 400 when they are not valid.
    pub(crate) fn update(&self, org: &Org, id: &str, metadata: Metadata) -> Result<(), ApiError> {
        self.change(org, id, |definition| definition.metadata = metadata)
    }

    /// Moves the committed position of one.
    ///
    /// # Errors
    /// 404 when there is none of that id.
    pub(crate) fn commit(&self, org: &Org, id: &str, position: ReplayId) -> Result<(), ApiError> {
        self.change(org, id, |definition| definition.committed = Some(position))
    }

    /// Deletes one.
    ///
    /// # Errors
    /// 404 when there is none of that id.
    pub(crate) fn delete(&self, org: &Org, id: &str) -> Result<(), ApiError> {
        let id = id::normalise(id).ok_or_else(ApiError::not_found)?;
        let mut known = self.lock();
        if !known.definitions.contains_key(&id) {
            return Err(ApiError::not_found());
        }
        org.note(&format!("{NOTES}{id}"), None)?;
        known.definitions.remove(&id);
        Ok(())
    }

    /// Makes the caller the client of a subscription; `None` when it has one already.
    pub(crate) fn activate(self: &Arc<Self>, id: &str) -> Option<Active> {
        let is_free = self.lock().active.insert(id.to_owned());
        is_free.then(|| Active { id: id.to_owned(), subscriptions: Arc::clone(self) })
    }

    fn change(&self, org: &Org, id: &str, change: impl FnOnce(&mut Definition)) -> Result<(), ApiError> {
        let mut known = self.lock();
        let id = id::normalise(id).ok_or_else(ApiError::not_found)?;
        let old = known.definitions.get_mut(&id).ok_or_else(ApiError::not_found)?;
        let mut new = old.clone();
        change(&mut new);
        new.check(&org.bus().topics())?;
        save(org, &new)?;
        *old = new;
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn save(org: &Org, definition: &Definition) -> Result<(), ApiError> {
    let text = serde_json::to_string(definition).map_err(|error| ApiError::internal(&error))?;
    org.note(&format!("{NOTES}{}", definition.id), Some(&text))
}
