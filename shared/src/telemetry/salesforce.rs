//! Figures of the calls of Salesforce.

use std::collections::HashSet;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use metrics::{counter, gauge, histogram};

use crate::salesforce::{CallRecord, ClientSettings, ErrorKind, SalesforceId};

/// Orgs whose use of their calls is told: each is a series of its own, for as long as the process runs.
const MOST_ORGS: usize = 100;

/// The settings of a client whose calls are counted. Every client of a service begins with these.
#[must_use]
pub fn client_settings() -> ClientSettings {
    ClientSettings { on_call: Some(Arc::new(called)), ..ClientSettings::default() }
}

/// Counts one exchange.
pub(crate) fn called(call: &CallRecord) {
    let operation = call.operation.name();
    let outcome = call.failure.map_or("ok", ErrorKind::name);
    counter!("salesforce_calls_total", "operation" => operation, "outcome" => outcome).increment(1);
    histogram!("salesforce_call_duration_seconds", "operation" => operation).record(call.duration.as_secs_f64());
    if let Some(usage) = call.usage
        && is_told(call.org_id)
    {
        let org = call.org_id.as_str().to_owned();
        gauge!("salesforce_api_calls_used", "org" => org.clone()).set(as_f64(usage.used));
        gauge!("salesforce_api_calls_limit", "org" => org).set(as_f64(usage.limit));
    }
}

/// Whether the org is one of the first that were called.
fn is_told(org: SalesforceId) -> bool {
    static ORGS: LazyLock<Mutex<HashSet<SalesforceId>>> = LazyLock::new(Mutex::default);
    let mut orgs = ORGS.lock().unwrap_or_else(PoisonError::into_inner);
    orgs.contains(&org) || (orgs.len() < MOST_ORGS && orgs.insert(org))
}

/// Prometheus has only floating point; exact up to 2^53 calls.
fn as_f64(calls: u64) -> f64 {
    calls as f64
}
