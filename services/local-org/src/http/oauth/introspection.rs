//! What a token is worth (RFC 7662; Salesforce Help, "OpenID Connect Token Introspection").

use actix_web::{HttpRequest, HttpResponse, web};
use chrono::Utc;
use serde::Deserialize;
use serde_json::{Value, json};

use super::failure::Failure;
use super::identity::identity_url;
use crate::host::Host;
use crate::http::answer::Answer;
use crate::http::request::base_url;

/// How long a token is said to be good from now on, in seconds: a local org ends no session by itself.
const VALID: i64 = 7_200;

#[derive(Deserialize)]
pub(super) struct Form {
    token: String,
    #[serde(default)]
    client_id: String,
    #[serde(default)]
    client_secret: String,
}

/// `POST /services/oauth2/introspect`
pub(super) async fn introspect(request: HttpRequest, form: web::Form<Form>, host: web::Data<Host>) -> HttpResponse {
    if host.logins.app(&form.client_id).is_some_and(|app| !app.takes_secret(&form.client_secret)) {
        return Failure::client_secret().into();
    }
    Answer::ok(shown(&host, &base_url(&request), &form.token).unwrap_or_else(|| json!({"active": false})))
        .into_response()
}

fn shown(host: &Host, base_url: &str, token: &str) -> Option<Value> {
    let now = Utc::now().timestamp();
    if let Some(grant) = host.logins.grants.refreshed(token) {
        let org = host.org(&grant.org)?;
        let user = org.user(&grant.user_id)?;
        return Some(json!({
            "active": true, "scope": grant.scope, "client_id": grant.client_id, "username": user.username,
            "sub": identity_url(base_url, org, user), "token_type": "refresh_token", "iat": now, "nbf": now,
        }));
    }
    let (org, session) = host.session(token)?;
    let grant = host.logins.grants.of_access_token(token);
    let (scope, client_id) = grant.map_or(("api".to_owned(), None), |grant| (grant.scope, Some(grant.client_id)));
    Some(json!({
        "active": true, "scope": scope, "client_id": client_id, "username": session.user.username,
        "sub": identity_url(base_url, org, &session.user), "token_type": "access_token", "exp": now + VALID, "iat": now,
        "nbf": now,
    }))
}
