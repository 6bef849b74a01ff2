//! The jobs of api-access: loads of sample Accounts.
//!
//! The jobs of a connection are a chain: a load, the reset that deletes what it loaded, the next load. Each is created
//! under an idempotency key that names the job before it, so however many callers ask for the next one, there is one.
//! The owner of these jobs ([`NewJob::org`](crate::jobs::NewJob::org)) is the connection.

use crate::jobs::JobParams;
use crate::salesforce::SalesforceId;
use serde::{Deserialize, Serialize};

/// Start of all keys of jobs in Redis, unless `QUEUE_PREFIX` says otherwise.
pub const QUEUE_PREFIX: &str = "{api-access}:";

/// Accounts of a load when nobody says how many.
pub const DEFAULT_COUNT: u32 = 1_000;

/// Most Accounts of a load.
pub const MAX_COUNT: u32 = 100_000;

/// External id of Account that marks and numbers what was loaded.
pub const KEY_FIELD: &str = "LoadKey__c";

/// What every value of [`KEY_FIELD`] begins with.
pub const KEY_PREFIX: &str = "api-access-load:";

/// The job that loads Accounts. Its parameters hold no secret: the worker asks AppLink for the session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LoadAccounts {
    /// Developer name of the connection whose org gets them.
    pub connection: String,
    /// How many, 1 to [`MAX_COUNT`].
    pub count: u32,
    /// The org that gets them. Without it, a job of the version before or of a web process that could not tell, it is the
    /// org of the authorization when its first task begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org_id: Option<SalesforceId>,
}

impl JobParams for LoadAccounts {
    const KIND: &'static str = "loadAccounts";
    const VERSION: u32 = 2;
}

/// The job that deletes them again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeleteLoadedAccounts {
    /// Developer name of the connection whose org loses them.
    pub connection: String,
    /// The org that loses them. Without it, a job of the version before or of a web process that could not tell, it is the
    /// org of the authorization when its first task begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org_id: Option<SalesforceId>,
}

impl JobParams for DeleteLoadedAccounts {
    const KIND: &'static str = "deleteLoadedAccounts";
    const VERSION: u32 = 2;
}

/// The key of Account number `number` of a load, from 1. The same in every load, so that no Account is ever loaded
/// twice: a second time would update the first.
#[must_use]
pub fn key(number: u32) -> String {
    format!("{KEY_PREFIX}{number:06}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_sort_as_their_numbers_do() {
        assert_eq!(key(1), "api-access-load:000001");
        assert_eq!(key(MAX_COUNT), "api-access-load:100000");
        assert!(key(9) < key(10) && key(99_999) < key(MAX_COUNT));
    }
}
