//! The control API under `/local/`: data for tests, costs, faults, counters. `GET /local` lists its routes.
//! It asks for no session, is not counted and has neither costs nor faults.

mod connected_apps;
pub(crate) mod endpoints;
mod events;
mod kept;
mod pubsub;
pub(crate) mod respond;
pub(crate) mod routes;
mod settings;

use std::sync::Arc;

use actix_web::middleware::from_fn;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use self::respond::{blocking, in_transaction, no_content, no_such_org};
use self::routes::Routes;
use crate::costs::Costs;
use crate::error::ApiError;
use crate::faults::Rule;
use crate::host::{Host, OrgHost};
use crate::http::answer::{Answer, malformed_json, not_found};
use crate::http::request::base_url;
use crate::http::{MAX_BODY, guard};
use crate::seed;
use crate::version::Version;

/// Adds the routes, and under the same guard those of `apps`: what the control API does with published apps.
pub(crate) fn configure(config: &mut web::ServiceConfig, apps: fn(&mut Routes<'_>)) {
    let json = web::JsonConfig::default().limit(MAX_BODY).content_type_required(false).error_handler(|error, _| {
        let response = Answer::from(malformed_json(error.to_string())).into_response();
        actix_web::error::InternalError::from_response(error, response).into()
    });
    config.service(web::scope("/local").wrap(from_fn(guard::json_only)).app_data(json).configure(|config| {
        let mut routes = Routes::new(config);
        apps(&mut routes);
        routes
            .get("/health", "whether it answers", health)
            .get("/orgs", "the orgs, with their users and an access token of each", orgs)
            .post("/orgs/{name}/seed", r#"makes sample Opportunities: {"opportunities": 100, "lines": 2}"#, add_opportunities)
            .get("/orgs/{name}/counters", "API calls, rows and open calls since the last reset", counters)
            .delete("/orgs/{name}/counters", "sets the counters to zero", reset_counters)
            .get("/orgs/{name}/counts", "number of records of each object", counts)
            .get("/orgs/{name}/query", "runs SOQL as the administrator: ?q=SELECT+Id+FROM+Quote", query)
            .post("/orgs/{name}/records/{object}", "creates a record as the administrator: its fields", create)
            .patch("/orgs/{name}/records/{object}/{id}", "changes a record: the fields to change", update)
            .delete("/orgs/{name}/records/{object}/{id}", "deletes a record", delete)
            .post("/orgs/{name}/sessions", r#"opens a session: {"user": "…", "permissionSets": ["…"]}, those to activate in it"#, open_session)
            .post("/orgs/{name}/records/{object}/{id}/undelete", "takes a record out of the recycle bin", undelete)
            .post("/orgs/{name}/sessions/expire", "ends all sessions: their tokens are answered 401 from now on", expire);
        kept::configure(&mut routes);
        events::configure(&mut routes);
        settings::configure(&mut routes);
        pubsub::configure(&mut routes);
        connected_apps::configure(&mut routes);
        endpoints::configure(&mut routes);
        routes
            .get("/costs", "what calls cost", costs)
            .put("/costs", r#"sets what calls cost: {"callMs": 50, "rowUs": 0, "maxConcurrent": null, "dailyLimit": null, "bulkDelayMs": 0}"#, set_costs)
            .get("/faults", "the faults that are in force", faults)
            .post("/faults", r#"adds a fault: {"pathContains": "/graph", "times": 3, "action": {"kind": "status", "status": 503, "errorCode": "SERVER_UNAVAILABLE"}}"#, add_fault)
            .delete("/faults", "ends all faults", clear_faults)
            .delete("/faults/{id}", "ends one fault", remove_fault);
        routes.list();
    }));
}

type HostData = web::Data<Host>;

async fn health() -> HttpResponse {
    Answer::ok(json!({"status": "ok"})).into_response()
}

async fn orgs(request: HttpRequest, host: HostData) -> HttpResponse {
    let base_url = base_url(&request);
    let mut orgs = Vec::with_capacity(host.orgs.len());
    for org in &host.orgs {
        match listed(org, &base_url).await {
            Ok(listed) => orgs.push(listed),
            Err(error) => return Answer::from(error).into_response(),
        }
    }
    Answer::ok(Value::Array(orgs)).into_response()
}

async fn listed(org: &Arc<OrgHost>, base_url: &str) -> Result<Value, ApiError> {
    let mut users = Vec::with_capacity(org.users.len());
    for user in &org.users {
        let token = org.token(&user.id).await?;
        users.push(json!({"id": user.id, "username": user.username, "accessToken": token}));
    }
    Ok(json!({
        "name": org.store.name(),
        "id": org.store.id(),
        "instanceUrl": base_url,
        "apiVersion": Version::DEFAULT.to_string(),
        "users": users,
    }))
}

#[derive(Deserialize)]
struct Seed {
    opportunities: u32,
    #[serde(default)]
    lines: u32,
}

async fn add_opportunities(name: web::Path<String>, seed: web::Json<Seed>, host: HostData) -> HttpResponse {
    let Seed { opportunities, lines } = seed.into_inner();
    blocking(&host, &name, move |org| {
        seed::opportunities(&org.store, opportunities, lines)?;
        Ok(Answer::no_content())
    })
    .await
}

async fn counters(name: web::Path<String>, host: HostData) -> HttpResponse {
    let Some(org) = host.org(&name) else { return no_such_org() };
    HttpResponse::Ok().json(org.counters.snapshot())
}

async fn reset_counters(name: web::Path<String>, host: HostData) -> HttpResponse {
    let Some(org) = host.org(&name) else { return no_such_org() };
    org.counters.reset();
    no_content()
}

async fn counts(name: web::Path<String>, host: HostData) -> HttpResponse {
    let version = Version::DEFAULT.to_string();
    in_transaction(&host, &name, move |org, tx| {
        let mut counts = Map::new();
        for object in org.store.schema().objects().filter(|object| !object.is_event()) {
            let count = tx.query(&format!("SELECT COUNT() FROM {}", object.name), false, &version)?.total_size;
            counts.insert(object.name.clone(), json!(count));
        }
        Ok(Answer::ok(Value::Object(counts)))
    })
    .await
}

#[derive(Deserialize)]
struct Query {
    q: String,
}

async fn query(name: web::Path<String>, query: web::Query<Query>, host: HostData) -> HttpResponse {
    let version = Version::DEFAULT.to_string();
    in_transaction(&host, &name, move |_, tx| {
        let result = tx.query(&query.q, false, &version)?;
        Ok(Answer::ok(json!({"totalSize": result.total_size, "records": result.records})))
    })
    .await
}

type Fields = web::Json<Map<String, Value>>;

async fn create(path: web::Path<(String, String)>, fields: Fields, host: HostData) -> HttpResponse {
    let (name, object) = path.into_inner();
    in_transaction(&host, &name, move |_, tx| Ok(Answer::json(201, json!({"id": tx.create(&object, &fields)?})))).await
}

async fn update(path: web::Path<(String, String, String)>, fields: Fields, host: HostData) -> HttpResponse {
    let (name, object, id) = path.into_inner();
    in_transaction(&host, &name, move |_, tx| {
        tx.update(&object, &id, &fields)?;
        Ok(Answer::no_content())
    })
    .await
}

async fn delete(path: web::Path<(String, String, String)>, host: HostData) -> HttpResponse {
    let (name, object, id) = path.into_inner();
    in_transaction(&host, &name, move |_, tx| {
        tx.delete(&object, &id)?;
        Ok(Answer::no_content())
    })
    .await
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct OpenSession {
    /// User name.
    user: String,
    /// API names of permission sets to activate.
    #[serde(default)]
    permission_sets: Vec<String>,
}

/// Opens a session as AppLink does for a call to an app; in "user mode plus" with permission sets activated.
async fn open_session(name: web::Path<String>, wanted: web::Json<OpenSession>, host: HostData) -> HttpResponse {
    let OpenSession { user, permission_sets } = wanted.into_inner();
    blocking(&host, &name, move |org| {
        let user = org.user_named(&user).ok_or_else(|| {
            let message = format!("{} has no active user {user}", org.store.name());
            ApiError::new(404, "NOT_FOUND", message).with_fields(["user"])
        })?;
        let (_, token) = org.open_session(user, &permission_sets)?;
        let session = json!({"accessToken": token, "userId": user.id, "username": user.username});
        Ok(Answer::json(201, session))
    })
    .await
}

async fn undelete(path: web::Path<(String, String, String)>, host: HostData) -> HttpResponse {
    let (name, object, id) = path.into_inner();
    in_transaction(&host, &name, move |_, tx| {
        tx.undelete(&object, &id)?;
        Ok(Answer::no_content())
    })
    .await
}

async fn expire(name: web::Path<String>, host: HostData) -> HttpResponse {
    blocking(&host, &name, |org| {
        org.end_sessions()?;
        Ok(Answer::no_content())
    })
    .await
}

async fn costs(host: HostData) -> HttpResponse {
    HttpResponse::Ok().json(host.costs.get())
}

async fn set_costs(costs: web::Json<Costs>, host: HostData) -> HttpResponse {
    host.costs.set(costs.into_inner());
    HttpResponse::Ok().json(host.costs.get())
}

async fn faults(host: HostData) -> HttpResponse {
    HttpResponse::Ok().json(host.faults.list())
}

async fn add_fault(rule: web::Json<Rule>, host: HostData) -> HttpResponse {
    let rule = rule.into_inner();
    let added = rule.check().map(|()| Answer::json(201, json!({"id": host.faults.add(rule)})));
    added.unwrap_or_else(Answer::from).into_response()
}

async fn clear_faults(host: HostData) -> HttpResponse {
    host.faults.clear();
    no_content()
}

async fn remove_fault(id: web::Path<u64>, host: HostData) -> HttpResponse {
    if host.faults.remove(*id) { no_content() } else { Answer::from(not_found()).into_response() }
}
