//! Whose token it is.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::host::{Host, OrgHost, Session, User};
use crate::http::answer::{Answer, not_found};
use crate::http::gateway::with_faults;
use crate::http::request::{base_url, bearer, session_of};
use crate::id;

/// The OpenID Connect user information of a token.
pub(super) async fn userinfo(request: HttpRequest, host: web::Data<Host>) -> HttpResponse {
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
pub(super) struct IdentityQuery {
    oauth_token: Option<String>,
}

/// The identity URL that tokens and the index of resources name.
pub(super) async fn identity(
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

pub(super) fn identity_url(base_url: &str, org: &OrgHost, user: &User) -> String {
    format!("{base_url}/id/{}/{}", org.store.id(), user.id)
}

fn identity_of(base_url: &str, org: &OrgHost, user: &User) -> Value {
    let data = format!("{base_url}/services/data/v{{version}}");
    let org_id = org.short_id();
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
            "recent": format!("{data}/recent/"),
            "tooling_rest": format!("{data}/tooling/"),
            "metadata": format!("{base_url}/services/Soap/m/{{version}}/{org_id}"),
            "partner": format!("{base_url}/services/Soap/u/{{version}}/{org_id}"),
            "enterprise": format!("{base_url}/services/Soap/c/{{version}}/{org_id}"),
            "custom_domain": base_url,
        },
    })
}

/// What these resources say to a wrong token, unlike the data API.
pub(super) fn bad_token() -> HttpResponse {
    HttpResponse::Forbidden().content_type("text/html;charset=UTF-8").body("Bad_OAuth_Token")
}
