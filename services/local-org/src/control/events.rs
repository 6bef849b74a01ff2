//! Events, topics and notifications in the control API.

use std::sync::Arc;

use actix_web::{HttpResponse, web};
use serde::Deserialize;
use serde_json::{Value, json};

use super::respond::at_once;
use super::routes::Routes;
use crate::bus::{ReplayError, Start};
use crate::cdc::Gap;
use crate::error::ApiError;
use crate::events::{Event, ReplayId, Settings, json};
use crate::host::Host;
use crate::http::answer::{Answer, internal};

/// Events of an answer at most.
const MAX_EVENTS: usize = 1_000;

/// Adds the routes, below `/local`.
pub(crate) fn configure(routes: &mut Routes<'_>) {
    routes
        .get("/orgs/{name}/topics", "topics of the event bus", topics)
        .get("/orgs/{name}/events", "events of a topic: ?topic=/data/OpportunityChangeEvent", events)
        .delete("/orgs/{name}/events", "forgets events, as an org does after three days", prune)
        .post("/orgs/{name}/events/gap", "puts a gap event in place of a change", gap)
        .get("/orgs/{name}/events/settings", "how events are made", settings)
        .put("/orgs/{name}/events/settings", "replaces how events are made", set)
        .get("/orgs/{name}/notifications", "notifications that users have got", notifications)
        .delete("/orgs/{name}/notifications", "forgets the notifications", clear_notifications);
}

type HostData = web::Data<Host>;

async fn topics(name: web::Path<String>, host: HostData) -> HttpResponse {
    at_once(&host, &name, |org| {
        let topics = org.store.bus().topics();
        let topics = topics.all();
        let listed = topics.iter().map(|topic| {
            let schema = topic.schema.as_ref().map(|schema| schema.id());
            json!({"name": &*topic.name, "schemaId": schema, "canPublish": topic.can_publish})
        });
        Ok(Answer::ok(listed.collect()))
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Range {
    topic: Option<String>,
    /// Replay id as a number, as in the answers; only later events are given.
    after: Option<u64>,
    limit: Option<usize>,
}

/// Events with decoded payloads, the oldest first. `position` is what to give as `after` next time; 400 when events
/// behind it are forgotten already.
async fn events(name: web::Path<String>, range: web::Query<Range>, host: HostData) -> HttpResponse {
    at_once(&host, &name, |org| {
        let bus = org.store.bus();
        let limit = range.limit.unwrap_or(MAX_EVENTS).min(MAX_EVENTS);
        let after = range.after.map(|number| ReplayId::new(number).to_bytes());
        let start = after.as_deref().map_or(Start::Earliest, Start::After);
        let after = bus.start(start).map_err(|error| gone(&error))?;
        let page = match range.topic.as_deref() {
            Some(topic) => {
                bus.after(bus.topics().get(topic).cloned().as_deref().ok_or_else(ApiError::not_found)?, after, limit)
            }
            None => bus.all_after(after, limit),
        };
        let page = page.map_err(|error| gone(&error))?;
        let events = page.events.iter().map(shown).collect::<Result<Vec<_>, _>>()?;
        Ok(Answer::ok(json!({"events": events, "position": page.position})))
    })
}

fn gone(error: &ReplayError) -> ApiError {
    ApiError::new(400, "INVALID_REPLAY_ID", error.to_string())
}

fn shown(event: &Arc<Event>) -> Result<Value, ApiError> {
    let draft = &event.draft;
    let payload = draft.schema.read(&draft.payload).map_err(|error| internal(error.to_string()))?;
    Ok(json!({
        "replayId": event.replay_id,
        "id": draft.id,
        "topic": &*draft.topic,
        "schemaId": draft.schema.id(),
        "at": event.at,
        "payload": json::without_nulls(json::of(&payload)),
    }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Age {
    /// Forgets only events that are older; all when absent.
    #[serde(default)]
    older_than_ms: u32,
}

async fn prune(name: web::Path<String>, age: web::Query<Age>, host: HostData) -> HttpResponse {
    at_once(&host, &name, |org| {
        org.store.prune_events(chrono::Duration::milliseconds(age.older_than_ms.into()))?;
        Ok(Answer::no_content())
    })
}

async fn gap(name: web::Path<String>, gap: web::Json<Gap>, host: HostData) -> HttpResponse {
    at_once(&host, &name, |org| {
        if org.store.publish_gap(&gap)? { Ok(Answer::no_content()) } else { Err(ApiError::not_found()) }
    })
}

async fn settings(name: web::Path<String>, host: HostData) -> HttpResponse {
    at_once(&host, &name, |org| Ok(Answer::ok(json!(org.store.bus().settings()))))
}

async fn set(name: web::Path<String>, settings: web::Json<Settings>, host: HostData) -> HttpResponse {
    at_once(&host, &name, |org| {
        org.store.bus().set(*settings);
        Ok(Answer::ok(json!(org.store.bus().settings())))
    })
}

async fn notifications(name: web::Path<String>, host: HostData) -> HttpResponse {
    at_once(&host, &name, |org| Ok(Answer::ok(json!(org.notifications.list()))))
}

async fn clear_notifications(name: web::Path<String>, host: HostData) -> HttpResponse {
    at_once(&host, &name, |org| {
        org.notifications.clear();
        Ok(Answer::no_content())
    })
}
