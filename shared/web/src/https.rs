//! https only, where a router in front speaks both: what browsers and callers send holds passwords and tokens.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HOST, HeaderMap, HeaderValue, LOCATION, STRICT_TRANSPORT_SECURITY};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{Error, HttpResponse};

use super::error::ApiError;

/// A year, in seconds.
const HSTS: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// How a request came, as the router tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// Over https.
    Https,
    /// Over http, through a router that speaks https too.
    Http,
    /// There is no router.
    Direct,
}

impl Scheme {
    /// Reads `X-Forwarded-Proto`, of which the nearest router wrote the last item. Inventing it changes nothing for anyone
    /// else.
    pub fn of(headers: &HeaderMap) -> Self {
        let value =
            headers.get_all("X-Forwarded-Proto").last().and_then(|value| value.to_str().ok()).unwrap_or_default();
        match value.rsplit(',').next().map(str::trim) {
            Some(scheme) if scheme.eq_ignore_ascii_case("https") => Self::Https,
            Some(scheme) if scheme.eq_ignore_ascii_case("http") => Self::Http,
            _ => Self::Direct,
        }
    }
}

/// Middleware in front of handlers that ask for a password or token. A request that came over http through a router is sent
/// to https before anything is asked for (308), or refused where it would change something (403 `https_required`): what it
/// carries has been readable on the way, and its sender must learn that. Browsers that came over https are told to keep to
/// it.
///
/// # Errors
/// Those of the handler.
pub async fn https_only(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    match Scheme::of(request.headers()) {
        Scheme::Direct => Ok(next.call(request).await?.map_into_boxed_body()),
        Scheme::Https => {
            let mut response = next.call(request).await?.map_into_boxed_body();
            response.headers_mut().insert(STRICT_TRANSPORT_SECURITY, HSTS);
            Ok(response)
        }
        Scheme::Http => {
            let host = request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
            let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
            if is_read && !host.is_empty() {
                let location = format!("https://{host}{}", request.uri());
                let answer = HttpResponse::PermanentRedirect().insert_header((LOCATION, location)).finish();
                return Ok(request.into_response(answer));
            }
            let message = "This came over http, so that others could read it on the way. Use https, and change the password \
                           or token that it carried.";
            let error = ApiError::new(StatusCode::FORBIDDEN, "https_required", message);
            Ok(request.error_response(error))
        }
    }
}
