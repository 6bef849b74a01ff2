//! What an administrator has set up in an org: changeable while it runs, and forgotten when the process ends.

use std::sync::{Arc, PoisonError, RwLock};

use serde::{Deserialize, Serialize};

/// Stands for every user in a list of usernames.
const EVERYONE: &str = "*";

/// Settings of one org. The default is that of a new org: no user may delete for good, and there are no duplicate rules.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct OrgSettings {
    /// Usernames with the permission "Bulk API Hard Delete"; `*` for all users.
    pub hard_delete: Vec<String>,
    /// Fields in which records may not be alike.
    pub duplicate_rules: Vec<DuplicateRule>,
    /// A limit on the calls of an app, of which clients are told beside the org's; it refuses nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_app_api_usage: Option<AppQuota>,
}

/// What an app may use of an org's API calls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AppQuota {
    /// Name of the app, to which all calls of the org are counted.
    pub app_name: String,
    /// Its calls in a day.
    pub limit: u64,
}

/// Refuses records with the same value in a field, unless the caller allows duplicates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DuplicateRule {
    /// API name of the object.
    pub object: String,
    /// API name of the field.
    pub field: String,
}

impl OrgSettings {
    /// The header `Sforce-Limit-Info` (REST API Developer Guide, "Limit Info Header").
    pub(crate) fn limit_info(&self, used: u64, limit: u64) -> String {
        let of_app = self.per_app_api_usage.as_ref();
        let of_app = of_app.map(|app| format!("; per-app-api-usage={used}/{}(appName={})", app.limit, app.app_name));
        format!("api-usage={used}/{limit}{}", of_app.unwrap_or_default())
    }

    /// Whether that user may delete records for good.
    pub fn may_hard_delete(&self, username: &str) -> bool {
        self.hard_delete.iter().any(|name| name == EVERYONE || name.eq_ignore_ascii_case(username))
    }
}

/// The settings in force.
#[derive(Debug, Default)]
pub struct Settings(RwLock<Arc<OrgSettings>>);

impl Settings {
    /// The settings in force now.
    pub fn get(&self) -> Arc<OrgSettings> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts other settings in force.
    pub fn set(&self, settings: OrgSettings) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(settings);
    }
}

/// Whether a `Sforce-Duplicate-Rule-Header` such as `allowSave=true` lets duplicates pass.
pub fn allows_duplicates(header: &str) -> bool {
    header.split([',', ';']).any(|option| {
        option.split_once('=').is_some_and(|(name, value)| {
            name.trim().eq_ignore_ascii_case("allowSave") && value.trim().eq_ignore_ascii_case("true")
        })
    })
}
