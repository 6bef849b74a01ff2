//! Publishing as `heroku salesforce:publish` asks the add-on for it: an archive with the specification, and who calls it what.
//! From there on it is what `local-org publish` does.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, SecondsFormat, Utc};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::publish::{self, Publish};
use crate::applink::{Caller, Failed, caller, failed, invalid, not_found};
use crate::apps::{App, Publisher};
use crate::deploys::read_archive;
use crate::host::links::{Kind, State};
use crate::host::{Host, OrgHost};
use crate::http::deploys::{MAX_BODY, boundary, parts};
use crate::http::gateway::with_faults;
use crate::http::request::header;
use crate::metadata::PermissionSet;
use crate::seed;

/// Names of the specification in the archive.
const SPECS: [&str; 2] = ["api-spec.yaml", "api-spec.json"];
/// What may stand beside it. A local org deploys neither: an org's own deploy does.
const METADATA: [&str; 2] = ["connectedapp-meta.xml", "permissionset-meta.xml"];

/// Adds the routes, below a connection.
pub(super) fn configure(config: &mut web::ServiceConfig) {
    let apps = web::resource("/addons/{addon}/connections/salesforce/{connection}/apps");
    config
        .service(apps.app_data(web::PayloadConfig::new(MAX_BODY)).route(web::post().to(publish)))
        .route("/addons/{addon}/connections/salesforce/{connection}/apps/{app}", web::get().to(publications));
}

type HostData = web::Data<Host>;

/// What the plugin says of the app.
#[derive(Deserialize)]
struct AppRequest {
    client_name: String,
    /// A permission set that is made if there is none of that name.
    authorization_permission_set_name: Option<String>,
}

async fn publish(request: HttpRequest, body: Result<web::Bytes, actix_web::Error>, host: HostData) -> HttpResponse {
    let caller = match caller(&host, &request) {
        Ok(caller) => caller,
        Err(refused) => return refused.into(),
    };
    let connection = request.match_info().query("connection");
    let org = match connected(&host, connection) {
        Ok(org) => org,
        Err(refused) => return refused.into(),
    };
    let name = org.store.name().to_owned();
    with_faults(&host, &request, Some(&name), b"", |_| async {
        let read = body.map_err(|error| error.to_string()).and_then(|body| wanted(&request, &body, &caller, &org));
        let (wanted, permission_set) = match read {
            Ok(read) => read,
            Err(problem) => return invalid(&problem).into(),
        };
        let spec = match publish::check(&wanted) {
            Ok(spec) => spec,
            Err(problems) => return invalid(&problems.join("\n")).into(),
        };
        let wanted = Publish { published_by: Some(publisher(&host, &wanted, &caller, connection)), ..wanted };
        let (apps, org) = (host.clone(), Arc::clone(&org));
        let done = web::block(move || {
            if let Some(name) = permission_set {
                make_permission_set(&org, &name)?;
            }
            publish::put(&org, wanted, spec, &apps)
        });
        match done.await {
            Ok(Ok(app)) => {
                for warning in &app.warnings {
                    tracing::warn!(client = app.client_name, warning);
                }
                HttpResponse::Created().json(shown(&host, &app).into_iter().collect::<Value>())
            }
            Ok(Err(error)) => failed(error.status, "org_error", &error.message).into(),
            Err(_) => failed(500, "internal_error", "An unexpected error occurred").into(),
        }
    })
    .await
}

/// What an app has published through a connection.
async fn publications(request: HttpRequest, host: HostData) -> HttpResponse {
    if let Err(refused) = caller(&host, &request) {
        return refused.into();
    }
    let (connection, app_id) = (request.match_info().query("connection"), request.match_info().query("app"));
    if host.links.find(Kind::Connection, connection).is_none() {
        return not_found().into();
    }
    with_faults(&host, &request, None, b"", |_| async {
        let is_own = |app: &Arc<App>| {
            app.published_by.as_ref().is_some_and(|by| by.app_id == app_id && by.connection == connection)
        };
        let apps = host.apps.list();
        HttpResponse::Ok()
            .json(apps.iter().filter(|app| is_own(app)).filter_map(|app| shown(&host, app)).collect::<Value>())
    })
    .await
}

/// The org of a connection that works.
fn connected(host: &Host, connection: &str) -> Result<Arc<OrgHost>, Failed> {
    let link = host.links.find(Kind::Connection, connection).ok_or_else(not_found)?;
    match &link.state {
        State::Live { org, .. } => host.org(org).cloned().ok_or_else(not_found),
        State::Asking { .. } | State::Failed(_) => Err(invalid("the connection is not connected to an org")),
    }
}

/// What is to be published, and the permission set to make for it.
fn wanted(
    request: &HttpRequest,
    body: &[u8],
    caller: &Caller<'_>,
    org: &OrgHost,
) -> Result<(Publish, Option<String>), String> {
    let boundary = header(request, "Content-Type").and_then(boundary);
    let boundary = boundary.ok_or("the Content-Type must be multipart/form-data with a boundary")?;
    let (app_request, archive) = parts(body, &boundary).map_err(|error| error.message)?;
    let app_request = app_request.ok_or("the part app_request is missing")?;
    let app_request: AppRequest =
        serde_json::from_value(app_request).map_err(|error| format!("app_request: {error}"))?;
    let files = read_archive(archive).map_err(|error| format!("metadata: {error}"))?;
    let spec =
        SPECS.iter().find_map(|name| files.get(*name)).ok_or("metadata: there is no api-spec.yaml or api-spec.json")?;
    let spec = String::from_utf8(spec.clone()).map_err(|_| "metadata: the specification is not UTF-8")?;
    for name in METADATA.iter().filter(|name| files.contains_key(**name)) {
        tracing::warn!(client = app_request.client_name, "a local org does not deploy {name}: deploy it by itself");
    }
    let publish = Publish {
        org: org.store.name().to_owned(),
        client_name: app_request.client_name,
        url: caller.app.url.clone(),
        spec,
        instance_url: None,
        published_by: None,
    };
    Ok((publish, app_request.authorization_permission_set_name.filter(|name| !name.is_empty())))
}

fn publisher(host: &Host, wanted: &Publish, caller: &Caller<'_>, connection: &str) -> Publisher {
    let earlier = host.apps.get(&wanted.org, &wanted.client_name);
    let earlier = earlier.as_ref().and_then(|app| app.published_by.as_ref());
    let by = caller.name().to_owned();
    Publisher {
        app_id: caller.app.id.clone(),
        connection: connection.to_owned(),
        id: earlier.map_or_else(Uuid::new_v4, |earlier| earlier.id),
        first: earlier.map_or_else(|| (by.clone(), Utc::now()), |earlier| earlier.first.clone()),
        by,
    }
}

/// Makes a permission set of that name which has to be activated, unless there is one; everybody gets it.
fn make_permission_set(org: &OrgHost, name: &str) -> Result<(), crate::error::ApiError> {
    let is_there = org.store.transaction(&org.store.admin(), |tx| Ok(tx.permission_set(name)?.is_some()))?;
    if is_there {
        return Ok(());
    }
    let set = PermissionSet {
        name: name.to_owned(),
        label: name.to_owned(),
        description: None,
        has_activation_required: true,
        field_permissions: Vec::new(),
        object_permissions: Vec::new(),
        custom_permissions: Vec::new(),
        modify_all_data: false,
        manage_session_permission_sets: false,
    };
    seed::deploy(&org.store, &[set])
}

/// A publication as the add-on shows it.
fn shown(host: &Host, app: &App) -> Option<Value> {
    let by = app.published_by.as_ref()?;
    let at = |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::Micros, true);
    Some(json!({
        "app_uuid": by.app_id,
        "connection_name": by.connection,
        "created_at": at(by.first.1),
        "created_by": by.first.0,
        "esr_id": by.id,
        "esr_name": app.client_name,
        "heroku_applink_id": host.addon.id,
        "last_modified_at": at(app.published_at),
        "last_modified_by": by.by,
        "org_id": host.org(&app.org)?.store.id(),
    }))
}
