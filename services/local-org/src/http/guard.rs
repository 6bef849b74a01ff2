//! The guard in front of all that is served over HTTP.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::HeaderMap;
use actix_web::http::uri::Authority;
use actix_web::middleware::Next;
use actix_web::{Error, web};

use super::answer::{Answer, internal};
use super::slashes;
use crate::error::ApiError;
use crate::guard::Caller;
use crate::host::Host;

/// Refuses requests that a web page of another site may be behind, and tidies the paths of the others.
pub(crate) async fn screen(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let checked = match request.app_data::<web::Data<Host>>() {
        Some(host) => host.guard.check(&caller(&request)),
        None => return Ok(refused(request, internal("there is no org"))),
    };
    match checked {
        Ok(()) => {
            slashes::take_away(&mut request);
            let mut response = next.call(request).await?.map_into_left_body();
            // Names of headers have no case, but an org capitalises them, and there are clients that look for that.
            response.response_mut().head_mut().set_camel_case_headers(true);
            Ok(response)
        }
        Err(refusal) => {
            // The path may hold a secret, such as the id of a callback.
            tracing::warn!(method = %request.method(), %refusal, "a request was refused");
            Ok(refused(request, ApiError::new(403, "FORBIDDEN", refusal.to_string())))
        }
    }
}

/// Takes only JSON for what changes something and asks for no token: a page of another site can send forms and plain text
/// without asking, but not that.
pub(crate) async fn json_only(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let has_content = matches!(*request.method(), Method::POST | Method::PUT | Method::PATCH);
    if has_content && !is_json(request.headers()) {
        let message = "The Content-Type must be application/json, also where there is no body";
        return Ok(refused(request, ApiError::new(415, "UNSUPPORTED_MEDIA_TYPE", message)));
    }
    Ok(next.call(request).await?.map_into_left_body())
}

fn refused<B: MessageBody>(
    request: ServiceRequest,
    error: ApiError,
) -> ServiceResponse<actix_web::body::EitherBody<B>> {
    // What follows on the connection may be the body, which nobody reads.
    let mut response = Answer::from(error).into_response();
    response.head_mut().set_connection_type(actix_web::http::ConnectionType::Close);
    request.into_response(response).map_into_right_body()
}

fn is_json(headers: &HeaderMap) -> bool {
    let mut types = headers.get_all("Content-Type").filter_map(|value| value.to_str().ok());
    let essence = types.next().map(|value| value.split(';').next().unwrap_or_default().trim());
    types.next().is_none() && essence.is_some_and(|essence| essence.eq_ignore_ascii_case("application/json"))
}

fn caller(request: &ServiceRequest) -> Caller<'_> {
    let headers = request.headers();
    // A value that is no text is none that is allowed.
    let all =
        |name: &str| -> Vec<&str> { headers.get_all(name).map(|value| value.to_str().unwrap_or_default()).collect() };
    // Who is asked for a connection is named by the target alone: clients write the header beside it with the port of
    // https or without. No page can ask so.
    let mut hosts = if *request.method() == Method::CONNECT { Vec::new() } else { all("Host") };
    // A call of HTTP/2 names the host here, and one to a proxy does, too.
    hosts.extend(request.uri().authority().map(Authority::as_str));
    let (is, path) = (|name: &str, expected: &str| all(name) == [expected], request.path());
    let is_page = matches!(path, "/" | "/console" | "/services/oauth2/authorize" | "/secur/frontdoor.jsp")
        || path.starts_with("/console/");
    Caller {
        hosts,
        origins: all("Origin"),
        sites: all("Sec-Fetch-Site"),
        visits_page: is_page
            && request.method() == Method::GET
            && is("Sec-Fetch-Mode", "navigate")
            && is("Sec-Fetch-Dest", "document"),
    }
}
