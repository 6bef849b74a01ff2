//! The middleware in front of all pages.

use super::client::names_this_machine;
use super::door::Login;
use super::session::Session;
use super::settings::Access;
use crate::ApiError;
use crate::https::Scheme;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::{Method, StatusCode, header};
use actix_web::middleware::Next;
use actix_web::web::{Bytes, Data};
use actix_web::{Error, HttpMessage, HttpResponse, ResponseError};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use url::form_urlencoded;

/// The page that needs no login.
pub(super) const LOGIN: &str = "/login";

/// The field in which every form carries its session's token.
pub const TOKEN_FIELD: &str = "csrf_token";

/// Gives the request its [`Session`] (in its extensions), and keeps out whoever may not see the page. A handler that puts
/// another session into the extensions of its answer replaces it. `https_only` stands before it.
///
/// - Without a login, everything but the login page leads to it.
/// - A request that may change something must be a form with the session's token.
///
/// # Errors
/// When the application holds no `Data<Login>`, or no cookie can be made.
pub async fn guard(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let login = request.app_data::<Data<Login>>().cloned();
    let login = login.ok_or_else(|| ApiError::internal(anyhow::anyhow!("the application holds no Data<Login>")))?;
    let secure = Scheme::of(request.headers()) == Scheme::Https;
    if let Some(answer) = wrong_address(&request, &login.settings.access) {
        return Ok(request.into_response(answer));
    }
    let mut known = login.sessions.read(secure, |name| request.cookie(name));
    if let Some(session) = known.as_ref().filter(|session| session.user().is_some())
        && login.logouts.contain(session).await
    {
        known = None;
    }
    let is_new = known.is_none();
    let session = known.unwrap_or_else(|| login.sessions.visitor());
    request.extensions_mut().insert(session.clone());

    let mut response = if is_private(&request, &login.settings.access) && session.user().is_none() {
        let answer = to_login(&request);
        request.into_response(answer)
    } else {
        match with_token(request, &session, &login).await {
            Ok(request) => next.call(request).await?.map_into_boxed_body(),
            Err(answered) => answered,
        }
    };
    let replaced = response.response().extensions().get::<Session>().cloned();
    if let Some(session) = replaced.or_else(|| is_new.then_some(session)) {
        let cookie = login.sessions.cookie(&session, secure).map_err(ApiError::internal)?;
        response.response_mut().add_cookie(&cookie)?;
    }
    Ok(response)
}

/// Whether this page is for those only who have logged in.
fn is_private(request: &ServiceRequest, access: &Access) -> bool {
    matches!(access, Access::Password(_)) && request.path() != LOGIN
}

fn wrong_address(request: &ServiceRequest, access: &Access) -> Option<HttpResponse> {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    if matches!(access, Access::Open) && !names_this_machine(host) {
        let message = "Without a login the pages are shown under the name of this machine only.";
        return Some(ApiError::new(StatusCode::MISDIRECTED_REQUEST, "wrong_host", message).error_response());
    }
    None
}

/// The login page leads back to where the browser wanted to go, if it was only looking.
fn to_login(request: &ServiceRequest) -> HttpResponse {
    let wanted = request.uri().to_string();
    let location = if *request.method() == Method::GET && wanted != "/" {
        format!("{LOGIN}?next={}", utf8_percent_encode(&wanted, NON_ALPHANUMERIC))
    } else {
        LOGIN.to_owned()
    };
    HttpResponse::SeeOther().insert_header((header::LOCATION, location)).finish()
}

/// Lets a form pass that carries the session's token, and everything that cannot change anything.
async fn with_token(
    mut request: ServiceRequest,
    session: &Session,
    login: &Login,
) -> Result<ServiceRequest, ServiceResponse<BoxBody>> {
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        return Ok(request);
    }
    let body = match request.extract::<Bytes>().await {
        Ok(body) => body,
        // An error of a middleware would go past those outside of it, which give it its form.
        Err(error) => return Err(request.error_response(error)),
    };
    let token = form_urlencoded::parse(&body).find(|(name, _)| name == TOKEN_FIELD).map(|(_, value)| value);
    if token.is_some_and(|token| session.allows(&token)) {
        request.set_payload(Payload::from(body));
        return Ok(request);
    }
    tracing::warn!(path = request.path(), "a form without the session's token was refused");
    let message = "This form is too old, or was not made by this site. Nothing was changed. Go back, reload the page and \
                   send it again.";
    let answer = login.face.failure(session, StatusCode::FORBIDDEN, "Form refused", message);
    Err(request.into_response(answer))
}
