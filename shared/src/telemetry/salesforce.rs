//! Figures of the calls of Salesforce.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use metrics::{Counter, Gauge, Histogram, counter, gauge, histogram};

use crate::salesforce::{CallRecord, ClientSettings, ErrorKind, SalesforceId};

/// Orgs whose use of their calls is told: each is a series of its own, for as long as the process runs.
const MOST_ORGS: usize = 100;

/// The settings of a client whose calls are counted. Every client of a service begins with these.
#[must_use]
pub fn client_settings() -> ClientSettings {
    ClientSettings { on_call: Some(Arc::new(called)), ..ClientSettings::default() }
}

/// Calls by operation and outcome.
type Calls = HashMap<(&'static str, &'static str), (Counter, Histogram)>;

thread_local! {
    /// What this thread has added to before: to find a figure by its labels costs more than to add to it. As few as there are
    /// operations and kinds of failures, and as there are orgs whose use is told.
    static CALLS: RefCell<Calls> = RefCell::default();
    static USES: RefCell<HashMap<SalesforceId, (Gauge, Gauge)>> = RefCell::default();
}

/// Counts one exchange.
pub(crate) fn called(call: &CallRecord) {
    let operation = call.operation.name();
    let outcome = call.failure.map_or("ok", ErrorKind::name);
    CALLS.with_borrow_mut(|known| {
        let (calls, durations) = known.entry((operation, outcome)).or_insert_with(|| {
            let calls = counter!("salesforce_calls_total", "operation" => operation, "outcome" => outcome);
            (calls, histogram!("salesforce_call_duration_seconds", "operation" => operation))
        });
        calls.increment(1);
        durations.record(call.duration.as_secs_f64());
    });
    if let Some(usage) = call.usage
        && is_told(call.org_id)
    {
        USES.with_borrow_mut(|known| {
            let (used, limit) = known.entry(call.org_id).or_insert_with(|| {
                let org = call.org_id.as_str().to_owned();
                let used = gauge!("salesforce_api_calls_used", "org" => org.clone());
                (used, gauge!("salesforce_api_calls_limit", "org" => org))
            });
            used.set(as_f64(usage.used));
            limit.set(as_f64(usage.limit));
        });
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
