//! By what a repeated call is told from a new one.

use ::web::ApiError;
use ::web::client_context::Caller;
use ::web::jobs::idempotency_key;
use actix_web::http::header::HeaderMap;
use shared::quotes::key::JobKey;
use shared::salesforce::SalesforceId;
use uuid::Uuid;

/// The key under which a call makes its Quote: from the header `Idempotency-Key`, else from the AppLink request's id. The
/// same one of the same user for the same Opportunity is the same Quote, whichever operation is called.
pub(crate) struct Repeat {
    pub(crate) key: JobKey,
    /// Whether a second call can have the same key at all.
    known: bool,
}

impl Repeat {
    /// # Errors
    /// 400 for a header that is no key.
    pub(crate) fn of(headers: &HeaderMap, caller: &Caller, opportunity: &SalesforceId) -> Result<Self, ApiError> {
        // A caller's key may be the text of somebody's request id; their kinds keep them apart.
        let (request, known) = match idempotency_key(headers)? {
            Some(key) => (format!("key {key}"), true),
            None if caller.request_id.is_empty() => (Uuid::new_v4().to_string(), false),
            None => (format!("request {}", caller.request_id), true),
        };
        Ok(Self { key: key(caller, opportunity, &request), known })
    }

    /// The idempotency key of the job that calls back to `url`. Salesforce gives each asynchronous call a URL of its own
    /// and waits for an answer there, so a call with another URL is another job; its Quote is the same.
    pub(crate) fn of_job(&self, caller: &Caller, opportunity: &SalesforceId, url: &str) -> Option<String> {
        self.known.then(|| key(caller, opportunity, &format!("{} {url}", self.key)).to_string())
    }
}

fn key(caller: &Caller, opportunity: &SalesforceId, request: &str) -> JobKey {
    JobKey::of_request(caller.org_id(), &caller.session.user_id, opportunity, request)
}
