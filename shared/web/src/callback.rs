//! `callbackUrl`: where the caller wants the result of a job.

use super::ApiError;
use super::client_context::Caller;
use shared::applink::callback::is_of_org;
use shared::salesforce::AllowedHosts;
use url::Url;

/// Name of the field.
const FIELD: &str = "callbackUrl";

/// Reads a callback URL: one of the caller's own org, since the result goes there with a token of that org.
///
/// # Errors
/// 400 when it is not.
pub fn callback_url(text: &str, hosts: &AllowedHosts, caller: &Caller) -> Result<Url, ApiError> {
    let url = hosts.check(text).map_err(|error| ApiError::bad_request(FIELD, format!("callbackUrl {error}")))?;
    if is_of_org(&url, &caller.session) {
        return Ok(url);
    }
    let own = caller.session.instance_url.as_str();
    Err(ApiError::bad_request(FIELD, format!("callbackUrl must be a URL of the calling org, which is at {own}")))
}
