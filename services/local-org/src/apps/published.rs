//! Published apps.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use super::spec::{Operation, Spec};

/// Who published an app through the add-on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Publisher {
    /// UUID of the app on Heroku.
    pub(crate) app_id: String,
    /// Name of the connection.
    pub(crate) connection: String,
    /// Email of the user of Heroku, or the app's name.
    pub(crate) by: String,
    /// Id of this publication.
    pub(crate) id: Uuid,
    /// Who published it first, and when: what the add-on says of it as long as it is only published anew.
    pub(crate) first: (String, DateTime<Utc>),
}

/// An app whose operations can be called.
#[derive(Debug)]
pub(crate) struct App {
    /// Name of the org that it is published to.
    pub(crate) org: String,
    pub(crate) client_name: String,
    /// Where the app is; paths of operations follow.
    pub(crate) url: String,
    /// The org's URL as the app reaches it; that of the caller of the control API when absent.
    pub(crate) instance_url: Option<String>,
    pub(crate) spec: Spec,
    pub(crate) published_at: DateTime<Utc>,
    /// Absent when `local-org publish` did it.
    pub(crate) published_by: Option<Publisher>,
    /// Whether publishing made the permission set named as the client, which then goes with the app.
    pub(crate) made_permission_set: bool,
    /// What is not as it should be, but does not prevent calls.
    pub(crate) warnings: Vec<String>,
}

impl App {
    pub(crate) fn operation(&self, id: &str) -> Option<&Operation> {
        self.spec.operations.iter().find(|operation| operation.id == id)
    }

    fn overview(&self) -> AppOverview {
        AppOverview {
            client_name: self.client_name.clone(),
            title: self.spec.title.clone(),
            url: self.url.clone(),
            published_at: self.published_at,
            operations: self.spec.operations.iter().map(|operation| operation.id.clone()).collect(),
            warnings: self.warnings.clone(),
        }
    }

    pub(crate) fn to_json(&self) -> Value {
        let operations = self.spec.operations.iter().map(|operation| {
            json!({
                "operationId": operation.id,
                "method": operation.method,
                "path": operation.path,
                "permissionSet": operation.permission_set,
                "asynchronous": operation.callback.is_some(),
                "agentAction": operation.agent_action,
            })
        });
        json!({
            "org": self.org,
            "clientName": self.client_name,
            "title": self.spec.title,
            "url": self.url,
            "instanceUrl": self.instance_url,
            "permissionSet": self.client_name,
            "publishedAt": self.published_at.to_rfc3339_opts(SecondsFormat::Millis, true),
            "operations": operations.collect::<Value>(),
            "warnings": self.warnings,
        })
    }
}

/// An app as the console shows it.
#[derive(Debug, Clone)]
pub(crate) struct AppOverview {
    pub(crate) client_name: String,
    pub(crate) title: String,
    pub(crate) url: String,
    pub(crate) published_at: DateTime<Utc>,
    /// Ids of the operations.
    pub(crate) operations: Vec<String>,
    pub(crate) warnings: Vec<String>,
}

/// All of them, by org and client name.
#[derive(Debug, Default)]
pub(crate) struct Apps(Mutex<BTreeMap<(String, String), Arc<App>>>);

impl Apps {
    pub(crate) fn get(&self, org: &str, client_name: &str) -> Option<Arc<App>> {
        self.apps().get(&key(org, client_name)).cloned()
    }

    /// Adds one, or puts it in the place of an earlier one.
    pub(crate) fn put(&self, app: Arc<App>) {
        self.apps().insert(key(&app.org, &app.client_name), app);
    }

    pub(crate) fn remove(&self, org: &str, client_name: &str) -> Option<Arc<App>> {
        self.apps().remove(&key(org, client_name))
    }

    pub(crate) fn list(&self) -> Vec<Arc<App>> {
        self.apps().values().cloned().collect()
    }

    /// Those of one org, by name.
    pub(crate) fn of(&self, org: &str) -> Vec<AppOverview> {
        self.apps().values().filter(|app| app.org == org).map(|app| app.overview()).collect()
    }

    fn apps(&self) -> MutexGuard<'_, BTreeMap<(String, String), Arc<App>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn key(org: &str, client_name: &str) -> (String, String) {
    (org.to_owned(), client_name.to_owned())
}
