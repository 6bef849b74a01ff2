//! The Pub/Sub API in the control API: open streams, faults, settings and managed subscriptions.

use actix_web::{HttpResponse, web};
use serde::Deserialize;
use serde_json::{Value, json};

use super::respond::{at_once, blocking};
use super::routes::Routes;
use crate::host::{Host, OrgHost};
use crate::http::answer::Answer;
use crate::streams::{Definition, Disconnect, Metadata, Refuse, Settings};

/// Adds the routes, below `/local`.
pub(crate) fn configure(routes: &mut Routes<'_>) {
    routes
        .get("/orgs/{name}/pubsub/streams", "open streams of the Pub/Sub API", streams)
        .post("/orgs/{name}/pubsub/disconnect", "breaks open streams", disconnect)
        .post("/orgs/{name}/pubsub/refuse", "refuses the next calls of the Pub/Sub API", refuse)
        .delete("/orgs/{name}/pubsub/faults", "ends the faults of the Pub/Sub API", clear)
        .get("/orgs/{name}/pubsub/settings", "limits of the Pub/Sub API", settings)
        .put("/orgs/{name}/pubsub/settings", "replaces the limits of the Pub/Sub API", set)
        .get("/orgs/{name}/pubsub/subscriptions", "managed subscriptions", subscriptions)
        .post("/orgs/{name}/pubsub/subscriptions", "makes a managed subscription", subscribe)
        .put("/orgs/{name}/pubsub/subscriptions/{subscription}", "changes a managed subscription", change)
        .delete("/orgs/{name}/pubsub/subscriptions/{subscription}", "deletes a managed subscription", delete);
}

type HostData = web::Data<Host>;

/// Open streams, and the events that the org delivered of its daily allocation.
async fn streams(name: web::Path<String>, host: HostData) -> HttpResponse {
    at_once(&host, &name, |org| {
        let state = &org.pubsub;
        Ok(Answer::ok(json!({"streams": state.streams.list(), "delivered": state.allocation.used()})))
    })
}

/// Disconnects streams, now or after some events; `streams` tells how many were told to end or to be silent.
async fn disconnect(name: web::Path<String>, fault: web::Json<Disconnect>, host: HostData) -> HttpResponse {
    at_once(&host, &name, |org| {
        let (state, fault) = (&org.pubsub, fault.into_inner());
        let streams = match fault.after_events {
            Some(events) => {
                state.faults.disconnect(fault, events);
                0
            }
            None => state.streams.order(fault.topic.as_deref(), fault.how.order()),
        };
        Ok(Answer::ok(json!({"streams": streams})))
    })
}

async fn refuse(name: web::Path<String>, fault: web::Json<Refuse>, host: HostData) -> HttpResponse {
    at_once(&host, &name, |org| {
        org.pubsub.faults.refuse(fault.into_inner());
        Ok(Answer::no_content())
    })
}

/// Removes faults, and lets silent streams work again.
async fn clear(name: web::Path<String>, host: HostData) -> HttpResponse {
    at_once(&host, &name, |org| {
        org.pubsub.faults.clear();
        org.pubsub.streams.lift();
        Ok(Answer::no_content())
    })
}

async fn settings(name: web::Path<String>, host: HostData) -> HttpResponse {
    at_once(&host, &name, |org| Ok(Answer::ok(json!(*org.pubsub.settings.borrow()))))
}

/// Changes all settings. The daily allocation begins anew.
async fn set(name: web::Path<String>, settings: web::Json<Settings>, host: HostData) -> HttpResponse {
    at_once(&host, &name, |org| {
        org.pubsub.settings.send_replace(*settings);
        org.pubsub.allocation.reset();
        Ok(Answer::ok(json!(*settings)))
    })
}

async fn subscriptions(name: web::Path<String>, host: HostData) -> HttpResponse {
    at_once(&host, &name, |org| {
        let list = org.pubsub.subscriptions.list();
        Ok(Answer::ok(list.iter().map(|definition| shown(org, definition)).collect()))
    })
}

fn shown(org: &OrgHost, definition: &Definition) -> Value {
    let mut shown = json!(definition);
    shown["active"] = json!(org.pubsub.subscriptions.is_active(&definition.id));
    shown
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct New {
    developer_name: String,
    metadata: Metadata,
}

async fn subscribe(name: web::Path<String>, new: web::Json<New>, host: HostData) -> HttpResponse {
    let New { developer_name, metadata } = new.into_inner();
    blocking(&host, &name, move |org| {
        let created = org.pubsub.subscriptions.create(&org.store, &developer_name, metadata)?;
        Ok(Answer::json(201, shown(org, &created)))
    })
    .await
}

async fn change(path: web::Path<(String, String)>, metadata: web::Json<Metadata>, host: HostData) -> HttpResponse {
    let (name, id) = path.into_inner();
    blocking(&host, &name, move |org| {
        org.pubsub.subscriptions.update(&org.store, &id, metadata.into_inner())?;
        Ok(Answer::no_content())
    })
    .await
}

async fn delete(path: web::Path<(String, String)>, host: HostData) -> HttpResponse {
    let (name, id) = path.into_inner();
    blocking(&host, &name, move |org| {
        org.pubsub.subscriptions.delete(&org.store, &id)?;
        Ok(Answer::no_content())
    })
    .await
}
