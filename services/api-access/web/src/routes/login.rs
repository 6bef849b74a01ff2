//! `/login` and `/logout`.

use super::see_other;
use crate::State;
use crate::access::guard::LOGIN;
use crate::access::{Access, Session, client_address};
use crate::pages::{Frame, LoginPage, Section, html};
use actix_web::http::{StatusCode, header};
use actix_web::web::{Data, Form, Query};
use actix_web::{HttpRequest, HttpResponse, get, post};
use serde::Deserialize;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Instant;

/// Where to go afterwards.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Destination {
    next: String,
}

/// The form. There is no `Debug`: it holds a password.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Login {
    username: String,
    password: String,
    next: String,
}

/// Shows the form, unless the visitor has logged in or needs not.
#[get("/login")]
pub(crate) async fn form(state: Data<State>, session: Session, query: Query<Destination>) -> HttpResponse {
    if session.user().is_some() || matches!(state.settings.access, Access::Open) {
        return see_other(local_path(&query.next));
    }
    page(&session, &query.next, "", StatusCode::OK, None)
}

/// Logs in. Right and wrong ones count alike until they are judged.
#[post("/login")]
pub(crate) async fn log_in(
    request: HttpRequest,
    state: Data<State>,
    session: Session,
    login: Form<Login>,
) -> HttpResponse {
    let Access::Password(credential) = &state.settings.access else { return see_other("/") };
    let address = client_address(request.headers(), request.peer_addr(), state.settings.proxies);
    let address = address.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
    if let Err(wait) = state.limiter.attempt(address, Instant::now()) {
        tracing::warn!(%address, "too many tries to log in");
        let minutes = wait.as_secs().div_ceil(60).max(1);
        let problem = format!("Too many tries. Try again in {minutes} min.");
        let mut answer = page(&session, &login.next, &login.username, StatusCode::TOO_MANY_REQUESTS, Some(problem));
        answer.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from(wait.as_secs().max(1)));
        return answer;
    }
    if !credential.matches(&login.username, &login.password) {
        tracing::warn!(%address, "a login was refused");
        let problem = "The user name or the password is wrong.".to_owned();
        return page(&session, &login.next, &login.username, StatusCode::UNAUTHORIZED, Some(problem));
    }
    state.limiter.succeeded(address);
    tracing::info!(%address, "logged in");
    let mut answer = see_other(local_path(&login.next));
    answer.extensions_mut().insert(state.sessions.logged_in(credential.username()));
    answer
}

/// Logs out: the session ends, also where a copy of its cookie is, and the browser gets one of a stranger.
#[post("/logout")]
pub(crate) async fn log_out(state: Data<State>, session: Session) -> HttpResponse {
    if session.user().is_some() {
        state.logouts.add(&session).await;
        tracing::info!("logged out");
    }
    let mut answer = see_other(LOGIN);
    answer.extensions_mut().insert(state.sessions.visitor());
    answer
}

/// The form again keeps the name, so that only the password has to be entered anew.
fn page(session: &Session, next: &str, username: &str, status: StatusCode, problem: Option<String>) -> HttpResponse {
    let frame = Frame::new(session, Section::Login);
    html(status, &LoginPage { frame, username: username.to_owned(), next: local_path(next).to_owned(), problem })
}

/// A path of this site, or its start: `//host` and `/\host` lead to other sites.
fn local_path(next: &str) -> &str {
    let is_local = next.starts_with('/')
        && !next.starts_with("//")
        && !next.starts_with("/\\")
        && next.bytes().all(|byte| byte.is_ascii_graphic());
    if is_local { next } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_leads_to_this_site_only() {
        assert_eq!(local_path("/accounts?connection=my-org&q=a%20b"), "/accounts?connection=my-org&q=a%20b");
        for elsewhere in
            ["", "//evil.example", "/\\evil.example", "https://evil.example", "evil", "/a\r\nSet-Cookie: x"]
        {
            assert_eq!(local_path(elsewhere), "/", "{elsewhere}");
        }
    }
}
