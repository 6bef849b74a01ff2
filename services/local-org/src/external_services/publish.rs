//! Publishing, as `heroku salesforce:publish` does it: the specification is checked, and the org gets a permission set
//! named as the client, without which nobody may call the app's operations.

use std::sync::Arc;

use actix_web::{HttpResponse, web};
use chrono::Utc;
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use crate::apps::spec::{self, Spec};
use crate::apps::{App, Publisher};
use crate::control::respond::{blocking, no_such_org};
use crate::control::routes::Routes;
use crate::error::ApiError;
use crate::host::Host;
use crate::host::OrgHost;
use crate::http::answer::{Answer, not_found};
use crate::seed;

/// Longest client name; permission sets have no longer ones.
const MAX_NAME: usize = 80;

pub(super) fn configure(routes: &mut Routes<'_>) {
    routes
        .post("/publish", r#"publishes an app: {"org": "…", "clientName": "…", "url": "…", "spec": "…"}"#, publish)
        .get("/apps", "published apps", apps)
        .delete("/apps/{org}/{client}", "takes back a published app", unpublish);
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Publish {
    pub(super) org: String,
    pub(super) client_name: String,
    pub(super) url: String,
    /// The specification's text.
    pub(super) spec: String,
    /// See [`App::instance_url`].
    pub(super) instance_url: Option<String>,
    /// See [`App::published_by`].
    #[serde(skip)]
    pub(super) published_by: Option<Publisher>,
}

async fn publish(wanted: web::Json<Publish>, host: web::Data<Host>) -> HttpResponse {
    let wanted = wanted.into_inner();
    let spec = match check(&wanted) {
        Ok(spec) => spec,
        Err(problems) => {
            let refused = |message| ApiError::new(400, "INVALID_API_SPEC", message).to_json();
            return Answer::json(400, problems.into_iter().map(refused).collect::<Value>()).into_response();
        }
    };
    let (name, apps) = (wanted.org.clone(), host.clone());
    blocking(&host, &name, move |org| Ok(Answer::json(201, put(org, wanted, spec, &apps)?.to_json()))).await
}

/// Publishes what was checked; blocks.
pub(super) fn put(org: &OrgHost, wanted: Publish, spec: Spec, host: &Host) -> Result<Arc<App>, ApiError> {
    let app = Arc::new(app(org, wanted, spec, host)?);
    tracing::info!(org = app.org, client = app.client_name, url = app.url, "published");
    host.apps.put(Arc::clone(&app));
    Ok(app)
}

async fn apps(host: web::Data<Host>) -> HttpResponse {
    Answer::ok(host.apps.list().iter().map(|app| app.to_json()).collect()).into_response()
}

async fn unpublish(path: web::Path<(String, String)>, host: web::Data<Host>) -> HttpResponse {
    let (name, client_name) = path.into_inner();
    if host.org(&name).is_none() {
        return no_such_org();
    }
    let Some(app) = host.apps.remove(&name, &client_name) else { return Answer::from(not_found()).into_response() };
    blocking(&host, &name, move |org| {
        if app.made_permission_set {
            seed::remove_permission_set(&org.store, &app.client_name)?;
        }
        Ok(Answer::no_content())
    })
    .await
}

/// What is to be published, or all that is wrong with it.
pub(super) fn check(wanted: &Publish) -> Result<Spec, Vec<String>> {
    let mut problems = Vec::new();
    if !is_client_name(&wanted.client_name) {
        let rule = "begins with a letter, has letters, digits and single underscores, and does not end with one";
        problems.push(format!("clientName: '{}' is not valid: a name {rule}", wanted.client_name));
    }
    for (name, url) in [("url", Some(&wanted.url)), ("instanceUrl", wanted.instance_url.as_ref())] {
        if let Some(url) = url.filter(|url| !is_base_url(url)) {
            problems.push(format!("{name}: '{url}' is not an http or https URL without query and fragment"));
        }
    }
    match spec::read(&wanted.spec) {
        Ok(spec) if problems.is_empty() => return Ok(spec),
        Ok(_) => {}
        Err(found) => problems.extend(found.iter().map(ToString::to_string)),
    }
    Err(problems)
}

/// A name that Apex and the Metadata API take.
fn is_client_name(name: &str) -> bool {
    name.len() <= MAX_NAME
        && name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.split('_').all(|word| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

fn is_base_url(url: &str) -> bool {
    let url = Url::parse(url).ok();
    url.is_some_and(|url| matches!(url.scheme(), "http" | "https") && url.query().is_none() && url.fragment().is_none())
}

/// Makes the permission set and looks for what will not work as meant.
fn app(org: &OrgHost, wanted: Publish, spec: Spec, host: &Host) -> Result<App, ApiError> {
    let description = format!("Allows to call the operations of {}", spec.title);
    let is_new = seed::permission_set_for_all(&org.store, &wanted.client_name, &description)?;
    let earlier = host.apps.get(&wanted.org, &wanted.client_name);
    let mut warnings = Vec::new();
    for operation in &spec.operations {
        let Some(set) = &operation.permission_set else { continue };
        let at = format!("{} {}", operation.method, operation.path);
        match requires_activation(org, set)? {
            Some(true) => {}
            Some(false) => warnings.push(format!("{at}: permission set {set} requires no session activation")),
            None => warnings.push(format!("{at}: the org has no permission set {set}")),
        }
    }
    let without_slash = |url: String| url.trim_end_matches('/').to_owned();
    Ok(App {
        org: wanted.org,
        client_name: wanted.client_name,
        url: without_slash(wanted.url),
        instance_url: wanted.instance_url.map(without_slash),
        spec,
        published_at: Utc::now(),
        published_by: wanted.published_by,
        made_permission_set: is_new || earlier.is_some_and(|app| app.made_permission_set),
        warnings,
    })
}

/// Whether the permission set of that API name requires activation; `None` when there is none.
fn requires_activation(org: &OrgHost, name: &str) -> Result<Option<bool>, ApiError> {
    org.store.transaction(&org.store.admin(), |tx| {
        let Some(id) = tx.permission_set(name)? else { return Ok(None) };
        let object = tx.object("PermissionSet")?;
        Ok(tx.load(object, &id)?.map(|set| set.flag("HasActivationRequired")))
    })
}

/// The error for what is not published, with what is.
pub(super) fn unknown(field: &str, name: &str, known: impl IntoIterator<Item = String>) -> ApiError {
    let known: Vec<_> = known.into_iter().collect();
    let known = if known.is_empty() { "there is none".to_owned() } else { format!("there are: {}", known.join(", ")) };
    ApiError::new(404, "NOT_FOUND", format!("{field} {name} is not known; {known}")).with_fields([field])
}
