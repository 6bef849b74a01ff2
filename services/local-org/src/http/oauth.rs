//! OAuth 2.0 and identity, as simple as a local org allows: any password or secret is right. Tokens are asked for with
//! forms, as the standard has it; that no page of another site asks is the guard's concern (`crate::guard`).

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};
use chrono::Utc;
use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::{Answer, internal, not_found};
use super::gateway::with_faults;
use super::request::{base_url, bearer, session_of};
use crate::host::{Host, OrgHost, Session, User};
use crate::id;

/// Adds the routes of `/services/oauth2` and `/id`.
pub(crate) fn configure(config: &mut web::ServiceConfig) {
    config
        .route("/services/oauth2/token", web::post().to(token))
        .route("/services/oauth2/revoke", web::post().to(revoke))
        .service(
            web::resource("/services/oauth2/userinfo").route(web::get().to(userinfo)).route(web::post().to(userinfo)),
        )
        .route("/id/{org}/{user}", web::get().to(identity));
}

#[derive(Deserialize)]
struct TokenForm {
    grant_type: String,
    #[serde(default)]
    username: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    client_id: String,
}

/// Grants `password` for any user and `client_credentials` for an org's administrator; `client_id` is then the org's
/// name or id.
async fn token(request: HttpRequest, form: web::Form<TokenForm>, host: web::Data<Host>) -> HttpResponse {
    let found = match form.grant_type.as_str() {
        "password" if !form.password.is_empty() => by_username(&host, &form.username),
        "password" => None,
        "client_credentials" => by_client(&host, &form.client_id),
        _ => return failed("unsupported_grant_type", "grant type not supported"),
    };
    let Some((org, user)) = found else {
        return failed("invalid_grant", "authentication failure");
    };
    with_faults(&host, &request, Some(org.store.name()), b"", |_| async {
        let base_url = base_url(&request);
        let token = match org.token(&user.id).await {
            Ok(token) => token,
            Err(error) => return Answer::from(error).into_response(),
        };
        let body = json!({
            "access_token": token,
            "instance_url": base_url,
            "id": identity_url(&base_url, org, user),
            "token_type": "Bearer",
            "issued_at": Utc::now().timestamp_millis().to_string(),
            "scope": "api",
            "signature": "",
        });
        Answer::ok(body).into_response()
    })
    .await
}

/// Ends the session of a token.
async fn revoke(request: HttpRequest, form: web::Form<RevokeForm>, host: web::Data<Host>) -> HttpResponse {
    let Some((org, _)) = host.session(&form.token) else { return HttpResponse::Ok().finish() };
    let org = Arc::clone(org);
    let name = org.store.name().to_owned();
    with_faults(&host, &request, Some(&name), b"", |_| async {
        match web::block(move || org.end_session(&form.token)).await {
            Ok(Ok(())) => HttpResponse::Ok().finish(),
            Ok(Err(error)) => Answer::from(error).into_response(),
            Err(error) => Answer::from(internal(error.to_string())).into_response(),
        }
    })
    .await
}

#[derive(Deserialize)]
struct RevokeForm {
    token: String,
}

/// The OpenID Connect user information of a token.
async fn userinfo(request: HttpRequest, host: web::Data<Host>) -> HttpResponse {
    let Some((org, Session { user, .. })) = session_of(&host, &request) else { return bad_token() };
    let base_url = base_url(&request);
    let mut body = identity_of(&base_url, org, &user);
    body["sub"] = json!(identity_url(&base_url, org, &user));
    body["preferred_username"] = json!(user.username);
    body["nickname"] = json!(user.username);
    body["name"] = json!(user.name);
    body["email_verified"] = json!(true);
    body["zoneinfo"] = json!("GMT");
    with_faults(&host, &request, Some(org.store.name()), b"", |_| async { Answer::ok(body).into_response() }).await
}

#[derive(Deserialize)]
struct IdentityQuery {
    oauth_token: Option<String>,
}

/// The identity URL that tokens and the index of resources name.
async fn identity(
    request: HttpRequest,
    path: web::Path<(String, String)>,
    query: web::Query<IdentityQuery>,
    host: web::Data<Host>,
) -> HttpResponse {
    let token = query.oauth_token.as_deref().or_else(|| bearer(&request));
    let Some((org, _)) = token.and_then(|token| host.session(token)) else { return bad_token() };
    let (org_id, user_id) = path.into_inner();
    let user = id::normalise(&user_id).and_then(|user_id| org.user(&user_id));
    let answer = match user {
        Some(user) if id::normalise(&org_id).as_deref() == Some(org.store.id()) => {
            Answer::ok(identity_of(&base_url(&request), org, user))
        }
        _ => Answer::from(not_found()),
    };
    with_faults(&host, &request, Some(org.store.name()), b"", |_| async { answer.into_response() }).await
}

fn by_username<'h>(host: &'h Host, username: &str) -> Option<(&'h Arc<OrgHost>, &'h User)> {
    host.orgs.iter().find_map(|org| Some((org, org.user_named(username)?)))
}

fn by_client<'h>(host: &'h Host, client_id: &str) -> Option<(&'h Arc<OrgHost>, &'h User)> {
    let matches = |org: &&'h Arc<OrgHost>| {
        org.store.name() == client_id || id::normalise(client_id).as_deref() == Some(org.store.id())
    };
    let org = host.orgs.iter().find(matches)?;
    Some((org, org.admin()?))
}

fn identity_url(base_url: &str, org: &OrgHost, user: &User) -> String {
    format!("{base_url}/id/{}/{}", org.store.id(), user.id)
}

fn identity_of(base_url: &str, org: &OrgHost, user: &User) -> Value {
    let data = format!("{base_url}/services/data/v{{version}}");
    json!({
        "id": identity_url(base_url, org, user),
        "user_id": user.id,
        "organization_id": org.store.id(),
        "username": user.username,
        "display_name": user.name,
        "email": user.email,
        "active": true,
        "user_type": "STANDARD",
        "language": "en_US",
        "locale": "en_US",
        "utcOffset": 0,
        "is_app_installed": true,
        "urls": {
            "rest": format!("{data}/"),
            "sobjects": format!("{data}/sobjects/"),
            "query": format!("{data}/query/"),
            "custom_domain": base_url,
        },
    })
}

fn failed(error: &str, description: &str) -> HttpResponse {
    Answer::json(400, json!({"error": error, "error_description": description})).into_response()
}

/// What these resources say to a wrong token, unlike the data API.
fn bad_token() -> HttpResponse {
    HttpResponse::Forbidden().content_type("text/html;charset=UTF-8").body("Bad_OAuth_Token")
}
