//! Who may log in through which connected app: the apps that are known, what their certificates prove, and what users
//! allowed them ([`Grants`]). All orgs of the process share it, as login.salesforce.com is shared by all orgs. It is
//! forgotten when the process ends.

mod app;
mod assertion;
mod grants;
#[cfg(test)]
mod tests;

use std::sync::{Arc, PoisonError, RwLock};

pub(crate) use self::app::{APPLINK, APPLINK_CALLBACK, AppDraft, ConnectedApp};
pub(crate) use self::assertion::{Assertion, signed};
pub(crate) use self::grants::{Asked, Grant, Grants, Rotation, verifies};

/// Connected apps at most.
const MAX_APPS: usize = 1_000;

/// Connected apps, and what users allowed them.
#[derive(Debug)]
pub(crate) struct Logins {
    apps: RwLock<Vec<Arc<ConnectedApp>>>,
    pub(crate) grants: Grants,
}

impl Default for Logins {
    /// With the apps of the Salesforce CLI, which every org knows, and of Heroku AppLink.
    fn default() -> Self {
        let apps = [ConnectedApp::salesforce_cli(), ConnectedApp::applink()];
        Self { apps: RwLock::new(apps.map(Arc::new).into()), grants: Grants::default() }
    }
}

impl Logins {
    /// The connected app of that consumer key.
    pub(crate) fn app(&self, client_id: &str) -> Option<Arc<ConnectedApp>> {
        let apps = self.apps.read().unwrap_or_else(PoisonError::into_inner);
        apps.iter().find(|app| app.client_id == client_id).cloned()
    }

    /// All of them.
    pub(crate) fn apps(&self) -> Vec<Arc<ConnectedApp>> {
        self.apps.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Adds an app, or replaces the one of the same consumer key; false when there is no room for one more.
    pub(crate) fn add(&self, app: ConnectedApp) -> bool {
        let mut apps = self.apps.write().unwrap_or_else(PoisonError::into_inner);
        let is_full = apps.len() >= MAX_APPS;
        match apps.iter_mut().find(|other| other.client_id == app.client_id) {
            Some(other) => *other = Arc::new(app),
            None if is_full => return false,
            None => apps.push(Arc::new(app)),
        }
        true
    }
}
