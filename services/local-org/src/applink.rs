//! The add-on side of Heroku AppLink: authorizations, from which an app gets an org's URL and a live access token.

use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::host::Host;
use crate::host::{OrgHost, User};
use crate::http::gateway::with_faults;
use crate::http::request::{base_url, bearer};
use crate::version::Version;

/// When the authorizations were given; AppLink writes microseconds.
const GIVEN_AT: &str = "2025-01-01T00:00:00.000000Z";

/// Adds the routes.
pub(crate) fn configure(config: &mut web::ServiceConfig) {
    config.route("/addons/{addon}/authorizations/{name}", web::get().to(authorization));
}

async fn authorization(request: HttpRequest, path: web::Path<(String, String)>, host: web::Data<Host>) -> HttpResponse {
    let (addon_id, name) = path.into_inner();
    let app_id = request.headers().get("X-App-UUID").and_then(|id| id.to_str().ok());
    if bearer(&request) != Some(host.addon.token.as_str()) || app_id != Some(host.addon.app_id.as_str()) {
        return failed(401, "unauthorized", "unauthorized");
    }
    let org = host.org(alias_of(&name)).filter(|_| addon_id == host.addon.id);
    let Some((org, user)) = org.and_then(|org| Some((org, org.admin()?))) else {
        return failed(404, "record_not_found", "record not found");
    };
    with_faults(&host, &request, Some(org.store.name()), b"", |_| async {
        match org.token(&user.id).await {
            Ok(token) => HttpResponse::Ok().json(body(org, user, &token, &base_url(&request))),
            Err(error) => failed(error.status, "internal_error", &error.message),
        }
    })
    .await
}

/// A developer name, which may be given in the default form of an alias, `applink:<developer_name>`.
fn alias_of(name: &str) -> &str {
    name.strip_prefix("applink:").unwrap_or(name)
}

fn body(org: &OrgHost, user: &User, token: &str, instance_url: &str) -> Value {
    // The same id each time, as an authorization is a lasting thing.
    let id = Uuid::from_u64_pair(0x0000_0000_0000_4000, 0x8000_0000_0000_0000 | fold(org.store.id()));
    json!({
        "id": id,
        "status": "authorized",
        "org": {
            "id": org.store.id(),
            "developer_name": org.store.name(),
            "instance_url": instance_url,
            "type": "SalesforceOrg",
            "api_version": Version::DEFAULT.to_string(),
            "user_auth": {
                "username": user.username,
                "user_id": user.id,
                "access_token": token,
            },
        },
        "created_at": GIVEN_AT,
        "created_by": user.username,
        "created_via_app": "local-org",
        "last_modified_at": GIVEN_AT,
        "last_modified_by": user.username,
        "redirect_uri": null,
    })
}

/// A small number from the last characters of an id.
fn fold(id: &str) -> u64 {
    id.bytes().rev().take(6).fold(0, |number, byte| (number << 8) | u64::from(byte))
}

fn failed(status: u16, id: &str, message: &str) -> HttpResponse {
    let status = actix_web::http::StatusCode::from_u16(status).unwrap_or_default();
    HttpResponse::build(status).json(json!({"id": id, "message": message}))
}
