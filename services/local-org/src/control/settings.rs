//! `/local/orgs/{name}/settings`: what an administrator has set up in an org.

use actix_web::{HttpResponse, web};

use super::respond::{blocking, no_such_org};
use super::routes::Routes;
use crate::error::ApiError;
use crate::host::Host;
use crate::http::answer::Answer;
use crate::settings::OrgSettings;

/// Adds the routes to those of the control API.
pub(super) fn configure(routes: &mut Routes<'_>) {
    routes.get("/orgs/{name}/settings", "the org's settings", settings).put(
        "/orgs/{name}/settings",
        "replaces them: hard deletes, duplicate rules, usage of an app",
        set_settings,
    );
}

async fn settings(name: web::Path<String>, host: web::Data<Host>) -> HttpResponse {
    let Some(org) = host.org(&name) else { return no_such_org() };
    HttpResponse::Ok().json(&*org.settings.get())
}

/// Replaces all settings; those that are not given become the default.
async fn set_settings(name: web::Path<String>, new: web::Json<OrgSettings>, host: web::Data<Host>) -> HttpResponse {
    blocking(&host, &name, move |org| {
        if let Some(app) = &new.per_app_api_usage {
            check_app_name(&app.app_name)?;
        }
        for rule in &new.duplicate_rules {
            org.store.prepare_duplicate_rule(rule)?;
        }
        org.settings.set(new.into_inner());
        Ok(Answer::ok(serde_json::to_value(&*org.settings.get()).unwrap_or_default()))
    })
    .await
}

/// It becomes part of a header.
fn check_app_name(name: &str) -> Result<(), ApiError> {
    if !name.is_empty() && name.chars().all(|char| char.is_ascii_alphanumeric() || " -_.".contains(char)) {
        return Ok(());
    }
    let message = "appName must be letters, digits, spaces and -_.";
    Err(ApiError::new(400, "INVALID_FIELD", message).with_fields(["perAppApiUsage.appName"]))
}
