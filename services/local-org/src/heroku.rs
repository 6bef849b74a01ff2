//! The part of Heroku's Platform API that AppLink's plugin of the Heroku CLI asks: the app, its add-on, how that is
//! attached, config vars, and what tells the add-on who asks (Heroku Dev Center, "Platform API Reference").
//!
//! Any key is right but none, as any password is at a login.

use actix_web::{HttpRequest, HttpResponse, web};
use chrono::Utc;
use serde_json::{Value, json};

use crate::applink::sso;
use crate::host::{HerokuApp, Host};
use crate::http::gateway::with_faults;
use crate::http::request::{base_url, bearer};

/// The add-on's service, and the name of its attachment to each app.
const SERVICE: &str = "heroku-applink";
const ATTACHMENT: &str = "HEROKU_APPLINK";
/// Unique name of the add-on.
const ADDON_NAME: &str = "applink-local-00001";
/// Ids of what there is one of.
const SERVICE_ID: &str = "00000000-0000-4000-8000-0000000000fe";
const PLAN_ID: &str = "00000000-0000-4000-8000-0000000000fd";

/// Adds the routes.
pub(crate) fn configure(config: &mut web::ServiceConfig) {
    config
        .route("/account", web::get().to(account))
        .route("/apps", web::get().to(apps))
        .route("/apps/{app}", web::get().to(|request, host| of_app(request, host, app)))
        .route("/apps/{app}/addons", web::get().to(|request, host| of_app(request, host, addons)))
        .route("/apps/{app}/addon-attachments", web::get().to(|request, host| of_app(request, host, attachments)))
        .route("/apps/{app}/config-vars", web::get().to(|request, host| of_app(request, host, config_vars)))
        .route("/apps/{app}/addons/{addon}/sso", web::get().to(single_sign_on));
}

type HostData = web::Data<Host>;

async fn account(request: HttpRequest) -> HttpResponse {
    match has_key(&request) {
        true => HttpResponse::Ok().json(json!({"id": sso::USER_ID, "email": sso::EMAIL, "name": null})),
        false => unauthorized(),
    }
}

async fn apps(request: HttpRequest, host: HostData) -> HttpResponse {
    match has_key(&request) {
        true => HttpResponse::Ok().json(host.heroku_apps.iter().map(|found| app(&host, found, "")).collect::<Value>()),
        false => unauthorized(),
    }
}

/// What is told of the app that the path names, or has as its id.
async fn of_app(request: HttpRequest, host: HostData, told: fn(&Host, &HerokuApp, &str) -> Value) -> HttpResponse {
    with_faults(&host, &request, None, b"", |_| async {
        if !has_key(&request) {
            return unauthorized();
        }
        match host.heroku_app(request.match_info().query("app")) {
            Some(found) => HttpResponse::Ok().json(told(&host, found, &base_url(&request))),
            None => not_found("app", "Couldn't find that app."),
        }
    })
    .await
}

async fn single_sign_on(request: HttpRequest, host: HostData) -> HttpResponse {
    if !has_key(&request) {
        return unauthorized();
    }
    let Some(found) = host.heroku_app(request.match_info().query("app")) else {
        return not_found("app", "Couldn't find that app.");
    };
    if ![host.addon.id.as_str(), ADDON_NAME].contains(&request.match_info().query("addon")) {
        return not_found("addon", "Couldn't find that add-on.");
    }
    HttpResponse::Ok().json(sso::made(&host.addon, found, &base_url(&request), Utc::now().timestamp()))
}

fn app(_: &Host, app: &HerokuApp, _: &str) -> Value {
    json!({
        "id": app.id,
        "name": app.name,
        "web_url": format!("{}/", app.url),
        "owner": {"id": sso::USER_ID, "email": sso::EMAIL},
        "region": {"name": "us"},
        "stack": {"name": "heroku-24"},
        "maintenance": false,
    })
}

fn addons(host: &Host, _: &HerokuApp, _: &str) -> Value {
    json!([{
        "id": host.addon.id,
        "name": ADDON_NAME,
        "addon_service": {"id": SERVICE_ID, "name": SERVICE},
        "plan": {"id": PLAN_ID, "name": format!("{SERVICE}:demo")},
        // The app for which it was made; the others share it.
        "app": host.heroku_apps.first().map(of),
        "billed_price": null,
        "config_vars": [format!("{ATTACHMENT}_API_URL"), format!("{ATTACHMENT}_TOKEN")],
        "provider_id": host.addon.id,
        "state": "provisioned",
    }])
}

fn attachments(host: &Host, app: &HerokuApp, _: &str) -> Value {
    json!([{
        "id": host.addon.id,
        "name": ATTACHMENT,
        "namespace": null,
        "addon": {"id": host.addon.id, "name": ADDON_NAME, "app": host.heroku_apps.first().map(of)},
        "app": of(app),
    }])
}

fn config_vars(host: &Host, app: &HerokuApp, base_url: &str) -> Value {
    json!({
        "HEROKU_APP_ID": app.id,
        format!("{ATTACHMENT}_API_URL"): format!("{base_url}/addons/{}", host.addon.id),
        format!("{ATTACHMENT}_TOKEN"): host.addon.token,
    })
}

fn of(app: &HerokuApp) -> Value {
    json!({"id": app.id, "name": app.name})
}

fn has_key(request: &HttpRequest) -> bool {
    bearer(request).is_some_and(|key| !key.is_empty())
}

fn unauthorized() -> HttpResponse {
    HttpResponse::Unauthorized().json(json!({"id": "unauthorized", "message": "Invalid credentials provided."}))
}

fn not_found(resource: &str, message: &str) -> HttpResponse {
    HttpResponse::NotFound().json(json!({"resource": resource, "id": "not_found", "message": message}))
}
