//! Callbacks: Salesforce issues a URL for each call of an asynchronous operation, and an app posts the result there
//! (Salesforce Help, "External Services Asynchronous Operations"): 200 when it is taken, 404 when nobody waits for it, 408
//! when it is too late, 500 when it cannot be processed, 401 without a live session of the org.
//!
//! What a real org says to a second delivery of what it has taken is not documented; here nobody waits for it any longer,
//! so it is 404.

use std::sync::Arc;
use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse, web};
use chrono::Utc;
use serde_json::{Value, json};
use tokio::task::AbortHandle;
use uuid::Uuid;

use super::{session, validate};
use crate::apps::{Delivery, Taking, time};
use crate::error::ApiError;
use crate::host::Host;
use crate::host::OrgHost;
use crate::http::answer::{Answer, internal, invalid_session, not_found};
use crate::http::gateway::with_faults;
use crate::http::request::session_of;

/// Path of callback URLs, to which an id is added.
const PATH: &str = "/services/async-callbacks";

pub(super) fn configure(config: &mut web::ServiceConfig) {
    config
        .service(web::resource(format!("{PATH}/{{id}}")).route(web::post().to(deliver)).route(web::put().to(deliver)));
}

/// A new callback id and its URL.
pub(super) fn address(instance_url: &str) -> (String, String) {
    let id = Uuid::new_v4().simple().to_string();
    let url = format!("{instance_url}{PATH}/{id}");
    (id, url)
}

/// Ends the wait for the callback of a call after that time.
pub(super) fn timer(org: &Arc<OrgHost>, invocation: &str, after: Duration) -> AbortHandle {
    let (org, invocation) = (Arc::clone(org), invocation.to_owned());
    let task = actix_web::rt::spawn(async move {
        tokio::time::sleep(after).await;
        if let Some(session) = org.invocations.expire(&invocation) {
            // On a task of its own: ending the call aborts this one.
            actix_web::rt::spawn(async move { session::end_activation(&org, session).await });
        }
    });
    task.abort_handle()
}

/// On a task of its own, so that an app that goes away does not cancel it halfway.
async fn deliver(request: HttpRequest, id: web::Path<String>, body: web::Bytes, host: web::Data<Host>) -> HttpResponse {
    let task = actix_web::rt::spawn(async move {
        let id = id.into_inner();
        let org = host.orgs.iter().find(|org| org.invocations.with_callback(&id, |_| ()).is_some()).cloned();
        let caller = session_of(&host, &request).map(|(org, _)| org.store.name().to_owned());
        let Some(org) = org else {
            let error = if caller.is_some() { not_found() } else { invalid_session() };
            return Answer::from(error).into_response();
        };
        let response = if caller.as_deref() == Some(org.store.name()) {
            with_faults(&host, &request, Some(org.store.name()), &body, |_| async {
                take(&org, &request, &id, &body).await.unwrap_or_else(Answer::from).into_response()
            })
            .await
        } else {
            Answer::from(invalid_session()).into_response()
        };
        org.invocations.delivered(&id, delivery(&request, &response, &body));
        response
    });
    task.await.unwrap_or_else(|error| Answer::from(internal(error.to_string())).into_response())
}

async fn take(org: &Arc<OrgHost>, request: &HttpRequest, id: &str, body: &[u8]) -> Result<Answer, ApiError> {
    let method = request.method().as_str();
    let declared = org.invocations.with_callback(id, |callback| callback.method.clone()).ok_or_else(not_found)?;
    if method != declared {
        let message = format!("HTTP Method '{method}' not allowed. Allowed are {declared}");
        return Err(ApiError::new(405, "METHOD_NOT_ALLOWED", message));
    }
    let body: Value = serde_json::from_slice(body).map_err(|error| unprocessable(&error.to_string()))?;
    let problem = org.invocations.with_callback(id, |callback| {
        validate::check(&callback.app.spec.document, &callback.schema, "body", &body).into_iter().next()
    });
    if let Some(problem) = problem.flatten() {
        return Err(unprocessable(&problem));
    }
    let (answer, session) = match org.invocations.take(id, body, Utc::now()) {
        Taking::Taken(session) => (Ok(Answer::empty(200)), session),
        Taking::TimedOut(session) => {
            let error = ApiError::new(408, "REQUEST_TIMEOUT", "The callback was not received in time");
            (Err(error), session)
        }
        Taking::Unknown => (Err(not_found()), None),
    };
    if let Some(session) = session {
        session::end_activation(org, session).await;
    }
    answer
}

/// The body is not what the specification declares.
fn unprocessable(problem: &str) -> ApiError {
    ApiError::new(500, "INVALID_CALLBACK", format!("The callback's body is not what was declared: {problem}"))
}

fn delivery(request: &HttpRequest, response: &HttpResponse, body: &[u8]) -> Delivery {
    Delivery {
        at: time(Utc::now()),
        method: request.method().to_string(),
        // Only a fault closes a connection.
        status: response.head().keep_alive().then(|| response.status().as_u16()),
        body: serde_json::from_slice(body).unwrap_or_else(|_| json!(String::from_utf8_lossy(body))),
    }
}
