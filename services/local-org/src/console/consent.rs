//! The page on which a user lets an app log in: the authorization endpoint of OAuth 2.0 (RFC 6749, section 4.1; Salesforce
//! Help, "OAuth 2.0 Web Server Flow"). An org asks for a password first; here the user is chosen from a list.
//!
//! The form carries a ticket that was made with the page and works once, and goes to this server alone. Whoever comes
//! back is sent only to a callback URL that the app was described with, literally.

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, LOCATION};
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde::Deserialize;
use url::Url;

use super::frame::Frame;
use super::page::{html, html_under};
use crate::host::Host;
use crate::host::logins::{Asked, Grant};
use crate::http::request::base_url;

/// Where the page is.
const PATH: &str = "/services/oauth2/authorize";

/// Scopes of an app that asks for none: all that it was described with, which here is everything.
const DEFAULT_SCOPE: &str = "api refresh_token web";

/// Adds the routes.
pub(super) fn configure(config: &mut web::ServiceConfig) {
    config.service(web::resource(PATH).route(web::get().to(ask)).route(web::post().to(answer)));
}

#[derive(Deserialize)]
struct Query {
    #[serde(default)]
    response_type: String,
    #[serde(default)]
    client_id: String,
    #[serde(default)]
    redirect_uri: String,
    scope: Option<String>,
    state: Option<String>,
    code_challenge: Option<String>,
    code_challenge_method: Option<String>,
    login_hint: Option<String>,
}

/// Shows what an app asks for.
async fn ask(request: HttpRequest, query: web::Query<Query>, host: web::Data<Host>) -> HttpResponse {
    let query = query.into_inner();
    // Nobody is sent anywhere before it is known that the app wants to be there.
    let Some(app) = host.logins.app(&query.client_id) else {
        return refused("invalid_client_id", "client identifier invalid");
    };
    if !app.returns_to(&query.redirect_uri, &base_url(&request)) {
        return refused("redirect_uri_mismatch", "redirect_uri must match configuration");
    }
    let Ok(target) = Url::parse(&query.redirect_uri) else {
        return refused("redirect_uri_mismatch", "redirect_uri must match configuration");
    };
    let state = query.state.as_deref();
    if query.response_type != "code" {
        return back(
            target,
            &[("error", "unsupported_response_type"), ("error_description", "response type not supported")],
            state,
        );
    }
    // Salesforce takes S256 alone, also where none is named.
    if query.code_challenge_method.as_deref().is_some_and(|method| method != "S256") {
        let description = "code_challenge_method must be S256";
        return back(target, &[("error", "invalid_request"), ("error_description", description)], state);
    }
    let users = users(&host, query.login_hint.as_deref());
    let asked = Asked {
        client_id: query.client_id,
        redirect_uri: query.redirect_uri,
        scope: query.scope.filter(|scope| !scope.trim().is_empty()).unwrap_or_else(|| DEFAULT_SCOPE.to_owned()),
        state: query.state,
        challenge: query.code_challenge,
    };
    let page = ConsentPage {
        frame: Frame::new(),
        app: &app.name,
        scopes: asked.scope.split_whitespace().map(|scope| (scope.to_owned(), in_words(scope))).collect(),
        target: &asked.redirect_uri,
        ticket: host.logins.grants.ask(asked.clone()),
        action: PATH,
        users,
    };
    // Browsers hold the redirect that follows a form to the form's policy.
    let policy = format!(
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self' {}; base-uri 'none'; frame-ancestors 'none'",
        source(&target)
    );
    html_under(StatusCode::OK, &policy, &page)
}

#[derive(Deserialize)]
struct Choice {
    #[serde(default)]
    ticket: String,
    /// Name of a user, which names the org, too.
    #[serde(default)]
    user: String,
    #[serde(default)]
    answer: String,
}

/// Sends the browser back to the app, with a code or with a no.
async fn answer(choice: web::Form<Choice>, host: web::Data<Host>) -> HttpResponse {
    let asked = host.logins.grants.answered(&choice.ticket);
    let target = asked.as_ref().and_then(|asked| Url::parse(&asked.redirect_uri).ok());
    let (Some(asked), Some(target)) = (asked, target) else {
        return refused("invalid_request", "This page was answered already, or is too old. Log in again.");
    };
    let state = asked.state.clone();
    if choice.answer != "allow" {
        let denied = [("error", "access_denied"), ("error_description", "end-user denied authorization")];
        return back(target, &denied, state.as_deref());
    }
    let found = host.orgs.iter().find_map(|org| Some((org, org.user_named(&choice.user)?)));
    let Some((org, user)) = found else {
        return refused("invalid_request", "There is no such user. Log in again.");
    };
    let grant = Grant {
        org: org.store.name().to_owned(),
        user_id: user.id.clone(),
        client_id: asked.client_id.clone(),
        scope: asked.scope.clone(),
    };
    let code = host.logins.grants.code(asked, grant);
    back(target, &[("code", &code)], state.as_deref())
}

/// One user on the page.
struct Candidate {
    username: String,
    name: String,
    org: String,
    chosen: bool,
}

fn users(host: &Host, hint: Option<&str>) -> Vec<Candidate> {
    let mut users: Vec<Candidate> = Vec::new();
    for org in &host.orgs {
        users.extend(org.users.iter().map(|user| Candidate {
            username: user.username.clone(),
            name: user.name.clone(),
            org: org.store.name().to_owned(),
            chosen: hint.is_some_and(|hint| user.username.eq_ignore_ascii_case(hint)),
        }));
    }
    if users.iter().all(|user| !user.chosen)
        && let Some(first) = users.first_mut()
    {
        first.chosen = true;
    }
    users
}

/// What a scope allows (Salesforce Help, "OAuth Tokens and Scopes").
fn in_words(scope: &str) -> &'static str {
    match scope {
        "api" => "Manage user data via APIs",
        "web" => "Manage user data via Web browsers",
        "full" => "Full access",
        "refresh_token" | "offline_access" => "Perform requests at any time",
        "id" | "profile" | "email" | "openid" => "Access the identity URL service",
        _ => "Something that a local org makes no difference for",
    }
}

/// Back to the app.
fn back(mut target: Url, parameters: &[(&str, &str)], state: Option<&str>) -> HttpResponse {
    target.query_pairs_mut().extend_pairs(parameters).extend_pairs(state.map(|state| ("state", state)));
    let mut response = HttpResponse::Found();
    response.insert_header((LOCATION, target.as_str())).insert_header((CACHE_CONTROL, "no-store")).finish()
}

/// The place of a URL as a policy names it.
fn source(target: &Url) -> String {
    match target.origin() {
        url::Origin::Opaque(_) => format!("{}:", target.scheme()),
        origin => origin.ascii_serialization(),
    }
}

fn refused(error: &'static str, description: &str) -> HttpResponse {
    html(StatusCode::BAD_REQUEST, &RefusedPage { frame: Frame::new(), error, description })
}

/// Who wants what, and the users who could allow it.
#[derive(Template)]
#[template(path = "consent.html")]
struct ConsentPage<'a> {
    frame: Frame,
    app: &'a str,
    scopes: Vec<(String, &'static str)>,
    target: &'a str,
    ticket: String,
    action: &'static str,
    users: Vec<Candidate>,
}

/// Why nobody is asked.
#[derive(Template)]
#[template(path = "consent_refused.html")]
struct RefusedPage<'a> {
    frame: Frame,
    error: &'static str,
    description: &'a str,
}
