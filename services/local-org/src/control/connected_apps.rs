//! Connected apps, which an administrator describes in an org's set-up, and refresh tokens for programs that want one to
//! begin with.

use actix_web::{HttpResponse, web};
use serde::Deserialize;
use serde_json::json;

use super::respond::at_once;
use super::routes::Routes;
use crate::error::ApiError;
use crate::host::Host;
use crate::host::logins::{AppDraft, ConnectedApp, Grant};
use crate::http::answer::{Answer, invalid};

/// Adds the routes, below `/local`.
pub(crate) fn configure(routes: &mut Routes<'_>) {
    routes
        .get("/connected-apps", "the apps that may log in for users", list)
        .post(
            "/connected-apps",
            r#"adds an app, or replaces the one of its clientId: {"name": "…", "clientId": "…", "clientSecret": "…", "callbackUrls": ["…"], "certificate": "PEM, for JWT bearer", "rotatesRefreshTokens": false}"#,
            add,
        )
        .post(
            "/orgs/{name}/refresh-tokens",
            r#"a refresh token: {"user": "…", "clientId": "…", "scope": "api refresh_token"}"#,
            refresh_token,
        );
}

type HostData = web::Data<Host>;

async fn list(host: HostData) -> HttpResponse {
    let shown = |app: &ConnectedApp| {
        json!({
            "name": app.name, "clientId": app.client_id, "callbackUrls": app.callback_urls,
            "hasCertificate": app.has_certificate(), "rotatesRefreshTokens": app.rotates_refresh_tokens,
        })
    };
    Answer::ok(host.logins.apps().iter().map(|app| shown(app)).collect()).into_response()
}

async fn add(draft: web::Json<AppDraft>, host: HostData) -> HttpResponse {
    match ConnectedApp::try_from(draft.into_inner()).map(|app| host.logins.add(app)) {
        Ok(true) => HttpResponse::NoContent().finish(),
        Ok(false) => Answer::from(invalid("There are too many connected apps")).into_response(),
        Err(error) => Answer::from(invalid(error.to_string())).into_response(),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Wanted {
    user: String,
    client_id: String,
    #[serde(default = "scope")]
    scope: String,
}

fn scope() -> String {
    "api refresh_token".to_owned()
}

async fn refresh_token(name: web::Path<String>, wanted: web::Json<Wanted>, host: HostData) -> HttpResponse {
    let Wanted { user, client_id, scope } = wanted.into_inner();
    at_once(&host, &name, |org| {
        let user = org.user_named(&user).ok_or_else(|| {
            ApiError::new(400, "INVALID_INPUT", format!("user: {} has no user {user}", org.store.name()))
        })?;
        if host.logins.app(&client_id).is_none() {
            return Err(invalid(format!("clientId: there is no connected app {client_id}")));
        }
        let grant = Grant { org: org.store.name().to_owned(), user_id: user.id.clone(), client_id, scope };
        Ok(Answer::json(201, json!({"refreshToken": host.logins.grants.refresh_token(grant)})))
    })
}
