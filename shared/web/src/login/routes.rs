//! `/login` and `/logout`.

use super::client::client_address;
use super::door::{Login, LoginForm};
use super::guard::LOGIN;
use super::session::Session;
use super::settings::Access;
use crate::pages::see_other;
use actix_web::http::{StatusCode, header};
use actix_web::web::{Data, Form, Query, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, get, post};
use serde::Deserialize;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Instant;

/// Adds the routes, for a scope behind [`guard`](super::guard).
pub fn routes(service: &mut ServiceConfig) {
    service.service(form).service(log_in).service(log_out);
}

/// Where to go afterwards.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Destination {
    next: String,
}

/// The form. There is no `Debug`: it holds a password.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Entered {
    username: String,
    password: String,
    next: String,
}

/// Shows the form, unless the visitor has logged in or needs not.
#[get("/login")]
async fn form(login: Data<Login>, session: Session, query: Query<Destination>) -> HttpResponse {
    if session.user().is_some() || matches!(login.settings.access, Access::Open) {
        return see_other(local_path(&query.next));
    }
    page(&login, &session, &query.next, "", StatusCode::OK, None)
}

/// Logs in. Right and wrong ones count alike until they are judged.
#[post("/login")]
async fn log_in(request: HttpRequest, login: Data<Login>, session: Session, entered: Form<Entered>) -> HttpResponse {
    let Access::Password(credential) = &login.settings.access else { return see_other("/") };
    let address = client_address(request.headers(), request.peer_addr(), login.settings.proxies);
    let address = address.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
    if let Err(wait) = login.limiter.attempt(address, Instant::now()) {
        tracing::warn!(%address, "too many tries to log in");
        let minutes = wait.as_secs().div_ceil(60).max(1);
        let problem = format!("Too many tries. Try again in {minutes} min.");
        let mut answer =
            page(&login, &session, &entered.next, &entered.username, StatusCode::TOO_MANY_REQUESTS, Some(problem));
        answer.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from(wait.as_secs().max(1)));
        return answer;
    }
    if !credential.matches(&entered.username, &entered.password) {
        tracing::warn!(%address, "a login was refused");
        let problem = "The user name or the password is wrong.".to_owned();
        return page(&login, &session, &entered.next, &entered.username, StatusCode::UNAUTHORIZED, Some(problem));
    }
    login.limiter.succeeded(address);
    tracing::info!(%address, "logged in");
    let mut answer = see_other(local_path(&entered.next));
    answer.extensions_mut().insert(login.sessions.logged_in(credential.username()));
    answer
}

/// Logs out: the session ends, also where a copy of its cookie is, and the browser gets one of a stranger.
#[post("/logout")]
async fn log_out(login: Data<Login>, session: Session) -> HttpResponse {
    if session.user().is_some() {
        login.logouts.add(&session).await;
        tracing::info!("logged out");
    }
    let mut answer = see_other(LOGIN);
    answer.extensions_mut().insert(login.sessions.visitor());
    answer
}

/// The form again keeps the name, so that only the password has to be entered anew.
fn page(
    login: &Login,
    session: &Session,
    next: &str,
    username: &str,
    status: StatusCode,
    problem: Option<String>,
) -> HttpResponse {
    let shown = LoginForm { username: username.to_owned(), next: local_path(next).to_owned(), problem };
    login.face.login(session, status, shown)
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
