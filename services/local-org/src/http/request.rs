//! What the headers of a request say.

use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::http::uri::Authority;

use crate::error::ApiError;
use crate::host::{Host, OrgHost, Session};

/// Longest URI, and longest URI with headers, in bytes (REST API Developer Guide, "Status Codes and Error Responses").
const MAX_HEAD: usize = 16_384;

/// The org and the session of a request's `Authorization: Bearer` header.
pub(crate) fn session_of<'h>(host: &'h Host, request: &HttpRequest) -> Option<(&'h Arc<OrgHost>, Session)> {
    host.session(bearer(request)?)
}

/// The token of an `Authorization: Bearer` (or, as older clients send it, `OAuth`) header.
pub(crate) fn bearer(request: &HttpRequest) -> Option<&str> {
    let header = request.headers().get("Authorization")?.to_str().ok()?;
    let (scheme, token) = header.split_once(' ')?;
    (scheme.eq_ignore_ascii_case("Bearer") || scheme.eq_ignore_ascii_case("OAuth")).then(|| token.trim())
}

/// The URL under which the caller reached this server, with the connection's scheme: the org's instance URL for that
/// caller.
pub(crate) fn base_url(request: &HttpRequest) -> String {
    let scheme = if request.app_config().secure() { "https" } else { "http" };
    let host = request.headers().get("Host").and_then(|host| host.to_str().ok());
    // A call of HTTP/2 has no such header, but its URI names the host.
    let host = host.or_else(|| request.uri().authority().map(Authority::as_str));
    format!("{scheme}://{}", host.unwrap_or("127.0.0.1"))
}

/// A header's value, if it is text.
pub(crate) fn header<'r>(request: &'r HttpRequest, name: &str) -> Option<&'r str> {
    request.headers().get(name).and_then(|value| value.to_str().ok())
}

/// Refuses a URI or headers that are too long.
///
/// # Errors
/// 414 or 431.
pub(super) fn check_head(request: &HttpRequest) -> Result<(), ApiError> {
    let uri = target(request).len();
    let headers: usize = request.headers().iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
    if uri > MAX_HEAD {
        return Err(ApiError::new(414, "URI_TOO_LONG", "The length of the URI exceeds the 16,384 byte limit."));
    }
    if uri + headers > MAX_HEAD {
        let message = "The combined length of the URI and headers exceeds the 16,384 byte limit.";
        return Err(ApiError::new(431, "REQUEST_HEADER_FIELDS_TOO_LARGE", message));
    }
    Ok(())
}

/// Path and query string.
pub(super) fn target(request: &HttpRequest) -> String {
    request.uri().path_and_query().map_or_else(|| request.path().to_owned(), ToString::to_string)
}
