//! The login of a user for the add-on: the consent page, as for any connected app, and the way back from it.

use std::sync::Arc;
use std::time::Instant;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use url::Url;
use uuid::Uuid;

use super::answers::{Failed, failed};
use crate::host::Host;
use crate::host::links::{Failure, Kind, State};
use crate::host::logins::{APPLINK, APPLINK_CALLBACK};
use crate::http::gateway::with_faults;
use crate::store::{Acting, Actor};

/// What AppLink asks users for.
const SCOPE: &str = "api refresh_token";

/// A login that waits for a user, who comes back to the server of that URL.
///
/// # Errors
/// When the URL under which the server was called is none.
pub(super) fn asking(base_url: &str) -> Result<State, Failed> {
    let ticket = Uuid::new_v4().simple().to_string();
    let callback = format!("{base_url}{APPLINK_CALLBACK}");
    let parameters = [
        ("response_type", "code"),
        ("client_id", APPLINK),
        ("redirect_uri", &callback),
        ("scope", SCOPE),
        ("state", &ticket),
    ];
    let page = Url::parse_with_params(&format!("{base_url}/services/oauth2/authorize"), parameters);
    let page = page.map_err(|_| failed(400, "bad_request", "the Host header is not a host"))?;
    Ok(State::Asking { ticket, redirect_uri: page.into(), since: Instant::now() })
}

#[derive(Deserialize)]
pub(super) struct Answer {
    #[serde(default)]
    state: String,
    code: Option<String>,
}

/// Where users come back, with a code or with a no.
pub(super) async fn back(request: HttpRequest, answer: web::Query<Answer>, host: web::Data<Host>) -> HttpResponse {
    with_faults(&host, &request, None, b"", |_| async {
        let Some(link) = host.links.asking(&answer.state) else {
            return page(StatusCode::BAD_REQUEST, "This login was answered already, or is too old. Start it again.");
        };
        let state = match &answer.code {
            Some(code) => granted(&host, link.kind, code, &answer.state).await,
            None => State::Failed(Failure::authentication("The user did not allow it.")),
        };
        match host.links.settle(&answer.state, state).map(|link| link.state) {
            Some(State::Live { org, .. }) => {
                tracing::info!(name = link.name, org, "a user logged in for the add-on");
                page(StatusCode::OK, "Done. You may close this window.")
            }
            Some(State::Failed(failure)) => page(StatusCode::OK, &failure.message),
            Some(State::Asking { .. }) | None => {
                page(StatusCode::BAD_REQUEST, "This login was answered already. Start it again.")
            }
        }
    })
    .await
}

async fn granted(host: &Host, kind: Kind, code: &str, ticket: &str) -> State {
    let redeemed = host.logins.grants.redeem(code);
    let ours = redeemed.filter(|(asked, grant)| grant.client_id == APPLINK && asked.state.as_deref() == Some(ticket));
    match ours {
        Some((_, grant)) => settled(host, kind, &grant.org, &grant.user_id).await,
        None => State::Failed(Failure::authentication("expired authorization code")),
    }
}

/// What becomes of a link whose user logged in. An org is connected by who may change its set-up: where a real one asks for
/// the permission *Manage Heroku AppLink*, which a local org does not know.
pub(super) async fn settled(host: &Host, kind: Kind, org: &str, user_id: &str) -> State {
    let Some(found) = host.org(org).cloned() else {
        return State::Failed(Failure::connection("There is no such org."));
    };
    if kind == Kind::Connection {
        let (org, user_id) = (Arc::clone(&found), user_id.to_owned());
        let actor = Actor { user_id, acting: Acting::User };
        let may = web::block(move || org.store.access(&actor).map(|access| access.administers())).await;
        match may {
            Ok(Ok(true)) => {}
            Ok(Ok(false)) => {
                return State::Failed(Failure::connection("The user may not manage Heroku AppLink in this org."));
            }
            Ok(Err(error)) => return State::Failed(Failure::connection(error.message)),
            Err(_) => return State::Failed(Failure::connection("An unexpected error occurred")),
        }
    }
    State::Live { org: org.to_owned(), user_id: user_id.to_owned() }
}

/// A page with a line, which has no character of a caller's.
fn page(status: StatusCode, line: &str) -> HttpResponse {
    HttpResponse::build(status)
        .content_type("text/html; charset=utf-8")
        .insert_header(("Content-Security-Policy", "default-src 'none'"))
        .insert_header(("Cache-Control", "no-store"))
        .body(format!(
            "<!doctype html><html lang=\"en\"><meta name=\"viewport\" content=\"width=device-width\">\
             <title>Heroku AppLink</title><main><h1>{line}</h1></main></html>"
        ))
}
