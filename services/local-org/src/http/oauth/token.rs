//! Access tokens: who gets one, and how it ends.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::Utc;
use ring::hmac;
use serde::Deserialize;
use serde_json::json;

use super::failure::Failure;
use super::identity::identity_url;
use crate::error::ApiError;
use crate::host::logins::{Assertion, ConnectedApp, Grant, Rotation, verifies};
use crate::host::{Host, OrgHost, User};
use crate::http::answer::{Answer, internal};
use crate::http::gateway::with_faults;
use crate::http::request::{base_url, header};
use crate::id;

/// Scopes of a token whose app asked for none in particular.
const DEFAULT_SCOPE: &str = "api";

#[derive(Deserialize)]
pub(super) struct TokenForm {
    grant_type: String,
    #[serde(default)]
    username: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    client_id: String,
    #[serde(default)]
    client_secret: String,
    assertion: Option<String>,
    code: Option<String>,
    code_verifier: Option<String>,
    redirect_uri: Option<String>,
    refresh_token: Option<String>,
}

/// Who is to get a token.
struct Granted<'h> {
    org: &'h Arc<OrgHost>,
    user: &'h User,
    scope: String,
    /// The app, if it is known.
    app: Option<Arc<ConnectedApp>>,
    /// A new refresh token goes with the access token.
    refresh_token: Option<String>,
    /// Whether it is the token that the user has anyhow, and not one of a new session.
    usual: bool,
}

/// Why nobody gets a token, and the access tokens that end because of it.
struct Refused {
    failure: Failure,
    ended: Vec<String>,
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Self {
        Self { failure, ended: Vec::new() }
    }
}

/// The grants `password` for any user and `client_credentials` for an org's administrator (`client_id` is then the org's
/// name or id); `authorization_code`, `refresh_token` and JWT bearer for connected apps.
pub(super) async fn token(request: HttpRequest, form: web::Form<TokenForm>, host: web::Data<Host>) -> HttpResponse {
    let mut form = form.into_inner();
    if let Some((client_id, client_secret)) = basic(&request) {
        (form.client_id, form.client_secret) = (client_id, client_secret);
    }
    let base_url = base_url(&request);
    let granted = match granted(&host, &form, &base_url) {
        Ok(granted) => granted,
        Err(Refused { failure, ended }) => {
            return match end(sessions(&host, ended)).await {
                Ok(()) => failure.into(),
                Err(error) => Answer::from(error).into_response(),
            };
        }
    };
    with_faults(&host, &request, Some(granted.org.store.name()), b"", |_| async {
        match access_token(&granted).await {
            Ok(token) => issued(&host, &granted, &form, &base_url, token).into_response(),
            Err(error) => Answer::from(error).into_response(),
        }
    })
    .await
}

fn granted<'h>(host: &'h Host, form: &TokenForm, base_url: &str) -> Result<Granted<'h>, Refused> {
    let app = host.logins.app(&form.client_id);
    if app.as_ref().is_some_and(|app| !app.takes_secret(&form.client_secret)) {
        return Err(Failure::client_secret().into());
    }
    let usual = |(org, user), app| Granted {
        org,
        user,
        scope: DEFAULT_SCOPE.to_owned(),
        app,
        refresh_token: None,
        usual: true,
    };
    match form.grant_type.as_str() {
        "password" if form.password.is_empty() => Err(Failure::authentication().into()),
        "password" => {
            Ok(by_username(host, &form.username).map(|found| usual(found, app)).ok_or_else(Failure::authentication)?)
        }
        "client_credentials" => {
            Ok(by_client(host, &form.client_id).map(|found| usual(found, app)).ok_or_else(Failure::authentication)?)
        }
        "authorization_code" => Ok(by_code(host, form, app.ok_or_else(Failure::client_id)?)?),
        "refresh_token" => by_refresh_token(host, form, app.ok_or_else(Failure::client_id)?),
        "urn:ietf:params:oauth:grant-type:jwt-bearer" => Ok(by_assertion(host, form, base_url)?),
        _ => Err(Failure::new("unsupported_grant_type", "grant type not supported").into()),
    }
}

fn by_code<'h>(host: &'h Host, form: &TokenForm, app: Arc<ConnectedApp>) -> Result<Granted<'h>, Failure> {
    let code = form.code.as_deref().ok_or_else(|| Failure::missing("code"))?;
    // Whether it is an old one, another app's or none at all is nobody's business.
    let (asked, grant) =
        host.logins.grants.redeem(code).ok_or_else(|| Failure::new("invalid_grant", "expired authorization code"))?;
    if grant.client_id != app.client_id {
        return Err(Failure::new("invalid_grant", "expired authorization code"));
    }
    if form.redirect_uri.as_deref() != Some(&asked.redirect_uri) {
        return Err(Failure::new("redirect_uri_mismatch", "redirect_uri must match configuration"));
    }
    if !verifies(asked.challenge.as_deref(), form.code_verifier.as_deref()) {
        return Err(Failure::new("invalid_grant", "invalid code verifier"));
    }
    let refresh_token = grant.is_lasting().then(|| host.logins.grants.refresh_token(grant.clone()));
    of_grant(host, grant, app, refresh_token)
}

fn by_refresh_token<'h>(host: &'h Host, form: &TokenForm, app: Arc<ConnectedApp>) -> Result<Granted<'h>, Refused> {
    let token = form.refresh_token.as_deref().ok_or_else(|| Failure::missing("refresh_token"))?;
    let expired = || Failure::new("invalid_grant", "expired access/refresh token");
    let grants = &host.logins.grants;
    if !app.rotates_refresh_tokens {
        let grant = grants.refreshed(token).filter(|grant| grant.client_id == app.client_id);
        return Ok(of_grant(host, grant.ok_or_else(expired)?, app, None)?);
    }
    match grants.rotate(token, &app.client_id) {
        Rotation::Replaced(grant, next) => Ok(of_grant(host, grant, app, Some(next))?),
        // Unverified: whether an org tells a token that was used before from one that is none.
        Rotation::Reused(ended) => Err(Refused { failure: expired(), ended }),
        Rotation::Unknown => Err(expired().into()),
    }
}

fn of_grant<'h>(
    host: &'h Host,
    grant: Grant,
    app: Arc<ConnectedApp>,
    refresh_token: Option<String>,
) -> Result<Granted<'h>, Failure> {
    let org = host.org(&grant.org).ok_or_else(Failure::authentication)?;
    let user = org.user(&grant.user_id).ok_or_else(|| Failure::new("invalid_grant", "inactive user"))?;
    Ok(Granted { org, user, scope: grant.scope, app: Some(app), refresh_token, usual: false })
}

fn by_assertion<'h>(host: &'h Host, form: &TokenForm, base_url: &str) -> Result<Granted<'h>, Failure> {
    let assertion = form.assertion.as_deref().ok_or_else(|| Failure::missing("assertion"))?;
    let invalid = || Failure::new("invalid_grant", "invalid assertion");
    let assertion = Assertion::parse(assertion).ok_or_else(invalid)?;
    let app = host.logins.app(assertion.issuer()).filter(|app| app.has_certificate()).ok_or_else(Failure::client_id)?;
    assertion
        .check(&app, base_url, Utc::now().timestamp())
        .map_err(|doubt| Failure::new("invalid_grant", doubt.to_string()))?;
    let (org, user) = by_username(host, assertion.subject())
        .ok_or_else(|| Failure::new("invalid_grant", "user hasn't approved this consumer"))?;
    Ok(Granted { org, user, scope: DEFAULT_SCOPE.to_owned(), app: Some(app), refresh_token: None, usual: false })
}

async fn access_token(granted: &Granted<'_>) -> Result<String, ApiError> {
    if granted.usual {
        return granted.org.token(&granted.user.id).await;
    }
    let (org, user) = (Arc::clone(granted.org), granted.user.clone());
    let opened = web::block(move || org.open_session(&user, &[])).await;
    let (_, token) = opened.unwrap_or_else(|error| Err(internal(error.to_string())))?;
    Ok(token)
}

fn issued(host: &Host, granted: &Granted<'_>, form: &TokenForm, base_url: &str, token: String) -> Answer {
    if let Some(app) = granted.app.as_ref().filter(|_| !granted.usual) {
        let grant = Grant {
            org: granted.org.store.name().to_owned(),
            user_id: granted.user.id.clone(),
            client_id: app.client_id.clone(),
            scope: granted.scope.clone(),
        };
        host.logins.grants.issued(&token, grant);
    }
    let id = identity_url(base_url, granted.org, granted.user);
    let issued_at = Utc::now().timestamp_millis().to_string();
    let secret = granted.app.as_ref().map_or(form.client_secret.as_str(), |app| app.signing_secret());
    let mut body = json!({
        "access_token": token,
        "instance_url": base_url,
        "id": id,
        "token_type": "Bearer",
        "issued_at": issued_at,
        "scope": granted.scope,
        "signature": signature(secret, &id, &issued_at),
    });
    if let Some(token) = &granted.refresh_token {
        body["refresh_token"] = json!(token);
    }
    Answer::ok(body)
}

/// By which an app knows that the org, and nobody else, named the user (Salesforce Help, "OAuth 2.0 Web Server Flow":
/// "Base64-encoded HMAC-SHA256 signature signed with the client_secret" of `id` and `issued_at`). Unverified: what an org
/// sends to an app without a secret; here it is made with an empty one.
fn signature(secret: &str, id: &str, issued_at: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    STANDARD.encode(hmac::sign(&key, format!("{id}{issued_at}").as_bytes()))
}

/// Name and secret of an app that says them as HTTP Basic has it.
fn basic(request: &HttpRequest) -> Option<(String, String)> {
    let (scheme, credentials) = header(request, "Authorization")?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("Basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(credentials.trim()).ok()?).ok()?;
    let (client_id, client_secret) = text.split_once(':')?;
    Some((client_id.to_owned(), client_secret.to_owned()))
}

#[derive(Deserialize)]
pub(super) struct RevokeForm {
    token: String,
}

/// Ends the session of an access token, or a refresh token with the sessions that it opened.
pub(super) async fn revoke(request: HttpRequest, form: web::Form<RevokeForm>, host: web::Data<Host>) -> HttpResponse {
    let tokens = host.logins.grants.revoke(&form.token).unwrap_or_else(|| vec![form.token.clone()]);
    let sessions = sessions(&host, tokens);
    let Some(name) = sessions.first().map(|(org, _)| org.store.name().to_owned()) else {
        return HttpResponse::Ok().finish();
    };
    with_faults(&host, &request, Some(&name), b"", |_| async {
        match end(sessions).await {
            Ok(()) => HttpResponse::Ok().finish(),
            Err(error) => Answer::from(error).into_response(),
        }
    })
    .await
}

/// The sessions of these access tokens, as far as there are any, and their orgs.
fn sessions(host: &Host, tokens: Vec<String>) -> Vec<(Arc<OrgHost>, String)> {
    tokens.into_iter().filter_map(|token| Some((Arc::clone(host.session(&token)?.0), token))).collect()
}

async fn end(sessions: Vec<(Arc<OrgHost>, String)>) -> Result<(), ApiError> {
    let ended = web::block(move || sessions.iter().try_for_each(|(org, token)| org.end_session(token))).await;
    ended.unwrap_or_else(|error| Err(internal(error.to_string())))
}

pub(super) fn by_username<'h>(host: &'h Host, username: &str) -> Option<(&'h Arc<OrgHost>, &'h User)> {
    host.orgs.iter().find_map(|org| Some((org, org.user_named(username)?)))
}

fn by_client<'h>(host: &'h Host, client_id: &str) -> Option<(&'h Arc<OrgHost>, &'h User)> {
    let matches = |org: &&Arc<OrgHost>| {
        org.store.name() == client_id || id::normalise(client_id).as_deref() == Some(org.store.id())
    };
    let org = host.orgs.iter().find(matches)?;
    Some((org, org.admin()?))
}
