//! The id that ties a request, its answer, its log lines and its job together.

use std::convert::Infallible;
use std::fmt;
use std::future::{Ready, ready};
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use uuid::Uuid;

/// `X-Request-Id`, in and out.
pub(super) const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// Longest id that is taken over from a caller, in bytes.
const MAX_LENGTH: usize = 128;

/// The id of the request: the caller's (Heroku's router, Salesforce, the service mesh) when it is 1 to 128 visible ASCII
/// characters, else a new UUID. As an extractor it never fails. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(Arc<str>);

impl RequestId {
    /// A new random id.
    pub fn random() -> Self {
        Self(Uuid::new_v4().to_string().into())
    }

    /// The id as text: visible ASCII, no spaces.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Takes over the caller's id or makes a new one. An id that is no clean token is replaced, since it ends up in logs
    /// and headers.
    pub(super) fn accept(headers: &HeaderMap) -> Self {
        let given = headers.get(HEADER).and_then(|value| value.to_str().ok());
        let is_clean =
            |id: &&str| (1..=MAX_LENGTH).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic());
        given.filter(is_clean).map_or_else(Self::random, |id| Self(id.into()))
    }

    /// As a header value; the alphabet was checked on the way in.
    pub(super) fn header_value(&self) -> Option<HeaderValue> {
        HeaderValue::from_str(&self.0).ok()
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromRequest for RequestId {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let id = request.extensions().get::<Self>().cloned();
        ready(Ok(id.unwrap_or_else(|| Self::accept(request.headers()))))
    }
}
