//! Calls of operations in the name of a user, as Apex, Flow and Agentforce make them.

use std::sync::Arc;
use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse, web};
use chrono::Utc;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::callback;
use super::outgoing::{Outgoing, client_context, request_id};
use super::publish::unknown;
use super::session::{self, Elevation, Opened};
use crate::apps::spec::Operation;
use crate::apps::{Answered, App, Deliveries, Expected, Invocation, Outcome, Session};
use crate::control::respond::no_such_org;
use crate::control::routes::Routes;
use crate::error::ApiError;
use crate::host::Host;
use crate::host::{OrgHost, User};
use crate::http::answer::{Answer, internal, not_found};
use crate::http::request::base_url;

/// How long Salesforce waits for the answer to a callout (Apex Developer Guide, "Callout Limits and Limitations").
const CALLOUT_LIMIT: Duration = Duration::from_secs(120);

/// How long Salesforce waits for a callback at most (Salesforce Help, "External Services Asynchronous Operations").
const CALLBACK_LIMIT: Duration = Duration::from_secs(24 * 60 * 60);

/// Largest answer that is read, in bytes (Apex Developer Guide, "Callout Limits and Limitations").
const MAX_ANSWER: usize = 12 * 1024 * 1024;

pub(super) fn configure(routes: &mut Routes<'_>) {
    routes
        .post("/orgs/{name}/invoke", r#"calls an operation as Salesforce does: {"clientName": "…", "operationId": "…", "user": "…", "body": {}}"#, invoke)
        .get("/orgs/{name}/invocations", "calls of operations, with their answers and callbacks", invocations)
        .get("/orgs/{name}/invocations/{id}", "one call of an operation", invocation);
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Invoke {
    client_name: String,
    operation_id: String,
    /// User name; the administrator when absent.
    user: Option<String>,
    /// The permission set to activate instead of the operation's; none when empty.
    session_permission_set: Option<String>,
    body: Option<Value>,
    #[serde(default)]
    parameters: Map<String, Value>,
    request_id: Option<String>,
    /// How long the answer, or the callback, is waited for.
    timeout_seconds: Option<f64>,
}

/// A call that has been checked and can be made.
struct Call {
    app: Arc<App>,
    operation: Operation,
    user: User,
    elevation: Elevation,
    outgoing: Outgoing,
    request_id: String,
    /// The org's URL as the app is told it.
    instance_url: String,
    /// Id and URL of the callback.
    callback: Option<(String, String)>,
    timeout: Duration,
}

/// It runs on a task of its own, so that a client that goes away does not leave an activation behind.
async fn invoke(
    request: HttpRequest,
    name: web::Path<String>,
    wanted: web::Json<Invoke>,
    host: web::Data<Host>,
    client: web::Data<reqwest::Client>,
) -> HttpResponse {
    let Some(org) = host.org(&name).cloned() else { return no_such_org() };
    let call = match Call::new(&host, &org, wanted.into_inner(), base_url(&request)) {
        Ok(call) => call,
        Err(error) => return Answer::from(error).into_response(),
    };
    let task = actix_web::rt::spawn(async move { run(&client, &org, call).await });
    let done = task.await.unwrap_or_else(|error| Err(internal(error.to_string())));
    done.unwrap_or_else(Answer::from).into_response()
}

async fn invocations(name: web::Path<String>, host: web::Data<Host>) -> HttpResponse {
    host.org(&name).map_or_else(no_such_org, |org| Answer::ok(org.invocations.list()).into_response())
}

async fn invocation(path: web::Path<(String, String)>, host: web::Data<Host>) -> HttpResponse {
    let (name, id) = path.into_inner();
    let Some(org) = host.org(&name) else { return no_such_org() };
    org.invocations.get(&id).map_or_else(|| Answer::from(not_found()), Answer::ok).into_response()
}

impl Call {
    fn new(host: &Host, org: &OrgHost, wanted: Invoke, base_url: String) -> Result<Self, ApiError> {
        let name = org.store.name();
        let app = host.apps.get(name, &wanted.client_name).ok_or_else(|| {
            let here = host.apps.list().into_iter().filter(|app| app.org == name);
            unknown("clientName", &wanted.client_name, here.map(|app| app.client_name.clone()))
        })?;
        let operation = app.operation(&wanted.operation_id).cloned().ok_or_else(|| {
            let known = app.spec.operations.iter().map(|operation| operation.id.clone());
            unknown("operationId", &wanted.operation_id, known)
        })?;
        let user = match &wanted.user {
            Some(username) => org.user_named(username),
            None => org.admin(),
        };
        let user = user.cloned().ok_or_else(|| {
            let known = org.users.iter().map(|user| user.username.clone());
            unknown("user", wanted.user.as_deref().unwrap_or_default(), known)
        })?;
        let timeout = timeout(&operation, wanted.timeout_seconds)?;
        let instance_url = app.instance_url.clone().unwrap_or(base_url);
        let callback = operation.callback.as_ref().map(|_| callback::address(&instance_url));
        let url = callback.as_ref().map(|(_, url)| url.as_str());
        let outgoing = Outgoing::new(&app, &operation, wanted.parameters, wanted.body, url)?;
        let elevation = match (wanted.session_permission_set, &operation.permission_set) {
            (Some(set), _) if set.is_empty() => Elevation::None,
            (Some(set), _) => Elevation::Caller(set),
            (None, Some(set)) => Elevation::Operation(set.clone()),
            (None, None) => Elevation::None,
        };
        let request_id = wanted.request_id.unwrap_or_else(|| request_id(org));
        Ok(Self { app, operation, user, elevation, outgoing, request_id, instance_url, callback, timeout })
    }

    /// The record of the call in that session.
    fn invocation(&self, id: &str, session: &Opened) -> Invocation {
        let started_at = Utc::now();
        let callback = self.callback.as_ref().zip(self.operation.callback.as_ref());
        let callback = callback.map(|((id, url), declared)| Expected {
            id: id.clone(),
            url: url.clone(),
            method: declared.method.clone(),
            schema: declared.schema.clone(),
            app: Arc::clone(&self.app),
            expires_at: started_at + self.timeout,
            timer: None,
            taken: None,
            deliveries: Deliveries::default(),
        });
        Invocation {
            id: id.to_owned(),
            client_name: self.app.client_name.clone(),
            operation_id: self.operation.id.clone(),
            username: self.user.username.clone(),
            request_id: self.request_id.clone(),
            permission_set: session.activated.clone(),
            method: self.operation.method.clone(),
            url: self.outgoing.url.to_string(),
            body: self.outgoing.content.clone(),
            started_at,
            callback,
            session: Session {
                id: session.id.clone(),
                token: session.token.clone(),
                elevated: session.activated.is_some(),
            },
            outcome: Outcome::default(),
        }
    }
}

/// Until when the answer or the callback has to be there.
fn timeout(operation: &Operation, seconds: Option<f64>) -> Result<Duration, ApiError> {
    let limit = if operation.callback.is_some() { CALLBACK_LIMIT } else { CALLOUT_LIMIT };
    let Some(seconds) = seconds else { return Ok(limit) };
    Duration::try_from_secs_f64(seconds).ok().filter(|wanted| !wanted.is_zero() && *wanted <= limit).ok_or_else(|| {
        let message = format!("timeoutSeconds must be more than 0 and at most {}", limit.as_secs());
        ApiError::new(400, "INVALID_INPUT", message).with_fields(["timeoutSeconds"])
    })
}

async fn run(client: &reqwest::Client, org: &Arc<OrgHost>, call: Call) -> Result<Answer, ApiError> {
    let session = {
        let (org, user, client, elevation) =
            (Arc::clone(org), call.user.clone(), call.app.client_name.clone(), call.elevation.clone());
        let opened = web::block(move || session::open(&org, &user, &client, &elevation)).await;
        opened.unwrap_or_else(|error| Err(internal(error.to_string())))?
    };
    let id = Uuid::new_v4().simple().to_string();
    for token in org.invocations.add(call.invocation(&id, &session)) {
        session::end(org, token).await;
    }
    if call.callback.is_some() {
        org.invocations.set_timer(&id, callback::timer(org, &id, call.timeout));
    }
    let context = client_context(org, &call.user, &session.token, &call.request_id, &call.instance_url);
    let limit = call.timeout.min(CALLOUT_LIMIT);
    let answered = match tokio::time::timeout(limit, send(client, &call, &context)).await {
        Ok(Ok((status, body))) => Answered::With(status, body),
        Ok(Err(error)) => Answered::Failed(error),
        Err(_) => Answered::TimedOut(format!("no answer within {} s", limit.as_secs_f64())),
    };
    let answer = match &answered {
        Answered::With(status, body) => {
            let mut answer = json!({"status": status, "body": body, "requestId": call.request_id, "invocationId": id,
                "sessionPermissionSet": session.activated});
            if let Some((_, url)) = &call.callback {
                answer["callbackUrl"] = json!(url);
            }
            Ok(Answer::ok(answer))
        }
        Answered::TimedOut(error) => Err(callout_failed(504, &call, &id, error)),
        Answered::Failed(error) => Err(callout_failed(502, &call, &id, error)),
    };
    if let Some(session) = org.invocations.answered(&id, answered) {
        session::end_activation(org, session).await;
    }
    answer
}

fn callout_failed(status: u16, call: &Call, id: &str, error: &str) -> ApiError {
    let (method, url) = (&call.operation.method, &call.outgoing.url);
    ApiError::new(status, "CALLOUT_FAILED", format!("{method} {url}: {error} (invocation {id})"))
}

/// Status and body of the app's answer: JSON, or a text, or null when there is none.
async fn send(client: &reqwest::Client, call: &Call, context: &str) -> Result<(u16, Value), String> {
    let outgoing = &call.outgoing;
    let mut request = client
        .request(outgoing.method.clone(), outgoing.url.clone())
        .headers(outgoing.headers.clone())
        .header("Accept", "application/json")
        .header("X-Request-Id", &call.request_id)
        .header("x-client-context", context);
    if let Some((content_type, body)) = &outgoing.body {
        request = request.header("Content-Type", *content_type).body(body.clone());
    }
    let explained = |error: reqwest::Error| match std::error::Error::source(&error) {
        Some(source) => format!("{source}"),
        None => error.without_url().to_string(),
    };
    let mut response = request.send().await.map_err(explained)?;
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(explained)? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > MAX_ANSWER {
            return Err(format!("the answer is larger than {MAX_ANSWER} bytes"));
        }
    }
    let body = if bytes.is_empty() {
        Value::Null
    } else {
        serde_json::from_slice(&bytes).unwrap_or_else(|_| json!(String::from_utf8_lossy(&bytes)))
    };
    Ok((response.status().as_u16(), body))
}
